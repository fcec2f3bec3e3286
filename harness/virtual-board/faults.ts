import { HarnessError } from '../errors/index.js';
import { Refusal } from './protocol.js';
import type { OperationName, Operations, ToolFault } from './protocol.js';

/** The faults and what they do. Every one is a published behaviour of the tool or of a bench. */
export const faultDescriptions = {
  'error-exit-0': 'the command is not done, an error line stands before the line of success, the exit status is 0',
  hang: 'the tool prints how it begins and never ends; nothing is done',
  'usb-lost': 'the ST-LINK leaves the bus: writes to memory and option bytes are half done; what the ROM does in one step (OBKey, register, product state, regression) is done and the tool never learns it',
  'obk-size': 'RSSLIB refuses the size of the OBKey file',
  'verify-mismatch': 'a bit of what is programmed comes out wrong, an option byte keeps its value',
  garbage: 'the command is done, its output is noise',
  slow: 'the command takes four seconds longer',
  'com-lost': 'the serial port goes away in the middle of a write through the boot loader, and comes back under another name',
  'com-renamed': 'the command is done, and the ST-LINK enumerates anew: the serial port has another name',
  'reconnect-fail': 'the command is done, and the tool cannot attach after the reset that follows',
  'regress-race': 'the regression is done, and for 1.5 s after it the access port does not answer',
  'power-loss': "the board's power fails for a moment: memory writes are half done, what the ROM does in one step is not done, a regression has erased the user flash only",
} as const;
export type FaultName = keyof typeof faultDescriptions;
const faultNames = Object.keys(faultDescriptions) as readonly FaultName[];

/** Commands as `--fault` names them: the tool's own spelling, in lower case. */
const commands = ['-c', 'debugauth=1', 'debugauth=2', '-ob', '-ob displ', '-obrss', '-psrss', '-sdp', '-e', '-d', '-r', '-r8', '-r16', '-r32', '-w8', '-w16', '-w32', '-rst', '-hardrst', '-g'] as const;
const aliases: Readonly<Record<string, string>> = { '-w': '-d', '-download': '-d', '-erase': '-e', '-u': '-r' };

/** Faults that make sense for some commands only. */
const only: Readonly<Partial<Record<FaultName, readonly string[]>>> = {
  'obk-size': ['-sdp'],
  'verify-mismatch': ['-d', '-ob'],
  'com-lost': ['-c', '-d', '-e', '-r'],
  'com-renamed': ['-c', '-d', '-e', '-r'],
  'reconnect-fail': ['-ob', '-obrss', '-psrss'],
  'regress-race': ['debugauth=1'],
};

/** Those that the tool acts out by itself; the board does the others. */
const toolFaults: readonly FaultName[] = ['error-exit-0', 'hang', 'obk-size', 'garbage', 'slow', 'reconnect-fail'];

/** How long the access port is silent after `regress-race`. */
const raceMs = 1500;

export interface Fault {
  readonly name: FaultName;
  /** The command it strikes; `*`: any. */
  readonly command: string;
  /** At which of them, from 1. */
  readonly nth: number;
}

/** Reads `<name>@<command>[:nth]`, such as `error-exit-0@-sdp:2`. @throws HarnessError `fault` (usage) */
export function parseFault(text: string): Fault {
  const match = /^([a-z0-9-]+)@(\*|[-a-zA-Z0-9= ]+?)(?::([1-9][0-9]{0,4}))?$/.exec(text);
  if (match === null) throw usage(`"${text.slice(0, 80)}" is no fault`);
  const name = faultNames.find((known) => known === match[1]);
  if (name === undefined) throw usage(`there is no fault ${match[1]!.slice(0, 40)}`, `it is one of ${faultNames.join(', ')}`);
  const given = match[2]!.toLowerCase();
  const command = aliases[given] ?? given;
  if (command !== '*' && !commands.some((known) => known === command)) throw usage(`the tool has no command ${given.slice(0, 40)}`, `it is one of ${commands.join(', ')}, or * for any`);
  const places = only[name];
  if (places !== undefined && !places.includes(command)) throw usage(`${name} does not strike ${command}`, `it strikes ${places.join(', ')}`);
  return { name, command, nth: Number(match[3] ?? 1) };
}

/** The connection to the tool breaks off without an answer. */
export class ProbeGone extends Error {
  override readonly name = 'ProbeGone';
}

/** What a fault may do to the board. */
interface Struck {
  /** The power fails and comes back. */
  cyclePower(): void;
  /** A regression that got no further than the user flash. */
  eraseUserFlash(): void;
  /** The serial port goes, and comes back under another name. */
  renamePort(): void;
}

type Proceed<Name extends OperationName> = (parameters: Operations[Name]['takes']) => Operations[Name]['answers'];

/** The operation in which a command writes. */
const writes: Readonly<Record<string, OperationName>> = {
  '-ob': 'writeOptionBytes', '-obrss': 'writeOptionRegister', '-psrss': 'setProductState', '-sdp': 'provision', '-e': 'erase', '-d': 'program', '-w8': 'writeMemory', '-w16': 'writeMemory',
  '-w32': 'writeMemory', 'debugauth=1': 'authenticate',
};

/** Counts the commands of every call of the tool and strikes at the ones that were asked for, each fault once. */
export class FaultPlan {
  #faults: readonly Fault[];
  #counts = new Map<string, number>();
  /** Waits for an operation of the command under way. */
  #armed: { readonly name: FaultName; readonly operation: OperationName | undefined } | undefined;
  #silentUntil = 0;

  constructor(
    faults: readonly Fault[],
    private readonly board: Struck,
    private readonly log: (line: string) => void,
  ) {
    this.#faults = faults;
  }

  /** Whether any fault waits: a tool that knows of none does not ask. */
  get any(): boolean {
    return this.#faults.length > 0 || this.#silentUntil > performance.now();
  }

  /** Other faults from now on, counted from now on. */
  replace(faults: readonly Fault[]): void {
    this.#faults = faults;
    this.#counts.clear();
    this.#armed = undefined;
    this.#silentUntil = 0;
  }

  /** A command begins. @returns the fault that the tool is to act out */
  begin(command: string): ToolFault | undefined {
    this.#armed = undefined;
    const count = (name: string): number => {
      const next = (this.#counts.get(name) ?? 0) + 1;
      this.#counts.set(name, next);
      return next;
    };
    const [own, all] = [count(command), count('*')];
    const fault = this.#faults.find(({ command: wanted, nth }) => (wanted === command && nth === own) || (wanted === '*' && nth === all));
    if (fault === undefined) return undefined;
    this.#faults = this.#faults.filter((other) => other !== fault);
    this.log(`fault: ${fault.name} at ${command}`);
    const { name } = fault;
    if (toolFaults.includes(name)) return name as ToolFault;
    this.#armed = { name, operation: writes[command] };
    return undefined;
  }

  /** Performs an operation as the fault leaves it. @throws ProbeGone, Refusal `access-port` */
  around<Name extends OperationName>(operation: Name, parameters: Operations[Name]['takes'], proceed: Proceed<Name>): Operations[Name]['answers'] {
    if (operation === 'connect' && performance.now() < this.#silentUntil) throw new Refusal('access-port', 'the access port does not answer');
    const armed = this.#armed;
    if (armed === undefined || (armed.operation !== undefined && armed.operation !== operation)) return proceed(parameters);
    this.#armed = undefined;
    switch (armed.name) {
      case 'verify-mismatch':
        return proceed(spoilt(operation, parameters));
      case 'regress-race': {
        const answer = proceed(parameters);
        this.#silentUntil = performance.now() + raceMs;
        return answer;
      }
      case 'com-renamed': {
        const answer = proceed(parameters);
        this.board.renamePort();
        return answer;
      }
      default:
        if (armed.name === 'com-lost') this.board.renamePort();
        this.#interrupt(armed.name === 'power-loss', operation, parameters, proceed);
        throw new ProbeGone('the connection broke off');
    }
  }

  #interrupt<Name extends OperationName>(powerLost: boolean, operation: Name, parameters: Operations[Name]['takes'], proceed: Proceed<Name>): void {
    const half = firstHalf(operation, parameters);
    try {
      if (half !== undefined) proceed(half);
      else if (!powerLost && singleSteps.includes(operation)) proceed(parameters);
    } catch (error) {
      // What is refused is not done; the tool learns neither.
      if (!(error instanceof Refusal)) throw error;
    }
    if (!powerLost) return;
    if (operation === 'authenticate') this.board.eraseUserFlash();
    this.board.cyclePower();
  }
}

const singleSteps: readonly OperationName[] = ['provision', 'writeOptionRegister', 'setProductState', 'authenticate', 'writeMemory'];

/** What of a write is done when it breaks off in the middle; undefined for an operation that has no middle. */
function firstHalf<Name extends OperationName>(operation: Name, parameters: Operations[Name]['takes']): Operations[Name]['takes'] | undefined {
  switch (operation) {
    case 'program': {
      const { data, ...rest } = parameters as Operations['program']['takes'];
      const bytes = Buffer.from(data, 'base64');
      return { ...rest, data: bytes.subarray(0, Math.max(1, bytes.length >> 1)).toString('base64') } as Operations[Name]['takes'];
    }
    case 'erase': {
      const { sectors, ...rest } = parameters as Operations['erase']['takes'];
      return { ...rest, sectors: sectors === 'all' ? [0] : sectors.slice(0, Math.ceil(sectors.length / 2)) } as Operations[Name]['takes'];
    }
    case 'writeOptionBytes': {
      const { values } = parameters as Operations['writeOptionBytes']['takes'];
      return { values: values.slice(0, Math.ceil(values.length / 2)) } as Operations[Name]['takes'];
    }
    default:
      return undefined;
  }
}

/** One bit of the last byte the other way round; the first option byte left out. */
function spoilt<Name extends OperationName>(operation: Name, parameters: Operations[Name]['takes']): Operations[Name]['takes'] {
  if (operation === 'program') {
    const { data, ...rest } = parameters as Operations['program']['takes'];
    const bytes = Buffer.from(data, 'base64');
    bytes[bytes.length - 1]! ^= 1;
    return { ...rest, data: bytes.toString('base64') } as Operations[Name]['takes'];
  }
  const { values } = parameters as Operations['writeOptionBytes']['takes'];
  return { values: values.slice(1) } as Operations[Name]['takes'];
}

function usage(message: string, nextStep = 'write <name>@<command>[:nth], for example error-exit-0@-sdp:2'): HarnessError {
  return new HarnessError({ code: 'fault', kind: 'usage', message, nextStep });
}
