/** Compiles one of the C programs beside this file. Throws where arm-none-eabi-gcc is missing. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Part } from './executable.js';
import { codeBase } from './qemu.js';

export function buildProgram(source: string): Part[] {
  const directory = mkdtempSync(join(tmpdir(), 'program-'));
  try {
    const here = fileURLToPath(new URL('.', import.meta.url));
    const out = join(directory, 'program.elf');
    execFileSync('arm-none-eabi-gcc', ['-mcpu=cortex-m7', '-mfloat-abi=soft', '-O1', '-ffreestanding', '-nostdlib', '-Wall', '-Werror', '-T', join(here, 'fault-matrix.ld'), join(here, source), '-o', out]);
    const binary = join(directory, 'program.bin');
    execFileSync('arm-none-eabi-objcopy', ['-O', 'binary', out, binary]);
    return [{ address: codeBase, bytes: new Uint8Array(readFileSync(binary)) }];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
