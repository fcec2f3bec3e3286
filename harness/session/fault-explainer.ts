import { readFileSync, statSync } from 'node:fs';
import type { Kit, RotConfiguration } from '../board/index.js';
import type { FaultExplanation, FaultFacts, FaultSurroundings, NamedRange } from '../elf/index.js';
import { elfReader, explainFault, isElf, readElf, readLines, readSymbols, SymbolTable } from '../elf/index.js';
import { disassembler } from '../emulator/disassembly/index.js';
import { protectionAfterBoot } from '../rot/protection-after-boot.js';

const largestElf = 256 << 20;

/**
 * Explains faults of one board: with the symbols, lines and code of the application that ran, and the MPU table that the root of trust set.
 * Where there is no ELF file that can be read, the status bits and the rule are left. Reads each file once.
 */
export class FaultExplainer {
  readonly #programs = new Map<string, Pick<FaultSurroundings, 'symbols' | 'lines' | 'read' | 'disassemble'>>();
  readonly #places: readonly NamedRange[];

  constructor(
    private readonly kit: Kit,
    private readonly configuration: RotConfiguration,
  ) {
    const { externalFlash, externalRam, device } = kit;
    this.#places = [
      ...device.memories,
      { name: 'external flash', base: externalFlash.base, size: externalFlash.size },
      ...(externalRam === undefined ? [] : [{ name: 'external RAM', base: externalRam.base, size: externalRam.size }]),
      { name: 'the peripheral area', base: 0x40000000, size: 0x20000000 },
    ];
  }

  /** @param path of the application's file; undefined: not known @param branches the last ones, where they are known */
  explain(facts: FaultFacts, path: string | undefined, branches: FaultSurroundings['branches'] = []): FaultExplanation {
    return explainFault(facts, { ...this.#program(path), branches, places: this.#places, protection: protectionAfterBoot(this.kit, this.configuration, 'current') });
  }

  #program(path: string | undefined): Pick<FaultSurroundings, 'symbols' | 'lines' | 'read' | 'disassemble'> {
    const known = path === undefined ? undefined : this.#programs.get(path);
    if (known !== undefined) return known;
    const program = programOf(path) ?? { symbols: new SymbolTable([]), read: () => undefined, disassemble: () => [] };
    if (path !== undefined) this.#programs.set(path, program);
    return program;
  }
}

function programOf(path: string | undefined): Pick<FaultSurroundings, 'symbols' | 'lines' | 'read' | 'disassemble'> | undefined {
  if (path === undefined) return undefined;
  try {
    if (statSync(path).size > largestElf) return undefined;
    const bytes = Uint8Array.from(readFileSync(path));
    if (!isElf(bytes)) return undefined;
    const read = elfReader(readElf(bytes));
    const lines = readLines(bytes);
    return { symbols: readSymbols(bytes), read, disassemble: disassembler(read), ...(lines === undefined ? {} : { lines }) };
  } catch {
    // Gone, changed or damaged since it was signed: what it would explain is not worth the run.
    return undefined;
  }
}
