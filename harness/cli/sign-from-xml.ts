import { dirname, join } from 'node:path';
import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { HarnessError } from '../errors/index.js';
import { readBinaryFile } from './image-file.js';
import { ImgtoolCommand, withSignOptions } from './sign-arguments.js';
import type { SignArguments } from './sign-arguments.js';

/** ST's largest file has 9 KB. */
const xmlLimit = 0x40000;

/** What one of ST's *_Code_Image.xml asks for. */
export interface SignRequest {
  readonly args: SignArguments;
  readonly input: string | undefined;
  readonly output: string | undefined;
}

/**
 * Reads a *_Code_Image.xml as a call of `image sign`; paths in it are relative to the XML they stand in. What the command line says by itself wins.
 * @param command the parsed command line
 * @throws HarnessError (usage) `st-xml` · `file-unreadable`
 */
export async function signRequestFromXml(path: string, command: Command): Promise<SignRequest> {
  const { readCodeImageXml } = await import('../image/code-image-xml.js');
  const folder = dirname(path);
  const request = await readCodeImageXml(await readBinaryFile(path, xmlLimit), (linked) => readBinaryFile(join(folder, linked), xmlLimit));
  const folders = { image: folder, linked: join(folder, dirname(request.linkedXml ?? '.')) };
  const argv = request.options.flatMap(({ option, value, fileOf }) => (value === undefined ? [option] : [option, fileOf === undefined ? value : join(folders[fileOf], value)]));
  const inFolder = (file: string | undefined): string | undefined => (file === undefined ? undefined : join(folder, file));
  return { args: { ...parsed(argv), ...explicit(command) }, input: inFolder(request.input), output: inFolder(request.output) };
}

function parsed(argv: string[]): SignArguments {
  const problems: string[] = [];
  const command = withSignOptions(new ImgtoolCommand('sign')).exitOverride().configureOutput({ writeErr: (text) => problems.push(text), outputError: (text) => problems.push(text) });
  try {
    const { operands, unknown } = command.parseOptions(argv);
    const strange = unknown[0] ?? operands[0];
    if (strange === undefined) return command.opts<SignArguments>();
    problems.push(strange.startsWith('-') ? `the option ${strange.replace(/[^\x20-\x7e]/g, '?').slice(0, 40)} is not known` : 'a flag has a value');
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
  }
  throw new HarnessError({
    code: 'st-xml',
    kind: 'usage',
    message: `XML: ${problems.join(' ').replace(/^error: /, '').trim()}`,
    nextStep: '`rot-hil image sign --help` lists the options; every Command of the XML is one of them',
  });
}

/** What was typed, without defaults. */
function explicit(command: Command): Partial<SignArguments> {
  return Object.fromEntries(Object.entries(command.opts()).filter(([name]) => command.getOptionValueSource(name) !== 'default'));
}
