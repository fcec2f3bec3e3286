import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { PowerCut, observers, powerCutAt } from '../../flash/index.js';
import { TestBoard } from './board.js';
import { keys, recordedImage, vectorFolder } from './images.js';

/** A scenario recorded with ST's MCUboot; see the README of the folder. */
export interface Vector {
  readonly slot: number;
  readonly scratch: number;
  readonly mode: 'overwrite' | 'swap';
  readonly half: 0 | 1;
  readonly align: 4 | 16;
  readonly primary: string;
  readonly secondary: string;
  readonly cnt: number;
  /** `confirm`: the application confirms whenever the version of the secondary image runs; `flag`: a confirmation waits in RAM from the start. */
  readonly policy: 'none' | 'confirm' | 'flag';
  readonly boots: readonly string[];
  readonly ops: number;
  readonly trace: string;
  readonly log: string;
  readonly cuts: readonly (readonly [number, number, string])[];
}

export function readVector(name: string): { readonly vector: Vector; readonly crcs: readonly string[] } {
  const text = (file: string): string => readFileSync(join(vectorFolder, file), 'utf8');
  return { vector: JSON.parse(text(`${name}.json`)) as Vector, crcs: text(`${name}.json.crc`).trim().split('\n') };
}

/** Lines of the platform, which the recorded logs leave out. */
const platformLine = (line: string): boolean => line.startsWith('[INF] In closed mode') || line.startsWith('[INF] Before doing so');
const loopEnd = 8;

/** A recorded scenario on a test board. */
export class Scenario {
  readonly board: TestBoard;
  readonly #start: ReturnType<TestBoard['snapshot']>;
  /** Whose appearance makes the application confirm. */
  readonly #pendingVersion: string;
  #log: string[] = [];

  /** @param image the file of a name in the vector */
  constructor(
    private readonly vector: Omit<Vector, 'ops' | 'trace' | 'log' | 'cuts'>,
    image: (path: string) => Uint8Array = (path) => recordedImage(path.replace(/^images\//, '')),
  ) {
    const installed = vector.primary.startsWith('inst:');
    const board = new TestBoard(vector.slot, keys, installed ? 0 : vector.cnt, { mode: vector.mode, programUnit: vector.align, scratchSize: vector.scratch || 0x10000 });
    this.board = board;
    const secondary = vector.secondary === '-' ? new Uint8Array(24) : image(vector.secondary);
    this.#pendingVersion = `${secondary[20]}.${secondary[21]}.${secondary[22] | (secondary[23] << 8)}`;
    if (installed) {
      for (const name of vector.primary.slice('inst:'.length).split(',')) {
        board.put(board.secondary, image(name));
        for (let i = 0; i < 3; i++) this.#boot(() => true);
        board.confirmationFlag.clear();
        board.secondary.eraseAll();
      }
    } else if (vector.primary !== '-') board.put(board.primary, image(vector.primary));
    if (vector.secondary !== '-') board.put(board.secondary, secondary);
    this.#start = board.snapshot();
  }

  /** All boots without a cut. */
  uncut(): { boots: string[]; operations: number; trace: string; log: string } {
    const { board } = this;
    this.#reset();
    const trace = board.trace();
    board.observe(trace);
    const boots = this.vector.boots.map(() => this.#bootScenario());
    board.observe(undefined);
    return { boots, operations: trace.count, trace: trace.toString(), log: this.#log.filter((line) => !platformLine(line)).join('\n') };
  }

  /** A cut at operation k and three more boots. */
  cut(k: number): { outcome: string; crc: string } {
    const { board } = this;
    this.#reset();
    board.observe(observers(powerCutAt(k, { half: this.vector.half === 1 })));
    let boot = 0;
    try {
      for (; boot < this.vector.boots.length; boot++) this.#bootScenario();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    board.observe(undefined);
    board.confirmationFlag.clear();
    const recovery = [0, 1, 2].map(() => {
      this.#log = [];
      const booted = this.#bootScenario();
      const type = this.#log.find((line) => line.startsWith('[INF] Swap type: '))?.slice('[INF] Swap type: '.length) ?? 'resume';
      return `${type}:${booted}`;
    });
    const contents = Buffer.concat([board.primary, board.secondary, board.scratch].map((area) => area.read(0, area.size)));
    return { outcome: `b${boot}|${recovery.join('|')}`, crc: crc32(contents).toString(16).padStart(8, '0') };
  }

  #reset(): void {
    this.board.restore(this.#start);
    this.board.confirmationFlag.clear();
    if (this.vector.policy === 'flag') this.board.confirmationFlag.set();
    this.#log = [];
  }

  #bootScenario(): string {
    return this.#boot((version) => this.vector.policy === 'confirm' && version === this.#pendingVersion);
  }

  /** One boot, with the resets it does itself; the application then confirms or does not. */
  #boot(confirms: (version: string) => boolean): string {
    const { board } = this;
    for (let resets = 0; resets <= loopEnd; resets++) {
      try {
        const outcome = board.boot();
        if (outcome.kind === 'reset') continue;
        if (outcome.kind === 'halt') return 'halt';
        if (outcome.kind === 'no-image') return 'noimage';
        if (confirms(outcome.version)) board.confirmationFlag.set();
        return outcome.version + (resets > 0 ? '*' : '');
      } finally {
        this.#log.push(...board.log);
      }
    }
    return 'resetloop';
  }
}
