import { isAbsolute } from 'node:path';
import type { Kit, RotConfiguration } from '../board/index.js';
import type { Debugger } from '../emulator/gdb/index.js';
import { HarnessError } from '../errors/index.js';
import { NorFlash } from '../flash/index.js';
import { ObkStore } from '../rot/index.js';
import type { RotRelease } from '../rot/index.js';
import { hex32 } from '../units/index.js';
import type { BoardClock } from './board-clock.js';
import { Chip } from './chip.js';
import { FaultPlan, parseFault } from './faults.js';
import type { Fault } from './faults.js';
import type { MemoryCipher } from './flash-cipher.js';
import { defaultCipher } from './flash-cipher.js';
import { InternalFlash } from './internal-flash.js';
import { KeptState } from './kept-state.js';
import type { NonVolatile } from './kept-state.js';
import { readSnapshot, writeSnapshot } from './snapshot-file.js';
import { checkOrigin, restoreMemories, savedMemories } from './board-snapshot.js';
import { ProbeMemory, checkRange } from './probe-memory.js';
import type { BoardSnapshot } from './snapshot-file.js';
import { debugAccess, programmedBy } from './life-cycle.js';
import { OptionBytes } from './option-bytes.js';
import { protocolVersion, Refusal } from './protocol.js';
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
  readonly clock?: BoardClock | undefined;
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
  readonly #memory: ProbeMemory;
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
    this.#memory = new ProbeMemory({
      kit,
      memories: this.#memories,
      chip: this.#chip,
      touch: (part) => this.#kept?.touch(part),
      save: () => this.save(),
      served: () => this.#served(),
      servedOpen: (what) => this.#servedOpen(what),
      loaderRuns: () => this.#loaderRuns(),
      bootLoader: () => this.#port === 'boot-loader',
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
      externalFlash: { base, size, sectorSize: this.#memory.loaderSectorSize, loader, bootLoaderLoader },
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
    return { origin: this.#origin(), ...savedMemories(this.#memories, this.#debugGranted), ...this.#chip.save() };
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
    checkOrigin(snapshot, this.#origin());
    this.#chip.halt();
    this.#debugGranted = restoreMemories(this.#memories, snapshot);
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

  erase(parameters: Takes<'erase'>): object {
    return this.#memory.erase(parameters);
  }

  program(parameters: Takes<'program'>): object {
    return this.#memory.program(parameters);
  }

  read(parameters: Takes<'read'>): { data: string } {
    return this.#memory.read(parameters);
  }

  writeMemory(parameters: Takes<'writeMemory'>): object {
    return this.#memory.writeMemory(parameters);
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
