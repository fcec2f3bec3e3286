import process from 'node:process';
import { jest } from '@jest/globals';
import { Command, CommanderError } from 'commander';
import type { RegisterCommand } from '../register.js';

export interface CommandRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process, with its output caught. @param register the group that is under test */
export async function runCommand(register: RegisterCommand, ...args: readonly string[]): Promise<CommandRun> {
  const out = { stdout: '', stderr: '' };
  const capture = (stream: 'stdout' | 'stderr') =>
    jest.spyOn(process[stream], 'write').mockImplementation((text: string | Uint8Array) => {
      out[stream] += String(text);
      return true;
    });
  const spies = [capture('stdout'), capture('stderr')];
  const program = new Command('rot-hil');
  register(program);
  const override = (command: Command): void => {
    command.exitOverride();
    command.commands.forEach(override);
  };
  override(program);
  const before = process.exitCode;
  try {
    await program.parseAsync(['node', 'rot-hil', ...args]);
    return { exitCode: Number(process.exitCode ?? 0), ...out };
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: 2, ...out };
    throw error;
  } finally {
    process.exitCode = before;
    spies.forEach((spy) => {
      spy.mockRestore();
    });
  }
}
