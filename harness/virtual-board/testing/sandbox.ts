import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { toolDirectory } from '../package-root.js';
import { stopAllVirtualBoards } from '../stop.js';
import type { ToolRun } from './call-tool.js';
import { callTool } from './call-tool.js';

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

  /** The same call performed in this process. */
  call(...argv: readonly string[]): Promise<ToolRun> {
    return callTool(this.folder, argv);
  }

  async close(): Promise<void> {
    await stopAllVirtualBoards();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
