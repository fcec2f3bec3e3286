import type { Kit } from '../../board/index.js';
import { nearest } from '../../board/nearest.js';
import { HarnessError } from '../../errors/index.js';
import type { BankWatcher, Block, BlockPorts, MemoryBank, ResetCause } from '../ports.js';
import { Crc } from './crc.js';
import { Dbgmcu } from './dbgmcu.js';
import { Exti } from './exti.js';
import type { OptionRegisters } from './flash.js';
import { FlashInterface } from './flash.js';
import type { GpioPortName } from './gpio.js';
import { GpioPort, gpioPorts } from './gpio.js';
import type { InterruptName } from './interrupts.js';
import { interruptNumbers } from './interrupts.js';
import { Iwdg } from './iwdg.js';
import type { MemoryOptions } from './memories.js';
import { Memories } from './memories.js';
import { peripheral, peripheralAliases, peripheralsOf } from './peripherals.js';
import { Pwr } from './pwr.js';
import { Ramecc } from './ramecc.js';
import { Rcc } from './rcc.js';
import { Rng } from './rng.js';
import { Sbs } from './sbs.js';
import { Tim, timers } from './tim.js';
import { Usart } from './usart.js';
import type { UsartOptions } from './usart.js';
import type { ToleratedBlock } from './unmodelled-block.js';
import { StorageBlock, UnmodelledBlock } from './unmodelled-block.js';
import { Wwdg } from './wwdg.js';

const usarts: readonly { readonly name: InterruptName; readonly kernelClock: UsartOptions['kernelClock'] }[] = [
  { name: 'USART1', kernelClock: 'usart1' },
  { name: 'USART2', kernelClock: 'usart234578' },
  { name: 'USART3', kernelClock: 'usart234578' },
  { name: 'UART4', kernelClock: 'usart234578' },
  { name: 'UART5', kernelClock: 'usart234578' },
  { name: 'UART7', kernelClock: 'usart234578' },
  { name: 'UART8', kernelClock: 'usart234578' },
];
/** Which block a bit of a peripheral reset register resets; the bits stand where the enable registers have them. */
const resetBits: Readonly<Record<string, string>> = {
  'APB2RSTR.4': 'USART1', 'APB1RSTR1.17': 'USART2', 'APB1RSTR1.18': 'USART3', 'APB1RSTR1.19': 'UART4', 'APB1RSTR1.20': 'UART5',
  'APB1RSTR1.30': 'UART7', 'APB1RSTR1.31': 'UART8', 'AHB3RSTR.0': 'RNG', 'APB4RSTR.1': 'SBS',
  ...Object.fromEntries(gpioPorts.map((port) => [`AHB4RSTR.${port.charCodeAt(0) - 'A'.charCodeAt(0)}`, `GPIO${port}`])),
};
/** HSE crystal of both kits (MB1736, MB1737). */
const hse = 24_000_000;
const iwdgBySoftware = 1 << 4;
const eccOnSram = 1 << 8;

export interface ChipOptions {
  readonly kit: Kit;
  readonly seed: number;
  readonly optionRegisters: () => OptionRegisters;
  /** The external flash is memory mapped; otherwise its window answers with a bus error (`unverified:` for XSPI1 switched off). */
  readonly externalFlashMapped?: boolean;
  readonly extraRam?: MemoryOptions['extraRam'];
  /** Whether bytes sent to a full receiver wait outside or are overrun. */
  readonly flowControl?: UsartOptions['flowControl'];
  /** Blocks, by ST's name without case, whose unmodelled parts are storage instead of the end of the run. */
  readonly allowUnmodelled?: readonly string[];
  readonly onTolerated?: (touched: ToleratedBlock) => void;
  watch(bank: MemoryBank, watcher: BankWatcher | undefined): void;
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

  constructor(ports: BlockPorts, options: ChipOptions) {
    const { kit } = options;
    this.memories = new Memories({
      seed: options.seed,
      ...(options.extraRam === undefined ? {} : { extraRam: options.extraRam }),
      ...(kit.externalRam === undefined ? {} : { externalRam: kit.externalRam }),
      ...(options.externalFlashMapped === true ? { externalFlash: kit.externalFlash } : {}),
    });
    this.rcc = new Rcc(ports, { hse, onPeripheralReset: (register, bit) => this.#resetPeripheral(`${register}.${bit}`) });
    const { clock } = this.rcc;
    const flash = new FlashInterface(options.optionRegisters);
    const iwdg = new Iwdg(ports, clock, () => (flash.option('OBW1SR') & iwdgBySoftware) === 0);
    this.sbs = new Sbs();
    this.ramecc = new Ramecc(ports, {
      bank: (name) => this.memories.bank(name),
      watch: (bank, watcher) => options.watch(bank, watcher),
      eccOnSram: () => (flash.option('OBW2SR') & eccOnSram) !== 0,
    });
    const flowControl = options.flowControl === undefined ? {} : { flowControl: options.flowControl };
    this.usarts = new Map(
      usarts.map(({ name, kernelClock }) => [name, new Usart(name, peripheral(name).base, ports, clock, { irq: interruptNumbers[name], kernelClock, ...flowControl })]),
    );
    const exti = new Exti(ports, (line) => this.sbs.externalInterruptPort(line));
    this.gpio = new Map(
      gpioPorts.map((name) => {
        const port = name.charCodeAt(0) - 'A'.charCodeAt(0);
        return [name, new GpioPort(name, { listening: () => exti.listeningPins(port), changed: (rising, falling) => exti.pinEdges(port, rising, falling) })];
      }),
    );
    const modelled: readonly Block[] = [
      this.rcc,
      new Pwr(),
      flash,
      this.sbs,
      iwdg,
      new Wwdg(ports, clock),
      exti,
      ...this.ramecc.blocks,
      ...this.usarts.values(),
      ...timers.map((timer) => new Tim(ports, clock, timer)),
      ...this.gpio.values(),
      new Rng(options.seed),
      new Crc(),
      new Dbgmcu(kit.device.deviceId),
    ];
    const names = new Set(modelled.map(({ name }) => name));
    const lacking = peripheralsOf(kit.device).filter(({ name }) => !names.has(name)).map((found) => new UnmodelledBlock(found));
    const all = [...modelled, ...lacking];
    this.#storage = storageBlocks(all, options);
    this.blocks = all.map((block) => this.#storage.find(({ name }) => name === block.name) ?? block);
  }

  /** What firmware did with the blocks that were allowed to be storage. */
  get tolerated(): readonly ToleratedBlock[] {
    return this.#storage.map((block) => block.tolerated);
  }

  reset(cause: ResetCause): void {
    this.memories.reset(cause);
    if (cause === 'power-on') for (const bank of this.memories.banks) this.ramecc.renew(bank.name);
    for (const block of this.blocks) block.reset(cause);
  }

  #resetPeripheral(bit: string): void {
    const name = resetBits[bit];
    this.blocks.find((block) => block.name === name)?.reset('system');
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
