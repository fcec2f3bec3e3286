/** The protocol with the real debugger: gdb-multiarch on a program of a few instructions. Runs with the other comparisons (`npm run test:qemu`). */
import { spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createBareCore } from '../emulator/bare-core.js';
import { Debugger } from '../emulator/gdb/index.js';
import type { GdbServer } from './gdb-server.js';
import { serveGdb } from './gdb-server.js';

/** MOVS R0, #1; LDR R1, [PC] (0x20000000); STR R0, [R1]; LDR R2, [R1]; ADDS R0, #1; B to the STR. */
const code = [0x2001, 0x4902, 0x6008, 0x680a, 0x3001, 0xe7fb, 0x0000, 0x2000];
const gdbMs = 30_000;

let server: GdbServer | undefined;
let timer: NodeJS.Timeout | undefined;

const end = (): void => {
  clearInterval(timer);
  server?.close();
};
afterEach(end);

async function target(): Promise<number> {
  const machine = createBareCore({ ram: [{ base: 0, size: 0x1000 }, { base: 0x20000000, size: 0x1000 }], onOutput: () => undefined });
  const start = (): void => {
    machine.load(0, new Uint8Array(Uint32Array.from([0x20001000, 0x41]).buffer));
    machine.load(0x40, new Uint8Array(Uint16Array.from(code).buffer));
    machine.start(0);
  };
  start();
  const debugged = new Debugger({ core: machine.core, load: (address, bytes) => machine.load(address, bytes), run: (max) => machine.run(max), reset: start });
  debugged.hold();
  server = await serveGdb(0, debugged);
  timer = setInterval(() => debugged.run(1000), 1);
  return server.port;
}

/** What GDB prints for a script of commands after it has attached. */
async function gdb(...commands: readonly string[]): Promise<string> {
  const port = await target();
  const all = ['set pagination off', 'set confirm off', 'set architecture arm', `target extended-remote 127.0.0.1:${String(port)}`, ...commands];
  const child = spawn('gdb-multiarch', ['-nx', '-batch', ...all.flatMap((command) => ['-ex', command])], { timeout: gdbMs });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const status = await new Promise<number | string>((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`gdb-multiarch does not run: ${error.message} (Debian package gdb-multiarch)`)));
    child.on('close', (exit, signal) => resolve(exit ?? signal ?? 'unknown'));
  });
  end();
  expect({ status, output }).toMatchObject({ status: 0 });
  return output;
}

describe('gdb-multiarch', () => {
  it('attach → registers by name, those of the system and the FPU among them, and writable', async () => {
    const output = await gdb('p/x $pc', 'p/x $msp', 'p $control', 'set $d3 = 2.5', 'p $d3', 'p $s6', 'set $r7 = 0x1234', 'p/x $r7', 'p/x $xpsr', 'p/x $fpscr', 'kill');
    expect(output.match(/\$\d+ = .*/g)).toEqual(['$1 = 0x40', '$2 = 0x20001000', '$3 = 0', '$4 = 2.5', '$5 = 0', '$6 = 0x1234', '$7 = 0x1000000', '$8 = 0x0']);
  });

  it('step, breakpoint, continue → at the instructions asked for', async () => {
    const output = await gdb('stepi', 'p/x $pc', 'hbreak *0x48', 'continue', 'p/x $pc', 'p $r0', 'continue', 'p $r0', 'x/w 0x20000000', 'kill');
    expect(output.match(/\$\d+ = .*/g)).toEqual(['$1 = 0x42', '$2 = 0x48', '$3 = 1', '$4 = 2']);
    expect(output).toMatch(/0x20000000:\s+0x00000002/);
  });

  it.each([
    ['watch', 'Old value = 0\nNew value = 1'],
    ['rwatch', 'Value = 1'],
    ['awatch', 'New value = 1'],
  ])('%s on a word of RAM → stops with its value', async (command, said) => {
    expect(await gdb(`${command} *(int*)0x20000000`, 'continue', 'kill')).toContain(said);
  });

  it('memory written → read back; a register of the core → its value; where nothing is → refused', async () => {
    const output = await gdb('set {int}0x20000100 = 0x55aa', 'x/xw 0x20000100', 'x/xw 0xe000ed00', 'kill');
    expect(output).toMatch(/0x20000100:\s+0x000055aa/);
    expect(output).toMatch(/0xe000ed00:\s+0x411fc272/);
    // GDB in batch mode ends at the first error.
    const refused = await gdb('python\ntry:\n  gdb.execute("x/xw 0x60000000")\nexcept gdb.error as e:\n  print(e)\nend', 'kill');
    expect(refused).toContain('Cannot access memory at address 0x60000000');
  });

  it('monitor reset → at the reset vector again', async () => {
    const output = await gdb('stepi 3', 'p/x $pc', 'monitor reset', 'maintenance flush register-cache', 'p/x $pc', 'detach');
    expect(output.match(/\$\d+ = .*/g)).toEqual(['$1 = 0x46', '$2 = 0x40']);
  });
});
