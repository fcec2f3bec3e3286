import { ProbeClient, ProbeLost } from '../probe-client.js';
import type { ProbeConnection } from '../probe-client.js';
import { Refusal } from '../protocol.js';
import type { BoardDescription, OperationName, Operations, ToolFault } from '../protocol.js';
import { runningBoards } from '../registry.js';
import type { BoardEntry } from '../registry.js';
import { isHeld } from './port-holder.js';
import { ToolError } from './tool-error.js';

/** A board that does not say what it is within this time is not there. */
const helloMs = 5000;

/** The way of a call to its board: `Session.open` where the tool is a process of its own. */
export type OpenSession = (way: { readonly sn: string | undefined; readonly comPort?: string }) => Promise<Session>;

/** A probe held by this call of the tool. */
export class Session {
  private constructor(
    private readonly client: ProbeConnection,
    readonly board: BoardDescription,
    private readonly serial: boolean,
  ) {}

  /** The probe with this serial number, or the board behind this serial port. It is not taken yet. @throws ToolError where there is none, or it does not answer */
  static async open({ sn, comPort }: Parameters<OpenSession>[0]): Promise<Session> {
    const boards = runningBoards();
    const entry = comPort === undefined ? selectBoard(boards, sn) : selectPort(boards, comPort);
    // unverified: how the tool words a port that another program holds.
    if (comPort !== undefined && isHeld(entry.console, entry.pid)) throw new ToolError(`Cannot open port ${comPort.slice(0, 80)}`);
    let client: ProbeClient | undefined;
    try {
      client = await ProbeClient.open(entry.socket);
      return await Session.over(client, comPort !== undefined);
    } catch (error) {
      client?.close();
      throw asToolError(error);
    }
  }

  /** The board at the other end of a connection. */
  static async over(client: ProbeConnection, serial = false): Promise<Session> {
    return new Session(client, await client.request('hello', {}, helloMs), serial);
  }

  /** Announces a command to a board on which faults wait. @returns what the tool is to act out */
  async begin(command: string): Promise<ToolFault | undefined> {
    return this.board.faults ? (await this.request('begin', { command })).fault : undefined;
  }

  /** How the tool words a probe that another tool holds. */
  inUse(refusal: Refusal): ToolError {
    return asToolError(refusal);
  }

  /** @throws ToolError for everything that the board refuses, unless `onRefusal` words it */
  async request<Name extends OperationName>(operation: Name, parameters: Operations[Name]['takes'], onRefusal?: (refusal: Refusal) => ToolError): Promise<Operations[Name]['answers']> {
    try {
      return await this.client.request(operation, parameters);
    } catch (error) {
      if (error instanceof Refusal && onRefusal !== undefined) throw onRefusal(error);
      // On a serial port nobody answers any more; a probe leaves the bus.
      throw error instanceof ProbeLost && this.serial ? new ToolError('Timeout error occured while waiting for acknowledgement.') : asToolError(error);
    }
  }

  close(): void {
    this.client.close();
  }
}

/** Every board that answers, for `-l`. */
export async function describeBoards(): Promise<BoardDescription[]> {
  const found: BoardDescription[] = [];
  for (const entry of runningBoards()) {
    try {
      const client = await ProbeClient.open(entry.socket);
      found.push(await client.request('hello', {}, helloMs));
      client.close();
    } catch {
      // A probe that does not answer is not listed.
    }
  }
  return found;
}

function selectBoard(boards: readonly BoardEntry[], sn: string | undefined): BoardEntry {
  const named = sn === undefined ? boards : boards.filter((board) => board.probe.sn.toLowerCase() === sn.toLowerCase());
  const [only, ...others] = named;
  if (only === undefined) throw new ToolError(sn === undefined || boards.length === 0 ? 'No debug probe detected.' : `No debug probe detected with serial number ${sn.slice(0, 80)}`);
  // unverified: how the tool words it when several probes are attached and none is chosen.
  if (others.length > 0) throw new ToolError('Several debug probes are connected: select one of them with sn=<serial number>');
  return only;
}

/** The board that was started with this `--com-port`, or the only one. unverified: how the tool words a port that is not there. */
function selectPort(boards: readonly BoardEntry[], comPort: string): BoardEntry {
  const named = boards.filter((board) => board.comPort === comPort);
  const [only, ...others] = named.length > 0 ? named : boards;
  if (only === undefined || others.length > 0) throw new ToolError(`Cannot open port ${comPort.slice(0, 80)}`);
  return only;
}

function asToolError(error: unknown): ToolError {
  if (error instanceof ToolError) return error;
  if (error instanceof ProbeLost) return new ToolError('ST-LINK error (DEV_USB_COMM_ERR)');
  if (error instanceof Refusal && error.code === 'access-port') return new ToolError('Cannot connect to access port 1!');
  if (error instanceof Refusal && error.code === 'probe-in-use') return new ToolError('ST-LINK error (DEV_CONNECT_ERR)');
  return new ToolError(error instanceof Error ? error.message : String(error));
}
