import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SweepOptions } from '../sweep/index.js';
import { sweepPlace } from './board.js';
import { keys, recordedImage, vectorFolder } from './images.js';

/** An update recorded with ST's MCUboot; see the README of the folder. */
export interface Recorded {
  readonly slot: number;
  readonly scratch: number;
  readonly mode: 'overwrite' | 'swap';
  readonly mce: 0 | 1;
  readonly half: 0 | 1;
  readonly align: 4 | 16;
  readonly primary: string;
  readonly secondary: string;
  readonly cnt: number;
  readonly policy: 'none' | 'confirm';
  readonly boots: readonly string[];
  readonly ops: number;
  readonly trace: string;
  readonly log: string;
  readonly cuts: readonly (readonly [number, number, string])[];
}

const text = (file: string): string => readFileSync(join(vectorFolder, file), 'utf8');
const image = (path: string): Uint8Array => recordedImage(path.replace(/^images\//, ''));
const installation = 'inst:';

export function readRecorded(name: string): Recorded {
  return JSON.parse(text(`${name}.json`)) as Recorded;
}

/** CRC-32 of the flash after the recovery of each cut, from k = 1 on. */
export function recordedCrcs(name: string): readonly string[] {
  return text(`${name}.json.crc`).trim().split('\n');
}

/** The recorded update as a sweep. */
export function sweepOf(recorded: Recorded, cuts: SweepOptions['cuts']): SweepOptions {
  const installs = recorded.primary.startsWith(installation);
  return {
    ...sweepPlace(recorded.slot, { mode: recorded.mode, programUnit: recorded.align, scratchSize: recorded.scratch || 0x10000 }),
    keys,
    storedCounter: installs ? 0 : recorded.cnt,
    install: installs ? [image(recorded.primary.slice(installation.length))] : [],
    primary: installs || recorded.primary === '-' ? undefined : image(recorded.primary),
    secondary: image(recorded.secondary),
    confirm: recorded.policy === 'confirm' ? 'secondary' : 'none',
    boots: recorded.boots.length,
    tear: recorded.half === 1 ? 'half' : 'nothing',
    mce: recorded.mce === 1,
    strict: recorded.mce === 0,
    cuts,
    crc: recorded.mce === 0,
  };
}
