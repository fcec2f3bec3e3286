import { resolve } from 'node:path';
import { HarnessError } from '../errors/index.js';
import { parseFault } from './faults.js';
import { ProbeClient } from './probe-client.js';
import type { BootStep } from './boot-timeline.js';
import { Refusal } from './protocol.js';
import type { BoardStatus, StoppedCore } from './protocol.js';
import { runningBoards, strangeBoards } from './registry.js';
import { boardFiles } from './runtime-folder.js';

const answerMs = 2000;
const stateMs = 20_000;

/** Path of what a board has to say; it stays after the board's end, until another board of this name starts. */
export function virtualBoardLog(name: string): string {
  return boardFiles(name).log;
}

/**
 * Lets the power of a running board fail at an operation of its root of trust's next boot, counted from 1, and come back at once. What the RAMs held is lost.
 * @throws HarnessError `no-such-board` (usage), `board-silent` (bench)
 */
export async function cutVirtualPower(name: string, at: number, options: { readonly half?: boolean } = {}): Promise<void> {
  await ask(name, (client) => client.request('cutPower', { at, ...options }, answerMs));
}

/**
 * Takes the power of a running board away and gives it back: it starts as from the first time, with noise in its RAMs.
 * @throws HarnessError `no-such-board` (usage), `board-silent` (bench)
 */
export async function cycleVirtualPower(name: string): Promise<void> {
  await ask(name, (client) => client.request('cyclePower', {}, answerMs));
}

/**
 * Puts faults on a running board, in place of those that still wait; commands are counted from now on.
 * @param faults `<name>@<command>[:nth]` @throws HarnessError `fault`, `no-such-board` (usage), `board-silent` (bench)
 */
export async function injectVirtualFaults(name: string, faults: readonly string[]): Promise<void> {
  for (const fault of faults) parseFault(fault);
  await ask(name, (client) => client.request('inject', { faults }, answerMs));
}

/**
 * Writes a running board with everything that it is to a file, which holds its OBKeys and is readable by its owner only; or lets it become the board of such a file.
 * @returns milliseconds that the board took
 * @throws HarnessError `no-such-board`, `snapshot` (usage), `board-silent` (bench)
 */
export async function snapshotVirtualBoard(name: string, file: string): Promise<number> {
  return (await askState(name, (client) => client.request('saveState', { file: resolve(file) }, stateMs))).milliseconds;
}

export async function restoreVirtualBoard(name: string, file: string): Promise<number> {
  return (await askState(name, (client) => client.request('loadState', { file: resolve(file) }, stateMs))).milliseconds;
}

/** The core of a board where it stopped for good, and the branches before, for which the board runs once more up to there. @throws HarnessError `no-such-board` (usage), `board-silent` (bench) */
export async function virtualBoardFault(name: string): Promise<StoppedCore | null> {
  return (await ask(name, (client) => client.request('fault', {}, stateMs))).fault;
}

/** The last boot of a running board, step by step. @throws HarnessError `no-such-board` (usage), `board-silent` (bench) */
export async function traceVirtualBoot(name: string): Promise<readonly BootStep[]> {
  return (await ask(name, (client) => client.request('traceBoot', {}, answerMs))).steps;
}

async function askState<T>(name: string, question: (client: ProbeClient) => Promise<T>): Promise<T> {
  try {
    return await ask(name, question);
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof Refusal) throw new HarnessError({ code: 'snapshot', kind: 'usage', message: cause.message, nextStep: 'name a file that can be written, or a snapshot of such a board', cause });
    throw error;
  }
}

/**
 * What a running board does now, and why it stopped if it did.
 * @throws HarnessError `no-such-board`, `board-version` (usage), `board-silent` (bench)
 */
export function virtualBoardStatus(name: string): Promise<BoardStatus> {
  return ask(name, (client) => client.request('status', {}, answerMs));
}

/** A board that another version has started: nothing but its end can be asked of it. */
export function boardOfAnotherVersion(name: string): HarnessError {
  return new HarnessError({ code: 'board-version', kind: 'usage', message: `the virtual board ${name} was started by another version of rot-hil`, nextStep: `end it with rot-hil virtual stop ${name}, and start it anew` });
}

async function ask<T>(name: string, question: (client: ProbeClient) => Promise<T>): Promise<T> {
  const entry = runningBoards().find((board) => board.name === name);
  if (entry === undefined && strangeBoards().some((board) => board.name === name)) throw boardOfAnotherVersion(name);
  if (entry === undefined) throw new HarnessError({ code: 'no-such-board', kind: 'usage', message: `no virtual board called ${name.slice(0, 80)} is running`, nextStep: 'rot-hil virtual list shows those that run' });
  try {
    const client = await ProbeClient.open(entry.socket);
    try {
      return await question(client);
    } finally {
      client.close();
    }
  } catch (cause) {
    throw new HarnessError({ code: 'board-silent', kind: 'bench', message: `the virtual board ${name} does not answer`, nextStep: `end it with rot-hil virtual stop ${name}`, cause });
  }
}
