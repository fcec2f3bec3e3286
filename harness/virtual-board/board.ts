import type { Kit, RotConfiguration } from '../board/index.js';
import type { Debugger } from '../emulator/gdb/index.js';
import { HarnessError } from '../errors/index.js';
import { NorFlash } from '../flash/index.js';
import { parseObk } from '../keys/index.js';
import { ObkStore } from '../rot/index.js';
import type { RotRelease } from '../rot/index.js';
import { hex32 } from '../units/index.js';
import { Chip } from './chip.js';
import { InternalFlash } from './internal-flash.js';
import { KeptState } from './kept-state.js';
import type { NonVolatile } from './kept-state.js';
import { OptionBytes } from './option-bytes.js';
import { maximumChunkBytes, protocolVersion, Refusal } from './protocol.js';
import type { BoardDescription, BoardStatus, ConnectMode, Operations } from './protocol.js';
import type { ProbeTarget } from './probe-server.js';

export interface BoardOptions {
  readonly name: string;
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly probeSn: string;
  /** Folder for what survives power-off; nothing survives without one. */
  readonly keepFlash: string | undefined;
  /** Noise of the RAMs at power-on and the chip's random numbers. */
  readonly seed?: number | undefined;
  readonly rotRelease?: RotRelease | undefined;
  readonly allowUnmodelled?: readonly string[] | undefined;
  /** Where the UART's bytes go, and what became of them. */
  readonly console: { write(bytes: Uint8Array): void; readonly attended: boolean; readonly sent: number; readonly dropped: number };
  /** One line for the board's log file. */
  readonly log: (line: string) => void;
}

/** Destination, size, encryption flag. */
const obkHeaderBytes = 12;

type Takes<Name extends keyof Operations> = Operations[Name]['takes'];

/** One board: its memories, its chip, and what a probe can do with them. */
export class Board implements ProbeTarget {
  readonly #memories: NonVolatile;
  readonly #kept: KeptState | undefined;
  readonly #chip: Chip;
  /** A probe that connects under reset holds the core until it goes; one whose loader ran on the core leaves it halted. */
  #holding: 'no' | 'until-release' | 'until-reset' = 'no';

  /** @throws HarnessError `kept-state` (usage) */
  constructor(private readonly options: BoardOptions) {
    const { kit, configuration } = options;
    const { device, externalFlash } = kit;
    const flash = device.memories.find((memory) => memory.kind === 'flash');
    if (flash === undefined) throw new HarnessError({ code: 'board-file', kind: 'usage', message: `the device ${device.id} has no internal flash`, nextStep: `add it to boards/devices/${device.id}.yaml` });
    const optionBytes = new OptionBytes(device.optionBytes);
    this.#memories = {
      externalFlash: new NorFlash({ size: externalFlash.size, sectorSize: externalFlash.sectorSize }),
      internalFlash: new InternalFlash(flash.base, flash.size, device.flash.sectorSize, (sector) => optionBytes.get(`WRPS${String(sector)}`) === 0),
      optionBytes,
      obkeys: new ObkStore(),
    };
    if (options.keepFlash !== undefined) {
      this.#kept = new KeptState(options.keepFlash, this.#memories);
      this.#kept.load();
    }
    this.#memories.externalFlash.observer = { after: () => this.#kept?.touch('externalFlash') };
    this.#memories.obkeys.observer = { after: () => this.#kept?.touch('obkeys') };
    this.#chip = new Chip({
      kit,
      configuration,
      memories: this.#memories,
      seed: options.seed,
      rotRelease: options.rotRelease,
      allowUnmodelled: options.allowUnmodelled,
      console: options.console,
      log: options.log,
      onBooted: () => {
        this.#saveAfterBoot();
      },
      onOptionBytes: () => this.#kept?.touch('optionBytes'),
    });
  }

  /** For a debugger, which sees the core only: reset runs the root of trust. */
  debugged(): Debugger {
    return this.#chip.debugged();
  }

  powerOn(): void {
    this.#chip.boot('power-on');
  }

  /** Everything that survives is written. @throws Refusal `storage` */
  powerOff(): void {
    this.#chip.halt();
    this.save();
  }

  /** Bytes from whoever has the console's port open. */
  receive(bytes: Uint8Array): void {
    this.#chip.receive(bytes);
  }

  save(): void {
    try {
      this.#kept?.save();
    } catch (cause) {
      this.options.log(`the kept flash could not be written: ${cause instanceof Error ? cause.message : String(cause)}`);
      throw new Refusal('storage', `the kept flash could not be written to ${String(this.options.keepFlash)}`);
    }
  }

  /** No tool waits for an answer here: that the files are not written stands in the log, and the next command of a tool says so. */
  #saveAfterBoot(): void {
    try {
      this.save();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  hello(): BoardDescription {
    const { kit, name, probeSn } = this.options;
    const { internalFlash } = this.#memories;
    const { base, size, sectorSize, loader } = kit.externalFlash;
    return {
      protocol: protocolVersion,
      pid: process.pid,
      name,
      kit: kit.id,
      probeSn,
      boardName: kit.name,
      device: { id: kit.device.deviceId, name: kit.device.name, cpu: 'Cortex-M7', flashKilobytes: internalFlash.size / 1024 },
      internalFlash: { base: internalFlash.base, size: internalFlash.size, sectorSize: internalFlash.sectorSize },
      externalFlash: { base, size, sectorSize, loader },
    };
  }

  status(): BoardStatus {
    const { sent, dropped } = this.options.console;
    return { ...this.#chip.status(), console: { sent, dropped } };
  }

  cutPower({ at, half }: Takes<'cutPower'>): object {
    if (!Number.isSafeInteger(at) || at < 1) throw new Refusal('bad-request', 'operations are counted from 1');
    this.#chip.cutPower(at, half === true);
    this.options.log(`the power will fail at operation ${String(at)} of the next boot`);
    return {};
  }

  connect({ mode }: { readonly mode: ConnectMode }): object {
    this.options.log(`probe: connected, ${mode}`);
    if (mode === 'hot-plug') return {};
    this.#chip.halt();
    this.#holding = 'until-release';
    this.#chip.resetCore(mode === 'power-down' ? 'power-on' : mode === 'under-reset' ? 'pin' : 'system');
    return {};
  }

  release(): void {
    this.options.log('probe: released');
    if (this.#holding !== 'until-release') return;
    this.#holding = 'no';
    this.#chip.boot('pin');
  }

  readOptionBytes(): Operations['readOptionBytes']['answers'] {
    return { values: this.#memories.optionBytes.list() };
  }

  writeOptionBytes({ values }: Takes<'writeOptionBytes'>): object {
    if (!Array.isArray(values)) throw new Refusal('bad-request', 'no option bytes are given');
    this.#memories.optionBytes.program(values as Takes<'writeOptionBytes'>['values']);
    this.#kept?.touch('optionBytes');
    this.save();
    this.options.log(`probe: option bytes ${values.map(({ name, value }) => `${name}=${hex32(value)}`).join(' ')}`);
    return {};
  }

  erase({ sectors, loader }: Takes<'erase'>): object {
    if (sectors !== 'all' && (!Array.isArray(sectors) || !sectors.every((sector) => Number.isInteger(sector)))) throw new Refusal('bad-request', 'no sectors are given');
    this.#loaderRuns();
    if (loader === undefined) {
      const { internalFlash } = this.#memories;
      internalFlash.erase(sectors === 'all' ? Array.from({ length: internalFlash.sectorCount }, (_, sector) => sector) : sectors);
      this.#kept?.touch('internalFlash');
    } else {
      this.#checkLoader(loader);
      const { externalFlash } = this.#memories;
      const count = externalFlash.size / externalFlash.sectorSize;
      if (sectors === 'all') externalFlash.clear();
      else {
        for (const sector of sectors) if (sector < 0 || sector >= count) throw new Refusal('bad-address', `the external flash has no sector ${String(sector)}`);
        for (const sector of sectors) externalFlash.erase(sector * externalFlash.sectorSize);
      }
      this.#kept?.touch('externalFlash');
    }
    this.save();
    return {};
  }

  program({ address, data, loader }: Takes<'program'>): object {
    checkRange(address, 1);
    if (typeof data !== 'string') throw new Refusal('bad-request', 'no data is given');
    const bytes = Buffer.from(data, 'base64');
    const { internalFlash } = this.#memories;
    if (address >= internalFlash.base && address < internalFlash.base + internalFlash.size) {
      this.#loaderRuns();
      internalFlash.program(address, bytes);
      this.#kept?.touch('internalFlash');
    } else if (this.#isExternal(address)) {
      this.#checkLoader(loader);
      this.#loaderRuns();
      this.#memories.externalFlash.program(this.#externalOffset(address, bytes.length), bytes);
    } else this.#chip.writeMemory(address, bytes);
    this.save();
    return {};
  }

  read({ address, size, loader }: Takes<'read'>): { data: string } {
    checkRange(address, size);
    if (size > maximumChunkBytes) throw new Refusal('bad-request', 'too many bytes at once');
    return { data: Buffer.from(this.#read(address, size, loader)).toString('base64') };
  }

  writeMemory({ address, value, width }: Takes<'writeMemory'>): object {
    checkRange(address, width);
    if (width !== 1 && width !== 2 && width !== 4) throw new Refusal('bad-request', 'the width is 1, 2 or 4');
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) throw new Refusal('bad-request', 'the value does not fit');
    if (address % width !== 0) throw new Refusal('bad-address', `${hex32(address)} is not a multiple of ${String(width)}`);
    this.#chip.storeWord(address, value, width);
    return {};
  }

  provision({ data }: Takes<'provision'>): object {
    if (typeof data !== 'string') throw new Refusal('bad-request', 'no data is given');
    const bytes = Buffer.from(data, 'base64');
    // RSSLIB looks at the size before anything else and answers it with a code of its own.
    if (bytes.length < obkHeaderBytes || bytes.readUInt32LE(4) !== bytes.length - obkHeaderBytes) throw new Refusal('obk-size', 'the size of the OBKey file is not the one in its header');
    try {
      const file = parseObk(bytes);
      this.#memories.obkeys.write(file.hdpl, file.index, file.payload, { encrypted: file.doEncryption });
      // Which bytes were provisioned stays out of the log: they are keys.
      this.options.log(`probe: OBKeys, HDPL ${String(file.hdpl)}, index ${String(file.index)}, ${String(file.payload.length)} bytes`);
    } catch (error) {
      throw error instanceof HarnessError ? new Refusal('obk-format', error.message) : error;
    }
    this.#kept?.touch('obkeys');
    this.save();
    return {};
  }

  reset({ kind }: Takes<'reset'>): object {
    this.options.log(`probe: ${kind} reset`);
    this.#holding = 'no';
    this.#chip.boot(kind === 'hardware' ? 'pin' : 'system');
    return {};
  }

  start({ address }: Takes<'start'>): object {
    this.#holding = 'no';
    if (address === undefined || address === this.#memories.internalFlash.base) this.#chip.boot('system');
    else {
      checkRange(address, 8);
      this.#chip.runFrom(address);
    }
    return {};
  }

  #read(address: number, size: number, loader: string | undefined): Uint8Array {
    const { internalFlash, externalFlash } = this.#memories;
    if (address >= internalFlash.base && address < internalFlash.base + internalFlash.size) {
      const offset = internalFlash.offset(address, size);
      return internalFlash.bytes.subarray(offset, offset + size);
    }
    if (this.#isExternal(address)) {
      this.#checkLoader(loader);
      return externalFlash.read(this.#externalOffset(address, size), size);
    }
    return this.#chip.readMemory(address, size);
  }

  #isExternal(address: number): boolean {
    const { base, size } = this.options.kit.externalFlash;
    return address >= base && address < base + size;
  }

  #externalOffset(address: number, length: number): number {
    const { base, size } = this.options.kit.externalFlash;
    if (address + length > base + size) throw new Refusal('bad-address', `${hex32(address)} + ${String(length)} bytes is outside the external flash`);
    return address - base;
  }

  #checkLoader(loader: string | undefined): void {
    if (loader === this.options.kit.externalFlash.loader) return;
    throw new Refusal('wrong-loader', loader === undefined ? 'the external flash needs an external loader' : `the external loader ${loader.slice(0, 80)} is not for this board`);
  }

  /** Flash is written by a loader that the probe runs on the core: what ran there is gone until the next reset. */
  #loaderRuns(): void {
    this.#chip.halt();
    this.#holding = 'until-reset';
  }
}

function checkRange(address: number, size: number): void {
  if (!Number.isInteger(address) || address < 0 || !Number.isInteger(size) || size < 1 || address + size > 2 ** 32) throw new Refusal('bad-address', 'no such memory');
}
