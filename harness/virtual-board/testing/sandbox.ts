import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { parseCommandLine } from '../drop-in/command-line.js';
import { banner } from '../drop-in/output.js';
import { perform } from '../drop-in/perform.js';
import { Session } from '../drop-in/session.js';
import { ToolError } from '../drop-in/tool-error.js';
import { toolDirectory } from '../package-root.js';
import { stopAllVirtualBoards } from '../stop.js';

/** What one call of the drop-in gave. */
export interface ToolRun {
  readonly exitCode: number;
  readonly output: string;
}

/** A runtime folder of its own for the boards of one spec. */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), 'rot-hil-spec-'));

  constructor() {
    process.env['ROT_HIL_RUNTIME_DIR'] = join(this.folder, 'run');
  }

  /** A path inside the sandbox. */
  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Calls the drop-in as its users do: by its file. */
  async tool(...argv: readonly string[]): Promise<ToolRun> {
    const result = await execa(join(toolDirectory(), 'STM32_Programmer_CLI'), argv, {
      reject: false,
      all: true,
      timeout: 20_000,
      env: { ROT_HIL_RUNTIME_DIR: this.path('run'), ROT_HIL_NODE: process.execPath },
    });
    return { exitCode: result.exitCode ?? -1, output: result.all };
  }

  /** The same call performed in this process, for specs of many calls: nothing of it is left out but the start of a process. */
  async call(...argv: readonly string[]): Promise<ToolRun> {
    const lines: string[] = [];
    const print = (line = ''): void => void lines.push(line);
    let exitCode = 0;
    banner(print);
    try {
      await perform(parseCommandLine(argv), print, { folder: this.folder, open: (way) => Session.open(way) });
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      exitCode = 1;
      print();
      for (const line of error.lines) print(`Error: ${line}`);
    }
    return { exitCode, output: lines.join('\n') };
  }

  async close(): Promise<void> {
    await stopAllVirtualBoards();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
