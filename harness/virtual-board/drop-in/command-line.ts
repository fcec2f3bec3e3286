import { parseNumber } from '../../units/index.js';
import { ToolError } from './tool-error.js';

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'list'; readonly what: string }
  | { readonly kind: 'connect'; readonly parameters: ReadonlyMap<string, string> }
  | { readonly kind: 'option-bytes-display' }
  | { readonly kind: 'option-bytes-write'; readonly values: readonly { readonly name: string; readonly value: number }[] }
  | { readonly kind: 'erase'; readonly sectors: readonly number[] | 'all' }
  | { readonly kind: 'download'; readonly file: string; readonly address: number | undefined; readonly verify: boolean }
  | { readonly kind: 'upload'; readonly address: number; readonly size: number; readonly file: string }
  | { readonly kind: 'read'; readonly width: 1 | 2 | 4; readonly address: number; readonly count: number }
  | { readonly kind: 'write'; readonly width: 1 | 2 | 4; readonly address: number; readonly values: readonly number[] }
  | { readonly kind: 'provision'; readonly file: string }
  | { readonly kind: 'option-register'; readonly address: number; readonly mask: number; readonly value: number; readonly position: number }
  | { readonly kind: 'product-state'; readonly code: number }
  | { readonly kind: 'reset'; readonly how: 'software' | 'hardware' }
  | { readonly kind: 'start'; readonly address: number | undefined };

/** One call of the tool. */
export interface Call {
  /** In the order given; a `connect` always comes first. */
  readonly commands: readonly Command[];
  /** Path given with `-el`. */
  readonly externalLoader: string | undefined;
  /** Path given with `-elbl`: a loader that the boot loader of the chip runs. */
  readonly bootLoaderLoader: string | undefined;
}

/** The command as `virtual start --fault` names it. */
export function commandName(command: Exclude<Command, { kind: 'help' | 'version' | 'list' }>): string {
  switch (command.kind) {
    case 'connect': {
      const debugauth = command.parameters.get('debugauth');
      return debugauth === undefined ? '-c' : `debugauth=${debugauth}`;
    }
    case 'option-bytes-display': return '-ob displ';
    case 'option-bytes-write': return '-ob';
    case 'option-register': return '-obrss';
    case 'product-state': return '-psrss';
    case 'provision': return '-sdp';
    case 'erase': return '-e';
    case 'download': return '-d';
    case 'upload': return '-r';
    case 'read': return `-r${String(command.width * 8)}`;
    case 'write': return `-w${String(command.width * 8)}`;
    case 'reset': return command.how === 'hardware' ? '-hardrst' : '-rst';
    case 'start': return '-g';
  }
}

/** Long and short names, in lower case: the tool does not care. */
const aliases: Readonly<Record<string, string>> = {
  '--connect': '-c', '--list': '-l', '--help': '-h', '-?': '-h', '-version': '--version', '--erase': '-e', '-d': '-w', '--download': '-w', '--write': '-w',
  '--verify': '-v', '-u': '-r', '--read': '-r', '--upload': '-r', '--optionbytes': '-ob', '--start': '-g', '-s': '-g', '--go': '-g', '--extload': '-el', '--extloadbl': '-elbl',
  '--verbosity': '-vb', '--log': '-log', '--quietmode': '-q',
};

const widths: Readonly<Record<string, 1 | 2 | 4>> = { 8: 1, 16: 2, 32: 4 };

/**
 * Reads the arguments of one call.
 * @throws ToolError for what the tool itself does not take
 */
export function parseCommandLine(argv: readonly string[]): Call {
  const commands: Command[] = [];
  let externalLoader: string | undefined;
  let bootLoaderLoader: string | undefined;

  for (const { name, values } of group(argv.flatMap(words))) {
    const first = (what: string): string => required(name, values[0], what);
    const number = (text: string | undefined, what: string): number => numberOf(name, text, what);
    const memory = /^-([rw])(8|16|32)$/.exec(name);
    if (memory !== null) {
      const width = widths[memory[2]!]!;
      const address = number(values[0], 'address');
      if (memory[1] === 'r') commands.push({ kind: 'read', width, address, count: values[1] === undefined ? width : number(values[1], 'size') });
      else commands.push({ kind: 'write', width, address, values: (values.length > 1 ? values.slice(1) : [undefined]).map((text) => number(text, 'data')) });
      continue;
    }
    switch (name) {
      case '-h': commands.push({ kind: 'help' }); break;
      case '--version': commands.push({ kind: 'version' }); break;
      case '-l': commands.push({ kind: 'list', what: (values[0] ?? 'all').toLowerCase() }); break;
      case '-c': commands.unshift({ kind: 'connect', parameters: connectParameters(values) }); break;
      case '-el': externalLoader = first('loader path'); break;
      case '-elbl': bootLoaderLoader = first('loader path'); break;
      case '-ob': commands.push(optionBytes(name, values)); break;
      case '-e': commands.push({ kind: 'erase', sectors: sectorList(name, values) }); break;
      case '-w': commands.push({ kind: 'download', file: first('file path'), address: values[1] === undefined ? undefined : number(values[1], 'address'), verify: false }); break;
      case '-v': verifyLast(commands); break;
      case '-r': commands.push({ kind: 'upload', address: number(values[0], 'address'), size: number(values[1], 'size'), file: required(name, values[2], 'file path') }); break;
      case '-sdp': commands.push({ kind: 'provision', file: first('file path') }); break;
      case '-obrss': commands.push(optionRegister(name, values)); break;
      case '-psrss': commands.push({ kind: 'product-state', code: word(name, values[0], 'product state') }); break;
      case '-rst': commands.push({ kind: 'reset', how: 'software' }); break;
      case '-hardrst': commands.push({ kind: 'reset', how: 'hardware' }); break;
      case '-g': commands.push({ kind: 'start', address: values[0] === undefined ? undefined : number(values[0], 'address') }); break;
      // How much the tool says, and where else: no matter here, but the argument belongs to the option.
      case '-vb': case '-log': case '-q': break;
      default: throw new ToolError(`Invalid command: ${name.slice(0, 80)}`);
    }
  }
  return { commands, externalLoader, bootLoaderLoader };
}

/** A connect command that a script quoted as a whole (ST's DA/discovery.sh) is taken apart. */
function words(argument: string): string[] {
  return /^(?:-c|--connect)\s/i.test(argument) ? argument.trim().split(/\s+/) : [argument];
}

interface Group {
  readonly name: string;
  readonly values: readonly string[];
}

/** Cuts the arguments at each `-option`. */
function group(argv: readonly string[]): Group[] {
  const groups: { name: string; values: string[] }[] = [];
  for (const argument of argv) {
    const last = groups.at(-1);
    if (/^--?[a-zA-Z?]/.test(argument)) {
      const name = argument.toLowerCase();
      groups.push({ name: aliases[name] ?? name, values: [] });
    } else if (last !== undefined) last.values.push(argument);
    else throw new ToolError(`Invalid command: ${argument.slice(0, 80)}`);
  }
  return groups;
}

function required(name: string, text: string | undefined, what: string): string {
  if (text === undefined || text === '') throw new ToolError(`Wrong ${name} command usage: ${what} is missing`);
  return text;
}

/** Addresses and data are hexadecimal with or without 0x, as the tool takes them (`0x8000000`); sizes and sectors decimal or 0x. */
function numberOf(name: string, text: string | undefined, what: string): number {
  const given = required(name, text, what);
  const value = parseNumber(what === 'size' || /^0x/i.test(given) ? given : `0x${given}`);
  if (value === undefined || value > 0xffffffff) throw new ToolError(`Wrong ${name} command usage: ${given.slice(0, 80)} is no ${what}`);
  return value;
}

/** Decimal or 0x, as the shell's arithmetic prints it into ST's scripts. */
function word(name: string, text: string | undefined, what: string): number {
  const given = required(name, text, what);
  const value = parseNumber(given);
  if (value === undefined || value > 0xffffffff) throw new ToolError(`Wrong ${name} command usage: ${given.slice(0, 80)} is no ${what}`);
  return value;
}

function optionRegister(name: string, values: readonly string[]): Command {
  const [address, mask, value, position] = ['address', 'mask', 'value', 'position'].map((what, i) => word(name, values[i], what));
  if (values.length > 4) throw new ToolError(`Wrong ${name} command usage: ${values[4]!.slice(0, 80)}`);
  return { kind: 'option-register', address: address!, mask: mask!, value: value!, position: position! };
}

function connectParameters(values: readonly string[]): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const value of values) {
    const equals = value.indexOf('=');
    if (equals < 1) throw new ToolError(`Wrong connect parameter: ${value.slice(0, 80)}`);
    parameters.set(value.slice(0, equals).toLowerCase(), value.slice(equals + 1));
  }
  return parameters;
}

function optionBytes(name: string, values: readonly string[]): Command {
  if (values.length === 1 && values[0]!.toLowerCase() === 'displ') return { kind: 'option-bytes-display' };
  const pairs = values.map((text) => {
    const [field, value, rest] = text.split('=');
    const number = value === undefined ? undefined : parseNumber(value);
    if (number === undefined || rest !== undefined || field === undefined || field === '') throw new ToolError(`Wrong ${name} command usage: ${text.slice(0, 80)}`);
    return { name: field.toUpperCase(), value: number };
  });
  if (pairs.length === 0) throw new ToolError(`Wrong ${name} command usage: option byte is missing`);
  return { kind: 'option-bytes-write', values: pairs };
}

/** `all`, `3`, `0 1`, or a range in brackets: `[0 3]`, in one argument or two. */
function sectorList(name: string, values: readonly string[]): readonly number[] | 'all' {
  if (values.length === 1 && values[0]!.toLowerCase() === 'all') return 'all';
  const text = values.join(' ').trim();
  const range = /^\[\s*(\S+)\s+(\S+)\s*\]$/.exec(text);
  const numbers = (range === null ? text.split(/\s+/) : [range[1]!, range[2]!]).map((word) => parseNumber(word));
  if (text === '' || numbers.some((number) => number === undefined || number > 0xffff)) throw new ToolError(`Wrong ${name} command usage: ${text.slice(0, 80)}`);
  const sectors = numbers as number[];
  if (range === null) return sectors;
  const [from, to] = sectors as [number, number];
  if (to < from) throw new ToolError(`Wrong ${name} command usage: ${text.slice(0, 80)}`);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function verifyLast(commands: Command[]): void {
  const at = commands.findLastIndex((command) => command.kind === 'download');
  const download = commands[at];
  if (download?.kind !== 'download') throw new ToolError('Wrong -v command usage: nothing was downloaded');
  commands[at] = { ...download, verify: true };
}
