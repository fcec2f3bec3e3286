/**
 * What travels over a board's probe socket: one JSON document per line, a request with an id, an answer with the same id.
 * Light on purpose: the drop-in tools import this and start many times in one run.
 */
import type { TakenBranch } from '../emulator/branch-history.js';
import type { CapturedFault } from '../emulator/fault-capture.js';
import type { Address, ByteCount } from '../units/index.js';
import type { BootStep } from './boot-timeline.js';

/** A line longer than this is refused and the connection closed. */
export const maximumLineBytes = 2 * 1024 * 1024;
/** The most bytes of memory that one `program` or `read` carries. */
export const maximumChunkBytes = 512 * 1024;
export const protocolVersion = 1;

export type ConnectMode = 'normal' | 'hot-plug' | 'under-reset' | 'power-down';
/** What a tool reaches the chip through: the debug port, the UART boot loader in ROM, or the mailbox of debug authentication. */
export type ConnectPort = 'debug' | 'boot-loader' | 'authentication';

/** What the board is; all that the tools print about it. */
export interface BoardDescription {
  readonly protocol: number;
  readonly pid: number;
  readonly name: string;
  readonly kit: string;
  readonly probeSn: string;
  readonly boardName: string;
  readonly device: { readonly id: number; readonly name: string; readonly cpu: string; readonly flashKilobytes: number };
  readonly internalFlash: { readonly base: Address; readonly size: ByteCount; readonly sectorSize: ByteCount };
  readonly externalFlash: { readonly base: Address; readonly size: ByteCount; readonly sectorSize: ByteCount; readonly loader: string; readonly bootLoaderLoader: string };
  /** Whether faults wait on it: then the tool announces every command. */
  readonly faults: boolean;
}

/** PSA life cycle of the discovery. */
export type PsaLifeCycle = 'OPEN' | 'PROVISIONING' | 'IROT_PROVISIONED' | 'CLOSED' | 'LOCKED';

/** What the chip says of itself to a debug-authentication discovery. */
export interface DiscoveryReport {
  readonly targetId: number;
  /** 16 bytes in hexadecimal. */
  readonly socId: string;
  readonly lifeCycle: PsaLifeCycle;
  /** Whether a credential is provisioned that a session could be opened with. */
  readonly credential: 'certificate' | 'password' | 'none';
  /** Bits of the permissions that could be granted, highest first. */
  readonly permissions: readonly number[];
}

/** Faults that the tool acts out by itself, see faults.ts. */
export type ToolFault = 'error-exit-0' | 'hang' | 'obk-size' | 'garbage' | 'slow' | 'reconnect-fail';

/** What a session of debug authentication ends in. */
export type AuthenticatedAction = 'full-regression' | 'debug' | 'forced-download';

/** What the board does now. */
/** A core that stopped for good: what the fault report is made of. */
export interface StoppedCore {
  readonly facts: CapturedFault['facts'];
  readonly branches: readonly TakenBranch[];
  /** Of the application that ran. */
  readonly version: string | null;
}

export interface BoardStatus {
  /** `empty`: no program in the internal flash; `halted`: by the probe; `waiting`: between two turns of a reset loop; `boot-loader`: of the ROM; `stopped`: for good, see `reason`. */
  readonly state: 'empty' | 'running' | 'halted' | 'waiting' | 'boot-loader' | 'stopped';
  /** OPEN, PROVISIONING, PROVISIONED, CLOSED-ECDSA, CLOSED-PASSWORD, LOCKED; unknown for a mix of option bytes that stands for none. */
  readonly productState: string;
  /** Why it stopped: a root-of-trust error loop, lock-up, or something of the chip that this model lacks. */
  readonly reason: string | null;
  /** Boots of the root of trust since the process started. */
  readonly boots: number;
  /** Flash and OBKey operations of the root of trust in its last boot; of one that lost its power, those before the cut and the one that was cut. */
  readonly bootOperations: number;
  /** Core cycles since power-on. */
  readonly cycles: number;
  /** Blocks of the chip that are not modelled, were allowed as storage, and have been used. */
  readonly unmodelled: readonly string[];
  /** What the program did since power-on that nobody outside a board would see, as lines. */
  readonly remarks: readonly string[];
  readonly console: {
    /** Bytes that the board printed. */
    readonly sent: number;
    /** Bytes of these that nobody read and that were thrown away. */
    readonly dropped: number;
  };
}

/** An option byte as the probe reads it. */
export interface OptionByteValue {
  readonly name: string;
  readonly group: string;
  /** Address of the register that shows it. */
  readonly register: Address;
  /** Bits. */
  readonly width: number;
  readonly value: number;
}

/** Every operation: what it takes and what it answers. `data` is base64. */
export interface Operations {
  hello: { takes: object; answers: BoardDescription };
  status: { takes: object; answers: BoardStatus };
  /** The power fails at that operation of the root of trust's next boot, counted from 1, and comes back at once; `half`: half of it is done by then. */
  cutPower: { takes: { readonly at: number; readonly half?: boolean }; answers: object };
  /** The power goes and comes back. */
  cyclePower: { takes: object; answers: object };
  /** The last boot as a time line. */
  /** How the core stopped for good, and the branches before; null where it did not, or not in the application. */
  fault: { takes: object; answers: { readonly fault: StoppedCore | null } };
  traceBoot: { takes: object; answers: { readonly steps: readonly BootStep[] } };
  /** Writes the whole board to a file, or becomes the board of such a file; absolute paths. */
  saveState: { takes: { readonly file: string }; answers: { readonly milliseconds: number } };
  loadState: { takes: { readonly file: string }; answers: { readonly milliseconds: number } };
  /** Faults in place of those that wait, as `virtual start --fault` takes them; commands are counted from now on. */
  inject: { takes: { readonly faults: readonly string[] }; answers: object };
  /** A command of the tool begins. */
  begin: { takes: { readonly command: string }; answers: { readonly fault?: ToolFault } };
  /** Takes the probe until the connection ends. Every operation below needs it. */
  connect: { takes: { readonly mode: ConnectMode; readonly port?: ConnectPort }; answers: object };
  readOptionBytes: { takes: object; answers: { readonly values: readonly OptionByteValue[] } };
  writeOptionBytes: { takes: { readonly values: readonly { readonly name: string; readonly value: number }[] }; answers: object };
  /** `sectors`: numbers, or all of them. Without a loader the internal flash, with one the external. */
  erase: { takes: { readonly sectors: readonly number[] | 'all'; readonly loader?: string }; answers: object };
  /** Programs flash that was erased before, or writes RAM. */
  program: { takes: { readonly address: Address; readonly data: string; readonly loader?: string }; answers: object };
  read: { takes: { readonly address: Address; readonly size: ByteCount; readonly loader?: string }; answers: { readonly data: string } };
  /** A store over the debug port, so that peripheral registers see it. */
  writeMemory: { takes: { readonly address: Address; readonly value: number; readonly width: 1 | 2 | 4 }; answers: object };
  /** One OBKey file. */
  provision: { takes: { readonly data: string }; answers: object };
  /** RSSLIB SetSecOB: bits of an option register. */
  writeOptionRegister: { takes: { readonly address: Address; readonly mask: number; readonly value: number; readonly position: number }; answers: object };
  /** RSSLIB SetProductState, by the code that `-psrss` takes; then the chip resets. */
  setProductState: { takes: { readonly code: number }; answers: { /** Whether a tool can attach again. */ readonly debugOpen: boolean } };
  /** Debug authentication, discovery: the chip is reset. */
  discover: { takes: object; answers: DiscoveryReport };
  /** Debug authentication: 32 random bytes that the token is to sign. */
  challenge: { takes: object; answers: { readonly challenge: string } };
  /** Debug authentication: certificates from the root on and the leaf's signature over the challenge, or the password; all base64. */
  authenticate: {
    takes: { readonly permission: number; readonly chain?: string; readonly token?: string; readonly password?: string };
    answers: { readonly action: AuthenticatedAction };
  };
  reset: { takes: { readonly kind: 'software' | 'hardware' }; answers: object };
  /** Runs the program whose vector table is at the address; the boot address where none is given. */
  start: { takes: { readonly address?: Address }; answers: object };
}
export type OperationName = keyof Operations;

/** Every operation and whether it may be asked for without holding the probe. */
export const operations: Readonly<Record<OperationName, { readonly free: boolean }>> = {
  hello: { free: true },
  status: { free: true },
  cutPower: { free: true },
  cyclePower: { free: true },
  fault: { free: true },
  traceBoot: { free: true },
  saveState: { free: true },
  loadState: { free: true },
  inject: { free: true },
  begin: { free: true },
  connect: { free: true },
  readOptionBytes: { free: false },
  writeOptionBytes: { free: false },
  erase: { free: false },
  program: { free: false },
  read: { free: false },
  writeMemory: { free: false },
  provision: { free: false },
  writeOptionRegister: { free: false },
  setProductState: { free: false },
  discover: { free: false },
  challenge: { free: false },
  authenticate: { free: false },
  reset: { free: false },
  start: { free: false },
};

export type RefusalCode =
  | 'bad-request'
  | 'probe-in-use'
  | 'not-connected'
  | 'wrong-loader'
  | 'bad-address'
  | 'write-protected'
  | 'not-erased'
  | 'unknown-option-byte'
  | 'option-byte-value'
  | 'option-byte-mismatch'
  | 'obk-size'
  | 'obk-format'
  | 'fault'
  | 'access-port'
  | 'debug-closed'
  | 'boot-loader-silent'
  | 'not-served'
  | 'product-state'
  | 'authentication-refused'
  | 'storage'
  | 'snapshot'
  | 'unmodelled';

/** The board refuses an operation. The message is a fact; how the tool words it is the tool's business. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

export interface Request<Name extends OperationName = OperationName> {
  readonly id: number;
  readonly operation: Name;
  readonly parameters: Operations[Name]['takes'];
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly refused: { readonly code: RefusalCode; readonly message: string } };

/**
 * Reads one request line. Only the envelope is checked here; the operation checks its own parameters.
 * @throws Refusal `bad-request`
 */
export function decodeRequest(line: string): Request {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Refusal('bad-request', 'the request is not JSON');
  }
  const request = value as Partial<Request> | null;
  if (typeof request !== 'object' || request === null || !Number.isSafeInteger(request.id)) {
    throw new Refusal('bad-request', 'the request has no id');
  }
  if (typeof request.operation !== 'string' || !Object.hasOwn(operations, request.operation)) {
    throw new Refusal('bad-request', 'the request names no known operation');
  }
  if (typeof request.parameters !== 'object' || (request.parameters as unknown) === null) throw new Refusal('bad-request', 'the request has no parameters');
  return { id: Number(request.id), operation: request.operation, parameters: request.parameters };
}

/** Cuts a byte stream into lines; a line over the limit makes `push` return false, and nothing is kept of it. */
export class LineSplitter {
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: Buffer): boolean {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      if (this.#bytes + end > maximumLineBytes) return this.#refuse();
      const line = Buffer.concat([...this.#pieces, rest.subarray(0, end)]).toString('utf8');
      this.#pieces = [];
      this.#bytes = 0;
      rest = rest.subarray(end + 1);
      if (line.trim() !== '') this.onLine(line);
    }
    this.#bytes += rest.length;
    if (this.#bytes > maximumLineBytes) return this.#refuse();
    if (rest.length > 0) this.#pieces.push(rest);
    return true;
  }

  #refuse(): false {
    this.#pieces = [];
    this.#bytes = 0;
    return false;
  }
}
