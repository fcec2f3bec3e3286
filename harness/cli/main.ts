#!/usr/bin/env node
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { ExitCode } from '../errors/index.js';
import { registrationsFor } from './commands.js';
import { print, watchOutput } from './io.js';

const program = new Command('rot-hil')
  .description('Hardware-in-the-loop tests for applications booted by the STM32H7RS secure boot.')
  .option('-V, --version', "print rot-hil's, Node's and the tool's versions")
  .showHelpAfterError('(--help lists the options)')
  .exitOverride();

const [first] = process.argv.slice(2);
for (const register of await registrationsFor(first)) register(program);
// exitOverride is not inherited by commands added later, and a usage error must be exit code 2 everywhere.
const override = (command: Command): void => {
  command.exitOverride().showHelpAfterError('(--help lists the options)');
  command.commands.forEach(override);
};
override(program);

watchOutput();
try {
  // Not commander's own version option: asking the tool takes a process.
  if (first === '-V' || first === '--version') print(await (await import('./version.js')).describeVersion());
  else await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
}
