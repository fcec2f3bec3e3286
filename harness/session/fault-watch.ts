import type { Kit, RotConfiguration } from '../board/index.js';
import type { FaultExplanation, FaultFacts } from '../elf/index.js';
import { FaultExplainer } from './fault-explainer.js';
import { readFault } from './fault-report.js';
import { parseFixtureLine } from './fixture-line.js';
import { exceptionNumber, toldFault } from './told-fault.js';

/** A fault of the board's core, explained. */
export interface ExplainedFault {
  /** `console`: the application reported it · `board`: read from the core's registers through the probe. */
  readonly source: 'console' | 'board';
  /** Whether somebody provoked it on purpose. */
  readonly expected: boolean;
  readonly explanation: FaultExplanation;
}

interface Program {
  readonly path: string;
  readonly version: string;
}

/** Looks through the console for fault lines, of the fixtures and of handlers that print CFSR and PC in one line, and explains each with the ELF file of the application that runs. */
export class FaultWatch {
  /** Whether the fault that happened while this request was served (0: none) was provoked. */
  provoked: (seq: number) => boolean = () => false;
  readonly #explainer: FaultExplainer;
  /** Installed by this session, the latest one last. */
  readonly #installed: Program[] = [];
  /** As the last banner says. */
  #running: string | undefined;

  constructor(
    kit: Kit,
    configuration: RotConfiguration,
    private readonly applications: { readonly application: Program; readonly update: Program } | undefined,
  ) {
    this.#explainer = new FaultExplainer(kit, configuration);
  }

  /** An application was written to a slot. */
  installed(path: string, version: string): void {
    const before = this.#installed.findIndex((one) => one.path === path && one.version === version);
    if (before >= 0) this.#installed.splice(before, 1);
    this.#installed.push({ path, version });
  }

  /** @returns the fault that a line of the console tells of; undefined: it tells of none, or is damaged */
  sawLine(text: string): ExplainedFault | undefined {
    const line = parseFixtureLine(text);
    if (line === 'corrupt' || (line === undefined && text.startsWith('!fault'))) return undefined;
    if (line === undefined) return this.#told(text);
    if (line.kind === 'banner') this.#running = line.fields['version'];
    if (line.kind !== 'fault') return undefined;
    const facts = factsOf(line.fields);
    return facts && { source: 'console', expected: this.provoked(line.seq), explanation: this.explain(facts) };
  }

  /** Another application's own fault handler: a line with CFSR and PC. Registers on lines of their own are read by `toFault`, not here. */
  #told(text: string): ExplainedFault | undefined {
    const told = /\bCFSR\b/i.test(text) ? toldFault([text]) : undefined;
    if (told?.pc === undefined) return undefined;
    const { pc, cfsr, hfsr = 0, mmfar, bfar, lr } = told;
    const exception = exceptionNumber(told.exception);
    const facts = { cfsr, hfsr, pc, ...(mmfar === undefined ? {} : { mmfar }), ...(bfar === undefined ? {} : { bfar }), ...(lr === undefined ? {} : { lr }), ...(exception === undefined ? {} : { exception }) };
    return { source: 'console', expected: this.provoked(0), explanation: this.explain(facts) };
  }

  explain(facts: FaultFacts): FaultExplanation {
    return this.#explainer.explain(facts, this.#program());
  }

  /** A banner tells the version that the program was built with; its image may have been signed as another. */
  #program(): string | undefined {
    const given = this.applications === undefined ? [] : [this.applications.application, this.applications.update];
    const latest = [...this.#installed].reverse();
    return ([...given, ...latest].find(({ version }) => version === this.#running) ?? latest[0] ?? given[0])?.path;
  }
}

function factsOf(fields: Readonly<Record<string, string>>): FaultFacts | undefined {
  try {
    const { cfsr, hfsr, mmfar, bfar, pc, lr, xpsr, exception, privileged } = readFault(fields);
    return { cfsr, hfsr, mmfar, bfar, pc, lr, xpsr, exception, privileged };
  } catch {
    // The request that waits for this line says what is wrong with it.
    return undefined;
  }
}
