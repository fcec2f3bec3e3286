import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBareCore } from '../bare-core.js';
import { executable, type Part } from './executable.js';

/** Both memories of QEMU's mps2-an500: 4 MB of code memory and 4 MB of SRAM. */
export const codeBase = 0x00000000;
export const dataBase = 0x20000000;
export const memorySize = 0x400000;

export interface GuestRun {
  readonly exitCode: number;
  /** What the guest wrote: SYS_WRITE to :tt (QEMU: stdout), then SYS_WRITE0 (QEMU: stderr). */
  readonly output: Uint8Array;
}

/** Runs a program, its vector table at 0, on QEMU's Cortex-M7. Throws where qemu-system-arm is missing or does not come to an end. */
export function runOnQemu(parts: readonly Part[], timeoutMs = 60_000): GuestRun {
  const directory = mkdtempSync(join(tmpdir(), 'qemu-'));
  try {
    const program = join(directory, 'program.elf');
    writeFileSync(program, executable(codeBase, parts));
    const run = spawnSync(
      'qemu-system-arm',
      ['-M', 'mps2-an500', '-display', 'none', '-monitor', 'none', '-serial', 'none', '-semihosting-config', 'enable=on,target=native', '-kernel', program],
      { timeout: timeoutMs, maxBuffer: 1 << 26 },
    );
    if (run.error) throw new Error(`qemu-system-arm does not run: ${run.error.message} (Debian package qemu-system-arm)`);
    if (run.signal !== null) throw new Error(`qemu-system-arm ended by ${run.signal}: ${run.stderr.toString()}`);
    return { exitCode: run.status ?? -1, output: new Uint8Array(Buffer.concat([run.stdout, run.stderr])) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs the same program on our core, with precise store bus faults as QEMU has them. */
export function runOnOurCore(program: readonly Part[]): GuestRun & { readonly instructions: number } {
  const output: Uint8Array[] = [];
  const machine = createBareCore({
    ram: [
      { base: codeBase, size: memorySize },
      { base: dataBase, size: memorySize },
    ],
    busFaults: 'precise',
    onOutput: (bytes) => output.push(bytes.slice()),
  });
  for (const { address, bytes } of program) machine.load(address, bytes);
  machine.start(codeBase);
  const stop = machine.run(50_000_000);
  if (stop.kind !== 'exit') throw new Error(`our core stopped: ${JSON.stringify(stop)}`);
  return { exitCode: stop.code, output: Uint8Array.from(Buffer.concat(output)), instructions: machine.core.instructions };
}
