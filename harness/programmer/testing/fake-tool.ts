import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** A small program that stands in for STM32_Programmer_CLI in specs: it prints what its body says. */
export interface FakeTool {
  readonly folder: string;
  readonly path: string;
  /** argv of every call so far. */
  calls(): string[][];
  remove(): void;
}

/**
 * Writes an executable Node script. In `body`: `args`, `fs`, `say(line)`, `nth` (number of this call, from 1), `folder`, and `heading()`,
 * which prints what the tool prints on connecting.
 */
export function fakeTool(body: string): FakeTool {
  const folder = mkdtempSync(join(tmpdir(), 'rot-hil-fake-'));
  const path = join(folder, 'STM32_Programmer_CLI');
  const log = join(folder, 'calls.jsonl');
  writeFileSync(
    path,
    `#!${process.execPath}
const fs = require('node:fs');
const args = process.argv.slice(2);
const folder = ${JSON.stringify(folder)};
fs.appendFileSync(${JSON.stringify(log)}, JSON.stringify(args) + '\\n');
const nth = fs.readFileSync(${JSON.stringify(log)}, 'utf8').trim().split('\\n').length;
const say = (line) => fs.writeSync(1, line + '\\n');
const heading = () => {
  say('      -------------------------------------------------------------------');
  say('                        STM32CubeProgrammer v2.21.0                  ');
  say('      -------------------------------------------------------------------');
  say('');
  say('ST-LINK SN  : 50FF6D065052784825260567');
  say('ST-LINK FW  : V2J47S7');
  say('Board       : STM32H7S78-DK');
  say('Voltage     : 3.26V');
  say('SWD freq    : 4000 KHz');
  say('Connect mode: Hot Plug');
  say('Reset mode  : Software reset');
  say('Device ID   : 0x485');
  say('Revision ID : Rev Y');
  say('Device name : STM32H7RSxx');
};
${body}
`,
  );
  chmodSync(path, 0o755);
  return {
    folder,
    path,
    calls: () =>
      existsSync(log)
        ? readFileSync(log, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as string[])
        : [],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
