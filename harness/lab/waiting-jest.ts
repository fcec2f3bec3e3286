import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { startProcess, type StartedProcess } from '../programmer/start-process.js';
import { jestColours, jestProgram, waitingArgument } from './jest-config.js';

/** What a waiting process is told, as one JSON document on its standard input; without one it ends. */
export interface JestOrder {
  readonly arguments: readonly string[];
  /** Added to its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A Jest process that is started before it is known what it is to run, while a board starts: it loads its modules and waits. It touches neither board nor
 * suites before it is told to, and ends with this process.
 */
export class WaitingJest {
  readonly #log: string;
  readonly #process: StartedProcess;
  #waits = true;

  /** @param folder for its output until it has a file of its own, on the same file system as that; absolute, it exists */
  constructor(folder: string) {
    this.#log = join(folder, `.starting-${randomBytes(6).toString('hex')}.log`);
    const fd = openSync(this.#log, 'w');
    try {
      this.#process = startProcess(jestProgram()[0]!, [...jestProgram().slice(1), waitingArgument, this.#log], { env: jestColours, stdio: ['pipe', fd, fd], detached: process.platform !== 'win32' });
    } finally {
      closeSync(fd);
    }
    // One that has died is told by its end.
    this.#process.child.stdin?.on('error', () => undefined);
    process.once('exit', this.#kill);
  }

  /** Lets it run; who calls this minds it from then on. @param outputPath gets both its streams, also what they said before */
  release(order: JestOrder, outputPath: string): StartedProcess {
    renameSync(this.#log, outputPath);
    this.#waits = false;
    process.off('exit', this.#kill);
    this.#process.child.stdin?.end(JSON.stringify(order));
    return this.#process;
  }

  /** Ends it if it still waits. */
  async discard(): Promise<void> {
    if (!this.#waits) return;
    this.#kill();
    await this.#process.ended;
    process.off('exit', this.#kill);
  }

  /** It has started nothing and holds nothing. */
  readonly #kill = (): void => {
    this.#process.child.kill('SIGKILL');
    rmSync(this.#log, { force: true });
  };
}
