import type { Kit, RotConfiguration } from '../../board/index.js';
import type { NonVolatileOperation, OperationObserver } from '../../flash/index.js';
import type { ByteCount } from '../../units/index.js';
import type { RotKeys } from '../slot-image.js';
import { FlashCrc } from './flash-crc.js';
import { SweepBoard } from './sweep-board.js';
import type { BoardState, Start } from './sweep-board.js';
import { tornLength } from './torn-length.js';

/** An update, and what is asked about it. */
export interface SweepOptions {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly sectorSize: ByteCount;
  readonly keys: RotKeys;
  /** Security counter before the first boot. */
  readonly storedCounter: number;
  /** Images that the boot installs and the application confirms first, one after the other; the last one is then in the primary slot. */
  readonly install?: readonly Uint8Array[];
  /** Written straight into the primary slot; ignored where images are installed. */
  readonly primary?: Uint8Array | undefined;
  /** Written straight into the secondary slot. */
  readonly secondary?: Uint8Array | undefined;
  /** Which application confirms itself: that of the secondary image, none, or the one of a version. */
  readonly confirm: 'secondary' | 'none' | { readonly version: string };
  /** Starts of the uncut scenario. */
  readonly boots: number;
  /** What of operation k still happens: nothing, its first half, or a random part of its beginning. */
  readonly tear: 'nothing' | 'half' | { readonly seed: string };
  readonly mce: boolean;
  readonly strict: boolean;
  /** Which cuts are tried: 1, 1 + step, …; or only some, whose recovery logs are then kept. */
  readonly cuts: { readonly step: number } | { readonly only: readonly number[] };
  readonly crc: boolean;
  readonly onProgress?: (done: number, boots: number) => void;
}

export interface CutOutcome {
  /** The operation that did not happen, from 1. */
  readonly after: number;
  /** `b<boot>|<swap type>:<version>|…` */
  readonly cut: string;
  /** CRC-32 of primary, secondary and scratch after the last recovery boot. */
  readonly crc?: string;
  /** The last recovery boot. */
  readonly end: string;
  /** Log of the recovery boots; kept where only some cuts are tried. */
  readonly log?: readonly string[];
}

export interface SweepResult {
  readonly operations: number;
  readonly uncut: readonly string[];
  readonly trace: string;
  readonly log: string;
  readonly outcomes: readonly CutOutcome[];
  readonly bricked: readonly number[];
  readonly halted: readonly number[];
  /** Program operations of the uncut scenario that wanted to set a bit. */
  readonly norViolations: number;
  /** Starts of the boot loader in all, its own resets included. */
  readonly boots: number;
}

/** After a cut. */
const recoveryBoots = 3;
/** Boots in which an image is installed and confirmed beforehand. */
const installationBoots = 3;
/** Scratch area that is listed in overwrite mode, where there is none. */
const listedScratch: ByteCount = 0x10000;

const bootsNothing = (end: string): boolean => end === 'noimage' || end === 'halt' || end === 'resetloop';

/**
 * The power is cut at every operation of an update, in turn; then the board starts three more times.
 * The update runs once: before each operation its state is handed to a second board, which goes on from there as if the power had been lost.
 * @throws HarnessError `nor-violation` (subject) with `strict`; `unsupported-configuration` (usage)
 */
export function sweep(options: SweepOptions): SweepResult {
  const board = new SweepBoard(options);
  const recovering = new SweepBoard(options, board);
  prepare(board, options);
  const confirms = confirmation(board, options);
  const crc = options.crc ? new FlashCrc(board.catalogue, options.sectorSize) : undefined;
  const outcomes: CutOutcome[] = [];
  const trace = board.trace();
  const violationsBefore = board.flash.violationCount;
  let boot = 0;
  let operations = 0;
  let before: BoardState | undefined;

  const { cuts } = options;
  const wanted = 'step' in cuts ? (k: number): boolean => (k - 1) % cuts.step === 0 : (k: number): boolean => cuts.only.includes(k);
  const recover = (state: BoardState): void => {
    recovering.restore(state);
    recovering.losePower();
    outcomes.push(recovery(recovering, operations, boot, confirms, options, crc));
    options.onProgress?.(operations, board.boots + recovering.boots);
  };
  const cutter: OperationObserver = {
    before(operation) {
      operations++;
      before = wanted(operations) ? board.state() : undefined;
      if (before !== undefined && survivingBytes(operation, operations, options) === 0) {
        recover(before);
        before = undefined;
      }
      return undefined;
    },
    after(operation) {
      trace.after(operation);
      if (before === undefined || operation.kind === 'obk') return;
      // The torn state: what was there before, and the first bytes of the operation as it left them.
      recovering.flash.restoreTorn(before.flash, board.flash.snapshot(), operation, survivingBytes(operation, operations, options));
      recover({ ...before, flash: recovering.flash.snapshot() });
      before = undefined;
    },
  };

  board.observe(cutter);
  const starts: Start[] = [];
  for (; boot < options.boots; boot++) starts.push(board.start(confirms));
  board.observe(undefined);
  const ends = outcomes.filter(({ end }) => bootsNothing(end));
  return {
    operations,
    uncut: starts.map(({ booted }) => booted),
    trace: trace.toString(),
    log: starts.flatMap(({ log }) => log).join('\n'),
    outcomes,
    bricked: ends.map(({ after }) => after),
    halted: ends.filter(({ end }) => end === 'halt').map(({ after }) => after),
    norViolations: board.flash.violationCount - violationsBefore,
    boots: board.boots + recovering.boots,
  };
}

/** Brings the board into the state before the update. */
function prepare(board: SweepBoard, options: SweepOptions): void {
  for (const image of options.install ?? []) {
    board.put('secondary', image);
    for (let boot = 0; boot < installationBoots; boot++) board.start(() => true);
  }
  board.losePower();
  if (options.install === undefined || options.install.length === 0) board.put('primary', options.primary);
  board.put('secondary', options.secondary);
}

function confirmation(board: SweepBoard, { confirm, secondary }: SweepOptions): (version: string) => boolean {
  if (confirm === 'none' || (confirm === 'secondary' && secondary === undefined)) return () => false;
  const confirmed = confirm === 'secondary' ? board.versionIn('secondary') : confirm.version;
  return (version) => version === confirmed;
}

/** Bytes of an operation that a cut still lets happen. OBKey updates are atomic. */
function survivingBytes(operation: NonVolatileOperation, k: number, { tear }: SweepOptions): ByteCount {
  if (operation.kind === 'obk' || tear === 'nothing') return 0;
  return tear === 'half' ? Math.floor(operation.length / 2) : tornLength(tear.seed, k, operation.length);
}

function recovery(board: SweepBoard, k: number, boot: number, confirms: (version: string) => boolean, options: SweepOptions, crc: FlashCrc | undefined): CutOutcome {
  const starts = Array.from({ length: recoveryBoots }, () => board.start(confirms));
  return {
    after: k,
    cut: [`b${boot}`, ...starts.map(({ type, booted }) => `${type}:${booted}`)].join('|'),
    end: starts.at(-1)!.booted,
    ...(crc === undefined ? {} : { crc: crc.of(contentsOf(board)) }),
    ...('step' in options.cuts ? {} : { log: starts.flatMap(({ log }) => log) }),
  };
}

/** Numbers of the sectors of primary, secondary and scratch. */
function contentsOf({ flash, areas }: SweepBoard): number[] {
  const { primary, secondary, scratch } = areas;
  return [
    ...flash.contents(primary.chipOffset, primary.size),
    ...flash.contents(secondary.chipOffset, secondary.size),
    ...(scratch.size > 0 ? flash.contents(scratch.chipOffset, scratch.size) : Array.from({ length: listedScratch / flash.sectorSize }, () => 0)),
  ];
}
