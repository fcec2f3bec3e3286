import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { commands, registrationsFor } from './commands.js';

const named = async (name: string | undefined): Promise<readonly string[]> => {
  const program = new Command();
  for (const register of await registrationsFor(name)) register(program);
  return program.commands.map((command) => command.name());
};

describe('a command line', () => {
  it.each([...commands.keys()])('%s → that command alone', async (name) => {
    expect(await named(name)).toEqual([name]);
  });

  it.each([undefined, '--help', 'chek'])('%s → all of them', async (name) => {
    expect(await named(name)).toEqual([...commands.keys()]);
  });
});
