import type { Kit } from '../../board/index.js';
import { nearest } from '../../board/nearest.js';
import { HarnessError } from '../../errors/index.js';
import type { BankWatcher, Block, BlockPorts, MemoryBank, ResetCause } from '../ports.js';
import { UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { gatedMemories } from './clock-enables.js';
import { ClockGate, clockEnable } from './clock-gate.js';
import { Crc } from './crc.js';
import { Crs } from './crs.js';
import { Dbgmcu } from './dbgmcu.js';
import type { DmaBus } from './dma-transfer.js';
import { Dma } from './dma.js';
import { Exti } from './exti.js';
import type { MappedFlash } from './external-flash-window.js';
import { ExternalFlashWindow } from './external-flash-window.js';
import type { OptionRegisters } from './flash.js';
import { FlashInterface } from './flash.js';
import type { GpioPortName } from './gpio.js';
import { GpioPort, gpioPorts } from './gpio.js';
import { Iwdg } from './iwdg.js';
import type { MemoryOptions } from './memories.js';
import { Mce } from './mce.js';
import { Memories } from './memories.js';
import { peripheralAliases, peripheralsOf } from './peripherals.js';
import { Pwr } from './pwr.js';
import { Ramecc } from './ramecc.js';
import { Rcc } from './rcc.js';
import { resetBits } from './reset-bits.js';
import { Rng } from './rng.js';
import { Rtc } from './rtc.js';
import { Sbs } from './sbs.js';
import { Tamp } from './tamp.js';
import { Tim, timers } from './tim.js';
import { uarts } from './uarts.js';
import type { Usart, UsartOptions } from './usart.js';
import type { ToleratedBlock } from './unmodelled-block.js';
import { StorageBlock, UnmodelledBlock } from './unmodelled-block.js';
import { Wwdg } from './wwdg.js';
import { Xspi, Xspim } from './xspi.js';

/** HSE crystal of both kits (MB1736, MB1737). */
const hse = 24_000_000;
const iwdgBySoftware = 1 << 4;
const eccOnSram = 1 << 8;

export interface ChipOptions {
  readonly kit: Kit;
  readonly seed: number;
  readonly optionRegisters: () => OptionRegisters;
  /** The external flash is memory mapped; otherwise its window answers with a bus error (`unverified:` for XSPI1 switched off). */
  readonly externalFlash?: MappedFlash;
  readonly extraRam?: MemoryOptions['extraRam'];
  /** Whether bytes sent to a full receiver wait outside or are overrun. */
  readonly flowControl?: UsartOptions['flowControl'];
  /** Blocks, by ST's name without case, whose unmodelled parts are storage instead of the end of the run. */
  readonly allowUnmodelled?: readonly string[];
  readonly onTolerated?: (touched: ToleratedBlock) => void;
  /** The chip's buses, for blocks that are masters on them. */
  readonly bus: DmaBus;
  watch(bank: MemoryBank, watcher: BankWatcher | undefined): void;
  /** `gatedMemories`, `backupRamWritable` or `maps` changed. */
  onMemoryAccess(): void;
}

/** Everything of the chip around the core. */
export class Chip {
  readonly memories: Memories;
  /** Modelled blocks and those that stop the run. */
  readonly blocks: readonly Block[];
  readonly rcc: Rcc;
  readonly sbs: Sbs;
  readonly ramecc: Ramecc;
  readonly usarts: ReadonlyMap<string, Usart>;
  readonly gpio: ReadonlyMap<GpioPortName, GpioPort>;
  readonly #storage: readonly StorageBlock[];
  readonly #pwr: Pwr;
  readonly #xspis: readonly Xspi[];
  readonly #mces: readonly Mce[];

  constructor(ports: BlockPorts, private readonly options: ChipOptions) {
    const { kit } = options;
    this.memories = new Memories({
      seed: options.seed,
      ...(options.extraRam === undefined ? {} : { extraRam: options.extraRam }),
      ...(kit.externalRam === undefined ? {} : { externalRam: kit.externalRam }),
      ...(options.externalFlash === undefined ? {} : { externalFlash: { base: kit.externalFlash.base, size: options.externalFlash.plain } }),
    });
    let resetBackupDomain = (): void => undefined;
    const pwr = new Pwr(() => options.onMemoryAccess());
    this.#pwr = pwr;
    this.rcc = new Rcc(ports, {
      hse,
      onPeripheralReset: (register, bit) => this.#resetPeripheral(register, bit),
      onBackupDomainReset: () => resetBackupDomain(),
      backupDomainWritable: () => pwr.backupDomainWritable,
      onEnable: (register, bits) => this.#clocksSwitched(register, bits),
    });
    const { clock } = this.rcc;
    const isClocked = (block: string): (() => boolean) => {
      const enable = clockEnable(block)!;
      return () => this.rcc.isEnabled(enable);
    };
    const flash = new FlashInterface(options.optionRegisters);
    const iwdg = new Iwdg(ports, clock, () => (flash.option('OBW1SR') & iwdgBySoftware) === 0);
    this.sbs = new Sbs();
    this.ramecc = new Ramecc(ports, {
      bank: (name) => this.memories.bank(name),
      watch: (bank, watcher) => options.watch(bank, watcher),
      eccOnSram: () => (flash.option('OBW2SR') & eccOnSram) !== 0,
    });
    const rtc = new Rtc(ports, clock, () => pwr.backupDomainWritable);
    const tamp = new Tamp(ports, () => pwr.backupDomainWritable);
    resetBackupDomain = () => {
      rtc.resetBackupDomain();
      tamp.resetBackupDomain();
    };
    const controllers: Dma[] = [];
    const { byName, requests } = uarts(ports, clock, {
      console: kit.console,
      onDmaRequest: () => controllers.forEach((controller) => controller.requested()),
      isClocked,
      carries: (pin, alternate) => this.gpio.get(pin[1] as GpioPortName)?.carries(Number(pin.slice(2)), alternate) === true,
      ...(options.flowControl === undefined ? {} : { flowControl: options.flowControl }),
    });
    this.usarts = byName;
    for (const name of ['GPDMA1', 'HPDMA1'] as const) controllers.push(new Dma(name, ports, options.bus, requests[name], isClocked(name)));
    const exti = new Exti(ports, (line) => this.sbs.externalInterruptPort(line));
    this.gpio = new Map(
      gpioPorts.map((name) => {
        const port = name.charCodeAt(0) - 'A'.charCodeAt(0);
        return [
          name,
          new GpioPort(name, {
            listening: () => exti.listeningPins(port),
            changed: (rising, falling) => exti.pinEdges(port, rising, falling),
            configured: () => this.usarts.forEach((usart) => usart.pinsChanged()),
          }),
        ];
      }),
    );
    this.#mces = kit.device.memoryCipherEngine ? [new Mce('MCE1'), new Mce('MCE2'), new Mce('MCE3')] : [];
    this.#xspis = (['XSPI1', 'XSPI2'] as const).map((name) => new Xspi(name, ports, { isClocked: isClocked(name), onMap: () => options.onMemoryAccess() }));
    const modelled: readonly Block[] = [
      this.rcc,
      pwr,
      rtc,
      tamp,
      flash,
      this.sbs,
      iwdg,
      new Wwdg(ports, clock),
      exti,
      ...this.ramecc.blocks,
      ...this.usarts.values(),
      ...controllers,
      ...timers.map((timer) => new Tim(ports, clock, timer, isClocked(timer.name))),
      ...this.gpio.values(),
      new Rng(ports, options.seed, clock),
      new Crc(),
      new Crs(ports, clock, isClocked('CRS')),
      ...this.#xspis,
      new Xspim(),
      ...this.#mces,
      ...(options.externalFlash === undefined ? [] : [new ExternalFlashWindow(kit.externalFlash, options.externalFlash)]),
      new Dbgmcu(kit.device.deviceId),
    ];
    const names = new Set(modelled.map(({ name }) => name));
    const lacking = peripheralsOf(kit.device).filter(({ name }) => !names.has(name)).map((found) => new UnmodelledBlock(found));
    const all = [...modelled, ...lacking];
    this.#storage = storageBlocks(all, options);
    this.blocks = all.map((block) => {
      const found = this.#storage.find(({ name }) => name === block.name) ?? block;
      const enable = names.has(block.name) ? clockEnable(block.name) : undefined;
      return enable === undefined ? found : new ClockGate(found, enable, () => this.rcc.isEnabled(enable), this.#heldInReset(block.name));
    });
  }

  /** Lets the boot switch ciphers on whose effect is in the memories already. */
  asBoot(action: () => void): void {
    for (const mce of this.#mces) mce.byBoot = true;
    try {
      action();
    } finally {
      for (const mce of this.#mces) mce.byBoot = false;
    }
  }

  /** Where a sleep with SCR.SLEEPDEEP leads: Stop or Standby, which this model lacks. Undefined where PWR was allowed to be incomplete. */
  deepSleep(): UnmodelledAccess | undefined {
    return this.#lacking(this.#pwr, `PWR ${this.#pwr.standbyOnDeepSleep ? 'Standby' : 'Stop'} mode (sleep with SLEEPDEEP)`);
  }

  /** Something else than a register that a block lacks. */
  #lacking({ name, base }: Block, what: string): UnmodelledAccess | undefined {
    const storage = this.#storage.find((candidate) => candidate.name === name);
    storage?.used(what, base);
    return storage === undefined ? new UnmodelledAccess(what, base) : undefined;
  }

  /** What would stop in a sleep of the core as its clock does (RCC_…LPENR) and goes on here; undefined where nothing does, or RCC was allowed to be incomplete. */
  stoppedInSleep(): UnmodelledAccess | undefined {
    const stops = this.rcc.stopsInSleep;
    if (!stops.any) return undefined;
    const stopped = this.blocks.find((block) => block instanceof ClockGate && block.active && this.rcc.isEnabled(block.enable) && (!this.rcc.staysOnAsleep(block.enable) || (stops.memories && /DMA/.test(block.name))));
    if (stopped === undefined) return undefined;
    return this.#lacking(this.rcc, `Sleep without the clock of ${stops.memories && /DMA/.test(stopped.name) ? `a memory under ${stopped.name}` : stopped.name} (RCC LPENR)`);
  }

  /** What a program did that a board would not show, as lines for the reader of a run. */
  get remarks(): readonly string[] {
    const usarts = [...this.usarts.values()];
    return [
      ...usarts.filter(({ unheard }) => unheard > 0).map(({ name, unheard }) => {
        const { uart, tx } = this.options.kit.console;
        const where = uart === name && tx !== undefined ? ` (the console is at ${tx})` : '';
        return `${name} sent ${String(unheard)} characters while no pin had its TX as alternate function${where}`;
      }),
      ...usarts.flatMap(({ name, rateMismatch }) => (rateMismatch === undefined ? [] : [`${name} is set to ${String(Math.round(rateMismatch.own))} baud and its far end to ${String(rateMismatch.farEnd)}: what it sends is garbled there`])),
    ];
  }

  /** What firmware did with the blocks that were allowed to be storage. */
  get tolerated(): readonly ToleratedBlock[] {
    return this.#storage.map((block) => block.tolerated);
  }

  saved(): Saved {
    return { ...Object.fromEntries(this.blocks.map((block) => [block.name, block.saved()])), ecc: this.ramecc.saved() };
  }

  /** RCC first: the others count by its clocks. Throws HarnessError `snapshot`. */
  restore(state: SavedReader): void {
    const isRcc = ({ name }: Block): boolean => name === this.rcc.name;
    for (const block of [...this.blocks.filter(isRcc), ...this.blocks.filter((block) => !isRcc(block))]) block.restore(state.child(block.name));
    this.ramecc.restore(state.child('ecc'));
  }

  reset(cause: ResetCause): void {
    this.memories.reset(cause);
    if (cause === 'power-on') for (const bank of this.memories.banks) this.ramecc.renew(bank.name);
    for (const block of this.blocks) block.reset(cause);
  }

  #clocksSwitched(register: string, bits: number): void {
    for (const block of this.blocks) if (block instanceof ClockGate && block.enable.register === register && ((bits >>> block.enable.bit) & 1) === 1) block.clockSwitched();
    if (gatedMemories.some((memory) => memory.register === register && ((bits >>> memory.bit) & 1) === 1)) this.options.onMemoryAccess();
  }

  /** Memories behind a clock, and what each of them lacks now: undefined where its clock is on. */
  get gatedMemories(): ReadonlyMap<string, string | undefined> {
    return new Map(gatedMemories.map((memory) => [memory.bank, this.rcc.isEnabled(memory) ? undefined : `${memory.bank} without its clock (RCC_${memory.register}.${memory.name})`]));
  }

  /** Whether an XSPI maps its memory: as the boot left it, until it is set up otherwise. */
  maps(name: 'XSPI1' | 'XSPI2'): boolean {
    return this.#xspis.find((xspi) => xspi.name === name)!.mapped;
  }

  /** PWR's DBP: stores to the backup RAM are not lost. */
  get backupRamWritable(): boolean {
    return this.#pwr.backupDomainWritable;
  }

  #resetPeripheral(register: string, bit: number): void {
    const name = resetBits[register]?.[bit];
    const found = this.blocks.find((block) => block.name === name);
    found?.reset('system');
    this.#xspis.find((xspi) => xspi.name === name)?.unmap();
  }

  #heldInReset(block: string): () => boolean {
    for (const [register, bits] of Object.entries(resetBits)) {
      for (const [bit, name] of Object.entries(bits)) if (name === block) return () => this.rcc.isHeld(register, Number(bit));
    }
    return () => false;
  }
}

function storageBlocks(blocks: readonly Block[], options: Pick<ChipOptions, 'allowUnmodelled' | 'onTolerated'>): StorageBlock[] {
  const wanted = new Set((options.allowUnmodelled ?? []).map((asked) => blockNamed(blocks, asked)));
  return [...wanted].map((block) => new StorageBlock(block, options.onTolerated));
}

function blockNamed(blocks: readonly Block[], asked: string): Block {
  const name = peripheralAliases[asked.toUpperCase()] ?? asked.toUpperCase();
  const found = blocks.find((block) => block.name === name);
  if (found !== undefined) return found;
  const similar = nearest(name, blocks.map((block) => block.name)) ?? '';
  throw new HarnessError({ code: 'unknown-block', kind: 'usage', message: `this chip has no block ${asked.slice(0, 80)}`, nextStep: `did you mean ${similar}? Names are those of ST's device header` });
}
