/** A tool's end of the probe socket. Imports nothing heavy: the drop-in tools start with it. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { LineSplitter, Refusal } from './protocol.js';
import type { Answer, OperationName, Operations } from './protocol.js';

/** The board does not answer: its process is gone, or hangs. */
export class ProbeLost extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProbeLost';
  }
}

/** A way to ask a board for operations; `close` gives the probe back. */
export interface ProbeConnection {
  /** @throws Refusal where the board refuses, ProbeLost where it does not answer. */
  request<Name extends OperationName>(operation: Name, parameters: Operations[Name]['takes'], timeoutMs?: number): Promise<Operations[Name]['answers']>;
  close(): void;
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export class ProbeClient implements ProbeConnection {
  #next = 1;
  #waiting = new Map<number, Waiting>();
  #lost: Error | undefined;

  private constructor(private readonly socket: Socket) {
    const lines = new LineSplitter((line) => {
      this.#settle(line);
    });
    socket.on('data', (chunk: Buffer) => {
      if (!lines.push(chunk)) this.#lose(new ProbeLost('an answer is too long'));
    });
    socket.on('error', (error) => {
      this.#lose(new ProbeLost(error.message));
    });
    socket.on('close', () => {
      this.#lose(new ProbeLost('the connection ended'));
    });
  }

  /** @throws ProbeLost where nobody listens. */
  static async open(path: string): Promise<ProbeClient> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error) => {
        reject(new ProbeLost(error.message));
      });
    });
    return new ProbeClient(socket);
  }

  /**
   * Asks for one operation.
   * @throws Refusal where the board refuses, ProbeLost where it does not answer.
   */
  request<Name extends OperationName>(operation: Name, parameters: Operations[Name]['takes'], timeoutMs?: number): Promise<Operations[Name]['answers']> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const id = this.#next++;
    return new Promise<Operations[Name]['answers']>((resolve, reject) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => {
        this.#lose(new ProbeLost(`no answer within ${String(timeoutMs)} ms`));
      }, timeoutMs);
      this.#waiting.set(id, {
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.socket.write(JSON.stringify({ id, operation, parameters }) + '\n');
    });
  }

  close(): void {
    this.socket.end();
  }

  #settle(line: string): void {
    let answer: Answer;
    try {
      answer = JSON.parse(line) as Answer;
    } catch {
      this.#lose(new ProbeLost('an answer is not JSON'));
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if ('refused' in answer) waiting.reject(new Refusal(answer.refused.code, answer.refused.message));
    else waiting.resolve(answer.result as never);
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#lost);
    this.#waiting.clear();
    this.socket.destroy();
  }
}
