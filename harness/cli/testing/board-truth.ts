import { join } from 'node:path';
import type { Kit } from '../../board/index.js';
import { NorFlash, deserialiseNor } from '../../flash/index.js';
import { parseObk } from '../../keys/index.js';
import type { Plan, ProductState } from '../../provisioning/index.js';
import { snapshotVirtualBoard, virtualBoardStatus } from '../../virtual-board/index.js';
import { readSnapshot } from '../../virtual-board/snapshot-file.js';

/** What a virtual board really is, read from the device itself and through no tool. */
export interface BoardTruth {
  readonly productState: ProductState;
  /** Whether any way leads back to OPEN: the device's own credential, not what it tells of it. */
  readonly recoverable: boolean;
  readonly optionBytes: Readonly<Record<string, number>>;
  /** Places of OBKeys: level × 32 + index. */
  readonly obkeys: ReadonlySet<number>;
  readonly internalFlash: Uint8Array;
  /** Reads the external flash. */
  readonly external: (address: number, size: number) => Uint8Array;
}

/** DBG_AUTH codes of credentials that open a device (stm32h7rsxx_hal_flash_ex.h). */
const opens = [0x51, 0x8a];

/** @param folder for a snapshot of it */
export async function truthOf(board: string, kit: Kit, folder: string): Promise<BoardTruth> {
  const file = join(folder, 'truth.snap');
  const state = (await virtualBoardStatus(board)).productState.replace(/-.*/, '') as ProductState;
  await snapshotVirtualBoard(board, file);
  const { optionBytes, obkeys, lifeCycle, internalFlash, externalFlash } = readSnapshot(file);
  const { base, size, sectorSize } = kit.externalFlash;
  const nor = new NorFlash({ size, sectorSize });
  nor.restore(deserialiseNor(externalFlash, nor));
  const slots = (JSON.parse(obkeys) as { slots: [number, boolean, string][] }).slots.map(([at]) => at);
  return {
    productState: state,
    recoverable: state === 'OPEN' || state === 'PROVISIONING' || (state === 'CLOSED' && opens.includes(lifeCycle['debugAuthentication'] ?? 0)),
    optionBytes,
    obkeys: new Set(slots),
    internalFlash: Uint8Array.from(internalFlash),
    external: (address, length) => nor.read(address - base, length),
  };
}

const placeOf = (file: Uint8Array): number => {
  const { hdpl, index } = parseObk(file);
  return hdpl * 32 + index;
};

/** What a file puts on the board, and where: an OBKey file says that itself. */
export interface PlacedContent {
  readonly bytes: Uint8Array;
  readonly address: number;
}

/** What of the steps that are said to be done the device does not show, and what it shows beyond them and the one that is said to be unknown. */
export function contradictions(truth: BoardTruth, plan: Plan, told: { readonly done: readonly string[]; readonly unknown: string | null }, files: ReadonlyMap<string, PlacedContent>): string[] {
  const wrong: string[] = [];
  const done = new Set(told.done);
  const options = new Map<string, { readonly value: number; readonly step: string }>();
  for (const step of plan.steps) {
    const perhaps = told.unknown === step.name;
    if (!done.has(step.name) && !perhaps) {
      if (step.reaches === truth.productState && truth.productState !== 'OPEN') wrong.push(`the board is ${truth.productState}, and ${step.name} is neither done nor unknown`);
      for (const action of step.request.actions) if (action.do === 'provision-obk' && truth.obkeys.has(placeOf(files.get(action.file)!.bytes))) wrong.push(`${step.name} is neither done nor unknown, and its OBKey is there`);
      continue;
    }
    if (step.proof?.by === 'option-bytes') {
      for (const [name, value] of Object.entries(step.proof.values)) {
        if (perhaps) options.delete(name);
        else options.set(name, { value, step: step.name });
      }
    }
    if (perhaps) continue;
    if (step.reaches !== undefined && truth.productState === 'OPEN') wrong.push(`${step.name} is said to be done, and the board is OPEN`);
    for (const action of step.request.actions) {
      if (action.do === 'provision-obk' && !truth.obkeys.has(placeOf(files.get(action.file)!.bytes))) wrong.push(`${step.name} is said to be done, and its OBKey is not there`);
      if (action.do !== 'download') continue;
      const { bytes: wanted, address } = files.get(action.file)!;
      const found = action.loader === undefined ? truth.internalFlash.subarray(0, wanted.length) : truth.external(action.address ?? address, wanted.length);
      // A board that runs has installed its image.
      if ((action.loader === undefined || truth.productState === 'PROVISIONING') && Buffer.compare(found, wanted) !== 0) wrong.push(`${step.name} is said to be done, and the flash holds something else`);
    }
  }
  for (const [name, { value, step }] of options) if (truth.optionBytes[name] !== value) wrong.push(`${step} is said to be done, and ${name} is ${String(truth.optionBytes[name])} instead of ${value}`);
  return wrong;
}
