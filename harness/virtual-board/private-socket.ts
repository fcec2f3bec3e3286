import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

export interface PrivateSocket {
  /** Ends every connection and removes the socket. */
  close(): void;
}

/** Listens on a unix socket of this user's alone; one that a dead process left is replaced. A connection with an error ends. @throws where the system has no socket to give */
export async function listenPrivately(path: string, serve: (socket: Socket) => void): Promise<PrivateSocket> {
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket);
    // A tool that is killed ends its connection like one that is done.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => clients.delete(socket));
    serve(socket);
  });
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    close: () => {
      for (const client of clients) client.destroy();
      server.close();
      rmSync(path, { force: true });
    },
  };
}
