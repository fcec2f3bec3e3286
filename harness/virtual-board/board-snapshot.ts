import { HarnessError } from '../errors/index.js';
import { deserialiseNor, serialiseNor } from '../flash/index.js';
import { ObkStore } from '../rot/index.js';
import type { NonVolatile } from './kept-state.js';
import { Refusal } from './protocol.js';
import type { BoardSnapshot } from './snapshot-file.js';

type SavedMemories = Omit<BoardSnapshot, 'origin' | 'chip' | 'machine'>;

const unfit = (message: string, nextStep: string): HarnessError => new HarnessError({ code: 'snapshot', kind: 'usage', message, nextStep });

/** The memories that survive power-off. @param debugGranted a session of debug authentication is open */
export function savedMemories({ externalFlash, internalFlash, optionBytes, obkeys, lifeCycle }: NonVolatile, debugGranted: boolean): SavedMemories {
  return {
    optionBytes: optionBytes.values(),
    obkeys: obkeys.serialise(),
    lifeCycle: { ...lifeCycle, debugGranted: debugGranted ? 1 : 0 },
    internalFlash: internalFlash.bytes.slice(),
    externalFlash: serialiseNor(externalFlash.snapshot(), externalFlash.sectorSize),
  };
}

/** @throws HarnessError `snapshot` for a snapshot of another kit or build */
export function checkOrigin({ origin }: BoardSnapshot, own: BoardSnapshot['origin']): void {
  const differs = (['kit', 'bootPath', 'mode', 'exec', 'cipher', 'rotRelease', 'rotBuild'] as const).find((name) => origin[name] !== own[name]);
  if (differs !== undefined) throw unfit(`the snapshot is of another board: ${differs} ${origin[differs]}, here ${own[differs]}`, 'start a board from it: rot-hil virtual start --from <snapshot>');
}

/** @returns whether a session of debug authentication was open @throws HarnessError `snapshot`, or what a damaged part of it throws */
export function restoreMemories({ externalFlash, internalFlash, optionBytes, obkeys, lifeCycle }: NonVolatile, snapshot: SavedMemories): boolean {
  if (snapshot.internalFlash.length !== internalFlash.size) throw unfit('the snapshot has an internal flash of another size', 'take it again');
  externalFlash.restore(deserialiseNor(snapshot.externalFlash, externalFlash));
  internalFlash.bytes.set(snapshot.internalFlash);
  try {
    optionBytes.restore(snapshot.optionBytes);
  } catch (error) {
    throw error instanceof Refusal ? unfit(error.message, 'take it again with this version of rot-hil') : error;
  }
  obkeys.restore(ObkStore.deserialise(snapshot.obkeys).snapshot());
  lifeCycle.debugAuthentication = snapshot.lifeCycle['debugAuthentication'] ?? 0;
  return snapshot.lifeCycle['debugGranted'] === 1;
}
