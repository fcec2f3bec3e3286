import { isAbsolute } from 'node:path';
import type { Kit, RotConfiguration } from '../board/index.js';
import type { Debugger } from '../emulator/gdb/index.js';
import { HarnessError } from '../errors/index.js';
import { NorFlash, deserialiseNor, serialiseNor } from '../flash/index.js';
import { ObkStore } from '../rot/index.js';
import type { RotRelease } from '../rot/index.js';
import { hex32 } from '../units/index.js';
import { Chip } from './chip.js';
import { FaultPlan, parseFault } from './faults.js';
import type { Fault } from './faults.js';
import type { MemoryCipher } from './flash-cipher.js';
import { defaultCipher } from './flash-cipher.js';
import { InternalFlash } from './internal-flash.js';
import { KeptState } from './kept-state.js';
import type { NonVolatile } from './kept-state.js';
import { readSnapshot, writeSnapshot } from './snapshot-file.js';
import type { BoardSnapshot } from './snapshot-file.js';
import { debugAccess, programmedBy } from './life-cycle.js';
import { OptionBytes } from './option-bytes.js';
import { maximumChunkBytes, protocolVersion, Refusal } from './protocol.js';
import type { BoardDescription, BoardStatus, ConnectMode, ConnectPort, Operations } from './protocol.js';
import type { ProbeTarget } from './probe-server.js';
import { RomServices } from './rom-services.js';

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
  /** How the root of trust was built; default `development`, as ST ships it. */
  readonly rotBuild?: 'development' | 'production' | undefined;
  readonly cipher?: MemoryCipher | undefined;
  readonly allowUnmodelled?: readonly string[] | undefined;
  readonly translate?: boolean | undefined;
  /** Of tool and bench, each once. */
  readonly faults?: readonly Fault[] | undefined;
  /** Where the UART's bytes go, and what became of them. */
  readonly console: { write(bytes: Uint8Array): void; readonly attended: boolean; readonly sent: number; readonly dropped: number; reenumerate?(): void };
  /** A tool has let go of the probe. */
  readonly onReleased?: (() => void) | undefined;
  /** Told how far the board's time has gone. */
  readonly clock?: { works(cycle: number, frequency: number): void; sleeps(): void } | undefined;
  /** One line for the board's log file. */
  readonly log: (line: string) => void;
}

type Takes<Name extends keyof Operations> = Operations[Name]['takes'];

/** One board: its memories, its chip, and what a probe can do with them. */
export class Board implements ProbeTarget {
  readonly #memories: NonVolatile;
  readonly #kept: KeptState | undefined;
  readonly #chip: Chip;
  readonly #rom: RomServices;
  readonly faults: FaultPlan;
  /** What the tool that holds the probe came through. */
  #port: ConnectPort = 'debug';
  /** A session of debug authentication opened the debug port; the next power-on closes it (unverified:). */
  #debugGranted = false;
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
      lifeCycle: { debugAuthentication: 0 },
    };
    this.#rom = new RomServices(this.#memories, device.deviceId, (...parts) => this.#kept?.touch(...parts), options.log);
    this.faults = new FaultPlan(options.faults ?? [], { cyclePower: () => this.#failPower(), eraseUserFlash: () => this.#rom.eraseUserFlash(), renamePort: () => options.console.reenumerate?.() }, options.log);
    if (options.keepFlash !== undefined) {
      this.#kept = new KeptState(options.keepFlash, this.#memories, options.cipher ?? defaultCipher(kit));
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
      cipher: options.cipher,
      allowUnmodelled: options.allowUnmodelled,
      translate: options.translate,
      console: options.console,
      clock: options.clock,
      log: options.log,
      onBooted: () => {
        this.#saveAfterBoot();
      },
      devMode: options.rotBuild !== 'production',
      staysInRom: () => this.#rom.state() === 'PROVISIONING',
      onOptionBytes: () => this.#kept?.touch('optionBytes'),
    });
  }

  /** For a debugger, which sees the core only: reset runs the root of trust. */
  debugged(): Debugger {
    return this.#chip.debugged();
  }

  powerOn(): void {
    this.#debugGranted = false;
    this.#chip.boot('power-on');
  }

  /** The power fails under a tool's hands: what was written by then survives. */
  #failPower(): void {
    this.save();
    this.cyclePower();
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
    const { base, size, loader, bootLoaderLoader } = kit.externalFlash;
    return {
      protocol: protocolVersion,
      pid: process.pid,
      name,
      kit: kit.id,
      probeSn,
      boardName: kit.name,
      device: { id: kit.device.deviceId, name: kit.device.name, cpu: 'Cortex-M7', flashKilobytes: internalFlash.size / 1024 },
      internalFlash: { base: internalFlash.base, size: internalFlash.size, sectorSize: internalFlash.sectorSize },
      externalFlash: { base, size, sectorSize: this.#loaderSectorSize, loader, bootLoaderLoader },
      faults: this.faults.any,
    };
  }

  status(): BoardStatus {
    const { sent, dropped } = this.options.console;
    return { ...this.#chip.status(), productState: this.#rom.state() ?? 'unknown', console: { sent, dropped } };
  }

  cutPower({ at, half }: Takes<'cutPower'>): object {
    if (!Number.isSafeInteger(at) || at < 1) throw new Refusal('bad-request', 'operations are counted from 1');
    this.#chip.cutPower(at, half === true);
    this.options.log(`the power will fail at operation ${String(at)} of the next boot`);
    return {};
  }

  /** Everything of the board at this moment. */
  snapshot(): BoardSnapshot {
    const { externalFlash, internalFlash, optionBytes, obkeys, lifeCycle } = this.#memories;
    return {
      origin: this.#origin(),
      optionBytes: optionBytes.values(),
      obkeys: obkeys.serialise(),
      lifeCycle: { ...lifeCycle, debugGranted: this.#debugGranted ? 1 : 0 },
      internalFlash: internalFlash.bytes.slice(),
      externalFlash: serialiseNor(externalFlash.snapshot(), externalFlash.sectorSize),
      ...this.#chip.save(),
    };
  }

  #origin(): BoardSnapshot['origin'] {
    const { kit, configuration, cipher, seed, rotRelease, rotBuild, allowUnmodelled } = this.options;
    return {
      kit: kit.id, bootPath: configuration.bootPath, mode: configuration.mode, exec: configuration.exec, cipher: cipher ?? defaultCipher(kit), seed: seed ?? 1,
      rotRelease: rotRelease ?? 'current', rotBuild: rotBuild ?? 'development', allowUnmodelled: allowUnmodelled ?? [],
    };
  }

  /** Becomes the board of a snapshot, which must be of the same kit and build, and goes on from there. @throws HarnessError `snapshot`, or what a damaged part of it throws */
  restore(snapshot: BoardSnapshot): void {
    const own = this.#origin();
    const differs = (['kit', 'bootPath', 'mode', 'exec', 'cipher', 'rotRelease', 'rotBuild'] as const).find((name) => snapshot.origin[name] !== own[name]);
    if (differs !== undefined) {
      throw new HarnessError({ code: 'snapshot', kind: 'usage', message: `the snapshot is of another board: ${differs} ${snapshot.origin[differs]}, here ${own[differs]}`, nextStep: 'start a board from it: rot-hil virtual start --from <snapshot>' });
    }
    const { externalFlash, internalFlash, optionBytes, obkeys, lifeCycle } = this.#memories;
    if (snapshot.internalFlash.length !== internalFlash.size) throw new HarnessError({ code: 'snapshot', kind: 'usage', message: 'the snapshot has an internal flash of another size', nextStep: 'take it again' });
    this.#chip.halt();
    externalFlash.restore(deserialiseNor(snapshot.externalFlash, externalFlash));
    internalFlash.bytes.set(snapshot.internalFlash);
    optionBytes.restore(snapshot.optionBytes);
    obkeys.restore(ObkStore.deserialise(snapshot.obkeys).snapshot());
    lifeCycle.debugAuthentication = snapshot.lifeCycle['debugAuthentication'] ?? 0;
    this.#debugGranted = snapshot.lifeCycle['debugGranted'] === 1;
    this.#holding = 'no';
    this.#chip.restore(snapshot.chip, snapshot.machine);
    this.#kept?.touch('externalFlash', 'internalFlash', 'optionBytes', 'obkeys', 'lifeCycle');
    this.save();
  }

  fault(): Operations['fault']['answers'] {
    return { fault: this.#chip.fault() };
  }

  traceBoot(): Operations['traceBoot']['answers'] {
    return { steps: this.#chip.timeline };
  }

  saveState({ file }: Takes<'saveState'>): Operations['saveState']['answers'] {
    const started = performance.now();
    this.#stateFile(file, (path) => writeSnapshot(path, this.snapshot()));
    return { milliseconds: performance.now() - started };
  }

  loadState({ file }: Takes<'loadState'>): Operations['loadState']['answers'] {
    const started = performance.now();
    this.#stateFile(file, (path) => this.restore(readSnapshot(path)));
    this.options.log(`back in the state of ${file}`);
    return { milliseconds: performance.now() - started };
  }

  #stateFile(file: unknown, use: (path: string) => void): void {
    if (typeof file !== 'string' || !isAbsolute(file)) throw new Refusal('bad-request', 'no absolute path is given');
    try {
      use(file);
    } catch (error) {
      throw new Refusal('snapshot', error instanceof Error ? error.message : String(error));
    }
  }

  cyclePower(): object {
    this.options.log('power cycle');
    this.#holding = 'no';
    this.powerOn();
    return {};
  }

  inject({ faults }: Takes<'inject'>): object {
    if (!Array.isArray(faults) || !faults.every((fault) => typeof fault === 'string')) throw new Refusal('bad-request', 'no faults are given');
    try {
      this.faults.replace(faults.map((fault) => parseFault(fault)));
    } catch (error) {
      throw error instanceof HarnessError ? new Refusal('fault', error.message) : error;
    }
    return {};
  }

  begin({ command }: Takes<'begin'>): Operations['begin']['answers'] {
    if (typeof command !== 'string') throw new Refusal('bad-request', 'no command is given');
    const fault = this.faults.begin(command);
    return fault === undefined ? {} : { fault };
  }

  /** @throws Refusal `debug-closed`, `boot-loader-silent` */
  connect({ mode, port }: { readonly mode: ConnectMode; readonly port: ConnectPort }): object {
    if (port === 'debug' && this.#access() === 'none') throw new Refusal('debug-closed', `the product state ${this.#rom.state() ?? 'unknown'} closes the debug port`);
    if (port === 'boot-loader' && this.#chip.status().state !== 'boot-loader') throw new Refusal('boot-loader-silent', 'the boot loader of the chip does not run');
    this.options.log(`probe: connected, ${port}, ${mode}`);
    this.#port = port;
    if (port !== 'debug' || mode === 'hot-plug') return {};
    this.#chip.halt();
    this.#holding = 'until-release';
    this.#chip.resetCore(mode === 'power-down' ? 'power-on' : mode === 'under-reset' ? 'pin' : 'system');
    return {};
  }

  release(): void {
    this.options.log('probe: released');
    this.options.onReleased?.();
    if (this.#holding !== 'until-release') return;
    this.#holding = 'no';
    this.#chip.boot('pin');
  }

  readOptionBytes(): Operations['readOptionBytes']['answers'] {
    this.#served();
    return { values: this.#memories.optionBytes.list() };
  }

  writeOptionBytes({ values }: Takes<'writeOptionBytes'>): object {
    if (!Array.isArray(values)) throw new Refusal('bad-request', 'no option bytes are given');
    this.#served();
    const { optionBytes } = this.#memories;
    const served = values as Takes<'writeOptionBytes'>['values'];
    optionBytes.program(served, (field) => programmedBy(this.#rom.state(), field));
    this.#kept?.touch('optionBytes');
    this.save();
    this.options.log(`probe: option bytes ${values.map(({ name, value }) => `${name}=${hex32(value)}`).join(' ')}`);
    return {};
  }

  erase({ sectors, loader }: Takes<'erase'>): object {
    if (sectors !== 'all' && (!Array.isArray(sectors) || !sectors.every((sector) => Number.isInteger(sector)))) throw new Refusal('bad-request', 'no sectors are given');
    this.#served();
    this.#loaderRuns();
    if (loader === undefined) {
      const { internalFlash } = this.#memories;
      internalFlash.erase(sectors === 'all' ? Array.from({ length: internalFlash.sectorCount }, (_, sector) => sector) : sectors);
      this.#kept?.touch('internalFlash');
    } else {
      this.#checkLoader(loader);
      const { externalFlash } = this.#memories;
      const loaderSector = this.#loaderSectorSize;
      const count = externalFlash.size / loaderSector;
      if (sectors === 'all') externalFlash.clear();
      else {
        for (const sector of sectors) if (sector < 0 || sector >= count) throw new Refusal('bad-address', `the external flash has no sector ${String(sector)}`);
        for (const sector of sectors) {
          for (let at = sector * loaderSector; at < (sector + 1) * loaderSector; at += externalFlash.sectorSize) externalFlash.erase(at);
        }
      }
      this.#kept?.touch('externalFlash');
    }
    this.save();
    return {};
  }

  program({ address, data, loader }: Takes<'program'>): object {
    checkRange(address, 1);
    if (typeof data !== 'string') throw new Refusal('bad-request', 'no data is given');
    this.#served();
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
    } else {
      this.#servedOpen('write to RAM');
      this.#chip.writeMemory(address, bytes);
    }
    this.save();
    return {};
  }

  read({ address, size, loader }: Takes<'read'>): { data: string } {
    checkRange(address, size);
    if (size > maximumChunkBytes) throw new Refusal('bad-request', 'too many bytes at once');
    this.#served();
    return { data: Buffer.from(this.#read(address, size, loader)).toString('base64') };
  }

  writeMemory({ address, value, width }: Takes<'writeMemory'>): object {
    checkRange(address, width);
    if (width !== 1 && width !== 2 && width !== 4) throw new Refusal('bad-request', 'the width is 1, 2 or 4');
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) throw new Refusal('bad-request', 'the value does not fit');
    this.#servedOpen('write to memory');
    if (address % width !== 0) throw new Refusal('bad-address', `${hex32(address)} is not a multiple of ${String(width)}`);
    this.#chip.storeWord(address, value, width);
    return {};
  }

  provision(parameters: Takes<'provision'>): object {
    this.#served();
    this.#rom.provision(parameters);
    this.save();
    return {};
  }

  writeOptionRegister(parameters: Takes<'writeOptionRegister'>): object {
    this.#served();
    this.#rom.writeOptionRegister(parameters);
    this.save();
    this.#restart();
    return {};
  }

  setProductState(parameters: Takes<'setProductState'>): Operations['setProductState']['answers'] {
    this.#served();
    this.#rom.setProductState(parameters);
    this.#debugGranted = false;
    this.save();
    this.#restart();
    return { debugOpen: this.#access() !== 'none' };
  }

  /** The target is reset for it, so that the ROM listens to the mailbox; it goes on when the tool leaves. */
  discover(): Operations['discover']['answers'] {
    this.#chip.halt();
    this.#holding = 'until-release';
    this.#chip.resetCore('pin');
    return this.#rom.discover();
  }

  challenge(): Operations['challenge']['answers'] {
    return { challenge: this.#rom.authentication.challenge() };
  }

  authenticate(parameters: Takes<'authenticate'>): Operations['authenticate']['answers'] {
    const answer = this.#rom.authenticate(parameters);
    switch (answer.action) {
      case 'debug':
        this.#debugGranted = true;
        break;
      case 'forced-download':
        this.#holding = 'no';
        this.#chip.enterBootLoader();
        break;
      case 'full-regression':
        this.#rom.eraseUserFlash();
        this.#rom.openAgain();
        this.save();
        this.#restart();
    }
    return answer;
  }

  reset({ kind }: Takes<'reset'>): object {
    this.#served();
    this.options.log(`probe: ${kind} reset`);
    this.#holding = 'no';
    this.#chip.boot(kind === 'hardware' ? 'pin' : 'system');
    return {};
  }

  start({ address }: Takes<'start'>): object {
    this.#servedOpen('start a program');
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

  get #loaderSectorSize(): number {
    const { sectorSize, loaderSectorSize } = this.options.kit.externalFlash;
    return loaderSectorSize ?? sectorSize;
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

  /** The file of a loader is named like the loader; that for the boot loader ends in -SFIx or -OBL by the tool's version. */
  #checkLoader(loader: string | undefined): void {
    const { externalFlash } = this.options.kit;
    const variant = /-(?:SFIx|OBL)(?=\.stldr$)/i;
    if (this.#port === 'boot-loader') {
      if (loader !== undefined && variant.test(loader) && loader.replace(variant, '') === externalFlash.bootLoaderLoader.replace(variant, '')) return;
    } else if (loader === externalFlash.loader) {
      this.#servedOpen('run an external loader');
      return;
    }
    throw new Refusal('wrong-loader', loader === undefined ? 'the external flash needs an external loader' : `the external loader ${loader.slice(0, 80)} is not for this board`);
  }

  #access(): ReturnType<typeof debugAccess> {
    return this.#debugGranted ? 'all' : debugAccess(this.#rom.state());
  }

  /** @throws Refusal `not-served` when the product state gives the tool nothing: it changed since the tool attached, or the tool came for debug authentication */
  #served(): void {
    if (this.#port === 'boot-loader' ? this.#chip.status().state === 'boot-loader' : this.#port === 'debug' && this.#access() !== 'none') return;
    throw new Refusal('not-served', `the product state ${this.#rom.state() ?? 'unknown'} does not allow it`);
  }

  /** unverified: in PROVISIONING neither RAM nor core are served over the debug port, so that no loader can run there. @throws Refusal `not-served` */
  #servedOpen(what: string): void {
    this.#served();
    if (this.#port === 'debug' && this.#access() !== 'all') throw new Refusal('not-served', `the product state ${this.#rom.state() ?? 'unknown'} does not allow to ${what}`);
  }

  /** A reset by the ROM or for it. */
  #restart(): void {
    this.#holding = 'no';
    this.#chip.boot('system');
  }

  /** Flash is written by a loader that the probe runs on the core: what ran there is gone until the next reset. The boot loader does it by itself. */
  #loaderRuns(): void {
    if (this.#chip.status().state === 'boot-loader') return;
    this.#chip.halt();
    this.#holding = 'until-reset';
  }
}

function checkRange(address: number, size: number): void {
  if (!Number.isInteger(address) || address < 0 || !Number.isInteger(size) || size < 1 || address + size > 2 ** 32) throw new Refusal('bad-address', 'no such memory');
}
