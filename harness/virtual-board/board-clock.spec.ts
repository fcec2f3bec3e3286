import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { headBytes, parseHead, parseStamp, stampAt, stampBytes, type BoardTimeHead } from '../units/board-time-file.js';
import { sharedClock } from '../units/shared-clock.js';
import { BoardClock } from './board-clock.js';

const folder = mkdtempSync(join(tmpdir(), 'rot-hil-clock-'));
const file = join(folder, 'board.time');
const part = (from: number, size: number): string => readFileSync(file, 'latin1').slice(from, from + size);
const told = (): BoardTimeHead | undefined => parseHead(part(0, headBytes));
/** Keeps the processor for that long: the wall's time goes on, nothing else does. */
const wall = (ms: number): void => {
  for (const end = sharedClock() + ms; sharedClock() < end; );
};

describe('the clock of a virtual board', () => {
  let clock: BoardClock;
  beforeEach(() => {
    clock = new BoardClock(file);
    clock.restart(1000);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('a core that works → its time, and what it tells, is that of the machine, whatever the wall’s', () => {
    const began = clock.at();
    clock.worked(1020);
    wall(5);
    clock.worked(1050);
    clock.tell();
    expect(clock.at() - began).toBeCloseTo(50, 3);
    expect(told()?.ms).toBeCloseTo(clock.at(), 2);
  });

  it('one that waits for input → stands still, and says so; woken, goes on with the machine', () => {
    clock.worked(1001);
    const began = clock.at();
    clock.sleeps();
    wall(12);
    expect(clock.at()).toBe(began);
    expect(told()).toEqual({ ms: expect.closeTo(began, 2), since: expect.any(Number), until: 0, taken: 0 });
    expect(told()?.since).toBeGreaterThan(0);
    clock.takes(Uint8Array.of(1, 2));
    clock.wakes();
    clock.worked(1031);
    clock.tell();
    expect(told()).toEqual({ ms: expect.closeTo(began + 30, 2), since: 0, until: 0, taken: 2 });
  });

  it('one that sleeps 10 ms and is woken by its host after 30 → 10 ms, while it sleeps and afterwards', () => {
    clock.worked(1001);
    const began = clock.at();
    clock.sleeps(1011);
    wall(30);
    expect(clock.at() - began).toBeCloseTo(10, 3);
    expect(told()?.until).toBeCloseTo(began + 10, 2);
    clock.worked(1001);
    clock.slept(1011);
    clock.tell();
    expect(clock.at() - began).toBeCloseTo(10, 3);
    expect(told()).toMatchObject({ ms: expect.closeTo(began + 10, 2), since: 0, until: 0 });
  });

  it('input while it sleeps → the event of its own comes when it was to come, what it works meanwhile included', () => {
    clock.worked(1001);
    const began = clock.at();
    clock.sleeps(1101);
    wall(20);
    clock.wakes();
    const woken = clock.at() - began;
    clock.worked(1006);
    expect(clock.at() - began).toBeCloseTo(woken + 5, 3);
    clock.sleeps(1101);
    clock.slept(1101);
    expect(clock.at() - began).toBeCloseTo(100, 3);
  });

  it('input, and work beyond the event → the work counts whole', () => {
    clock.worked(1001);
    const began = clock.at();
    clock.sleeps(1011);
    wall(5);
    clock.wakes();
    const woken = clock.at() - began;
    clock.worked(1041);
    expect(clock.at() - began).toBeCloseTo(woken + 40, 3);
    clock.sleeps(1051);
    clock.slept(1051);
    expect(clock.at() - began).toBeCloseTo(woken + 50, 3);
  });

  it('another machine, whose time is behind → this clock never goes back', () => {
    clock.worked(1500);
    const before = clock.at();
    clock.restart(10);
    expect(clock.at()).toBeGreaterThanOrEqual(before);
    clock.worked(30);
    expect(clock.at() - before).toBeCloseTo(20, 1);
  });

  it('lines, in any pieces, with CR before LF or not → each stamped with the time of its end, known by its bytes', () => {
    const at = (text: string, ...ends: number[]): void => clock.prints(Buffer.from(text, 'latin1'), ends);
    at('one\r\ntwo', 1);
    at('\r');
    at('\n\r\r\n\n', 2, 3, 4);
    at('a\rb\nlast', 5);
    at('\xff\n', 6);
    const lines = ['one', 'two', '\r', '', 'a\rb', 'last\xff'].map((text, i) => ({ number: i + 1, ms: i + 1, crc: crc32(Buffer.from(text, 'latin1')) }));
    expect(lines.map(({ number }) => parseStamp(part(stampAt(number), stampBytes)))).toEqual(lines);
  });
});
