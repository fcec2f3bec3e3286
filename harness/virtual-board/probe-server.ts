/** The board's end of the probe socket. */
import type { Socket } from 'node:net';
import { ProbeGone } from './faults.js';
import { ProbeLost } from './probe-client.js';
import type { ProbeConnection } from './probe-client.js';
import { listenPrivately } from './private-socket.js';
import type { FaultPlan } from './faults.js';
import { decodeRequest, LineSplitter, operations, Refusal } from './protocol.js';
import type { Answer, ConnectMode, ConnectPort, OperationName, Operations, Request } from './protocol.js';

/** What a board does for a probe. Every method may throw Refusal. */
export type ProbeTarget = {
  [Name in Exclude<OperationName, 'connect'>]: (parameters: Operations[Name]['takes']) => Operations[Name]['answers'];
} & {
  connect(parameters: { readonly mode: ConnectMode; readonly port: ConnectPort }): object;
  /** The tool that held the probe has gone. */
  release(): void;
};

export interface ProbeServer {
  /** A connection inside this process. */
  connect(): ProbeConnection;
  close(): void;
}

/**
 * Listens on a unix socket. Any number of clients may ask `hello` and `status`; one at a time holds the probe.
 * `onFault` gets what is no refusal: a defect of the model, never of the client.
 */
export async function serveProbe(path: string, target: ProbeTarget, onFault: (error: unknown) => void, faults?: Pick<FaultPlan, 'around'>): Promise<ProbeServer> {
  let holder: object | undefined;

  const perform = (client: object, request: Omit<Request, 'id'>): object => {
    if (request.operation === 'connect') {
      if (holder !== undefined && holder !== client) throw new Refusal('probe-in-use', 'another tool holds the probe');
      const { mode, port = 'debug' } = request.parameters as { mode?: unknown; port?: unknown };
      if (mode !== 'normal' && mode !== 'hot-plug' && mode !== 'under-reset' && mode !== 'power-down') throw new Refusal('bad-request', 'unknown connect mode');
      if (port !== 'debug' && port !== 'boot-loader' && port !== 'authentication') throw new Refusal('bad-request', 'unknown port');
      const take = (parameters: { readonly mode: ConnectMode; readonly port?: ConnectPort }): object => target.connect({ port: 'debug', ...parameters });
      const answer = faults === undefined ? take({ mode, port }) : faults.around('connect', { mode, port }, take);
      holder = client;
      return answer;
    }
    if (!operations[request.operation].free && holder !== client) throw new Refusal('not-connected', 'connect first');
    const method = (parameters: object): object => (target[request.operation] as (parameters: object) => object).call(target, parameters);
    if (faults === undefined || operations[request.operation].free) return method(request.parameters);
    return faults.around(request.operation, request.parameters, method as never);
  };

  const refusalOf = (error: unknown): Refusal => {
    if (error instanceof Refusal) return error;
    onFault(error);
    return new Refusal('unmodelled', error instanceof Error ? error.message : String(error));
  };

  const letGo = (client: object): void => {
    if (holder !== client) return;
    holder = undefined;
    target.release();
  };

  const connect = (): ProbeConnection => {
    const client = {};
    let lost = false;
    return {
      request: async (operation, parameters) => {
        if (lost) throw new ProbeLost('the connection ended');
        try {
          return perform(client, { operation, parameters }) as never;
        } catch (error) {
          lost = error instanceof ProbeGone;
          if (lost) letGo(client);
          throw lost ? new ProbeLost('the connection ended') : refusalOf(error);
        }
      },
      close: () => {
        lost = true;
        letGo(client);
      },
    };
  };

  const answer = (socket: Socket, line: string): void => {
    let id = 0;
    let reply: Answer;
    try {
      const request = decodeRequest(line);
      id = request.id;
      reply = { id, result: perform(socket, request) };
    } catch (error) {
      if (error instanceof ProbeGone) {
        socket.destroy();
        return;
      }
      const refused = refusalOf(error);
      reply = { id, refused: { code: refused.code, message: refused.message } };
    }
    if (!socket.destroyed) socket.write(JSON.stringify(reply) + '\n');
  };

  const { close } = await listenPrivately(path, (socket) => {
    const lines = new LineSplitter((line) => {
      answer(socket, line);
    });
    socket.on('data', (chunk: Buffer) => {
      if (lines.push(chunk)) return;
      socket.end(JSON.stringify({ id: 0, refused: { code: 'bad-request', message: 'the request is too long' } } satisfies Answer) + '\n');
    });
    socket.on('close', () => letGo(socket));
  });
  return { connect, close };
}
