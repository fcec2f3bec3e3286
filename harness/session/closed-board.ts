import type { Bench, Kit, RotConfiguration } from '../board/index.js';
import type { Console, ConsoleMark } from '../console/index.js';
import { HarnessError, isHarnessError } from '../errors/index.js';
import { readDaObk } from '../keys/index.js';
import type { DaCredential } from '../keys/index.js';
import type { DaCredentialFiles, Programmer } from '../programmer/index.js';
import type { BoardPermissions, DaMethod, FilePaths, FileRole } from '../provisioning/index.js';
import { daContentFor, derivedContents, derivedCredential, Journal, journalPath, provisionBoard, readCredential, readInputs, regressBoard, requireInputs } from '../provisioning/index.js';
import type { BoardFiles } from './board-files.js';
import { parseFixtureLine } from './fixture-line.js';
import type { RotKeys } from './session-keys.js';

/** What the owner of a board says about closing it. Travels as JSON: the credential as files, never as contents. */
export interface ClosingOptions {
  readonly permissions: BoardPermissions;
  /** What opens the board again; default: a certificate chain that follows from the seed. */
  readonly credential?: DaCredentialFiles;
  /** `--board desk`: for the commands in a refusal. */
  readonly boardArguments: string;
}

/** With which of the board's own credentials somebody else comes; default: none. */
export interface StrangersWay {
  readonly chain?: 'own' | 'stranger';
}

export interface ClosedBoardParts {
  readonly bench: Bench;
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly keys: RotKeys;
  readonly seed: string;
  readonly closing: ClosingOptions | undefined;
  readonly files: BoardFiles;
  readonly programmer: Programmer;
  readonly console: Console;
  readonly note: (name: string, detail: string) => void;
}

const START_MS = 10_000;
/** This long without a line, after the last call and the last line: the reset of the call may come at its end, and the line of an earlier start before it. */
const QUIET_MS = 1500;
/** The same behind a banner, with which a start has ended. unverified: that STiRoT starts an application within this time of a reset. */
const QUIET_AFTER_BANNER_MS = 500;

/** A board in product state CLOSED: the way there, and back, with one credential. */
export class ClosedBoard {
  private credential: { readonly files: DaCredentialFiles; readonly contents: DaCredential } | undefined;
  /** Whether the last provisioning came as far as a call that takes the board out of OPEN. */
  leftOpen = false;

  constructor(private readonly parts: ClosedBoardParts) {}

  /**
   * Brings the board to OPEN, if it is not, and provisions it to CLOSED. Everything is read and signed before the first call that changes it.
   * @param image content of the application's download slot
   * @param method which credential opens it again; default: a certificate chain, or what the board's owner gave
   * @throws HarnessError `image-needed`, `rot-binary-missing`, `no-such-credential` (usage), and those of `regressBoard` and `provisionBoard`
   */
  async provision(image: Uint8Array | undefined, method?: DaMethod): Promise<void> {
    const { kit, configuration, keys, seed, bench, closing, files, programmer, console } = this.parts;
    if (image === undefined) throw new HarnessError({ code: 'image-needed', kind: 'usage', message: 'a board that is to be closed needs an image: nothing can be written to it afterwards', nextStep: 'give board.provision an image' });
    const way = method === undefined ? this.way() : this.readWay(method);
    const { contents: credential } = way;
    const oemurot = files.secondStage();
    const derived = derivedContents({ kit, configuration, state: 'CLOSED', method: credential.method, seed, keys, rot: files.rotBinary(), image, ...(oemurot === undefined ? {} : { oemurot }) });
    const contents = { ...derived, da: daContentFor(credential) };
    const paths = Object.fromEntries(Object.entries(contents).map(([role, bytes]) => [role, role === 'rot' ? bench.rotBinary.path : files.write(fileName(role as FileRole), bytes)])) as FilePaths;
    const inputs = readInputs({ kit, configuration, state: 'CLOSED', paths, credential });
    const permissions = closing?.permissions ?? { productStates: [], locked: false };
    const boardArguments = closing?.boardArguments ?? `--board ${bench.name}`;
    // Before a board that works is erased.
    requireInputs({ inputs, permissions, probeSn: programmer.sn, boardArguments });
    await this.regress();
    // Where the bench names no other, the boot loader's port is the console's.
    const bootLoader = bench.bootLoader ?? { port: bench.console.path, baudRate: 921600 };
    let from = console.mark();
    this.credential = way;
    this.leftOpen = false;
    await this.withJournal(async (journal) => {
      await provisionBoard({
        programmer,
        inputs,
        bench: { externalLoader: bench.externalLoader, bootLoaderLoader: bench.bootLoaderLoader ?? kit.externalFlash.bootLoaderLoader, bootLoader },
        permissions,
        journal,
        boardArguments,
        port: { release: () => console.release(), takeBack: () => console.takeBack(), ...(bootLoader.port === bench.console.path ? { name: () => console.path } : {}) },
        settled: () => this.started(from),
        pauses: bench.provisioningPauses ?? false,
        onStep: (step, index, count) => {
          from = console.mark();
          this.leftOpen ||= step.reaches !== undefined;
          this.parts.note(`provision ${index + 1}/${count}`, `${step.name}: ${step.why}`);
        },
      });
    });
    await this.started(from);
  }

  /**
   * The tool resets a closed board in the middle of a call, and its start goes on after that: waits for what it prints, so that nobody takes it for the start that
   * comes next. A start without a line is waited for in vain, and no error: whoever boots the board finds out.
   */
  async started(from: ConsoleMark): Promise<void> {
    const { console } = this.parts;
    const since = console.now();
    try {
      await console.waitFor(/./, { from, withinMs: START_MS });
    } catch (error) {
      if (!isHarnessError(error) || error.code !== 'console-silent') throw error;
      return;
    }
    for (;;) {
      const last = console.since(from).at(-1);
      const parsed = last === undefined ? undefined : parseFixtureLine(last.text);
      const banner = parsed !== undefined && parsed !== 'corrupt' && parsed.kind === 'banner';
      const left = Math.max(since, last?.at ?? 0) + (banner ? QUIET_AFTER_BANNER_MS : QUIET_MS) - console.now();
      if (left <= 0) return;
      await console.listen(Math.min(left, QUIET_AFTER_BANNER_MS / 2));
    }
  }

  /** Brings the board back to OPEN. @returns what it was; OPEN: nothing was done @throws HarnessError those of `regressBoard` */
  async regress(): Promise<string> {
    const { bench, closing, files, programmer } = this.parts;
    const { files: credential, contents: holds } = this.way();
    const da = daContentFor(holds);
    return this.withJournal((journal) =>
      regressBoard({
        programmer,
        journal,
        credential,
        holds,
        device: readDaObk(da),
        daObk: files.write('DA_Config.obk', da),
        boardArguments: closing?.boardArguments ?? `--board ${bench.name}`,
        onStep: (step, index, count) => this.parts.note(`regress ${index + 1}/${count}`, `${step.name}: ${step.why}`),
      }),
    );
  }

  /**
   * Asks the device for a full regression with credentials of somebody else, of the method that it was closed with. Nothing is judged before: the device itself is to refuse.
   * @param chain `own`: with the certificate chain of the board, only the key is somebody else's
   * @returns its refusal @throws HarnessError `stranger-accepted` (subject), and those of `regressBoard` but for the refusal
   */
  async regressAsStranger({ chain = 'stranger' }: StrangersWay = {}): Promise<HarnessError> {
    const { seed, programmer, closing, bench } = this.parts;
    const { files: own, contents } = this.way();
    const { files: strange, contents: holds } = this.derivedWay(`${seed}/stranger`, contents.method);
    const credential = chain === 'own' && own.method === 'certificate' && strange.method === 'certificate' ? { ...strange, chain: own.chain } : strange;
    try {
      await this.withJournal((journal) => regressBoard({ programmer, journal, credential, holds, boardArguments: closing?.boardArguments ?? `--board ${bench.name}` }));
    } catch (error) {
      if (isHarnessError(error) && error.code === 'authentication-refused') return error;
      throw error;
    }
    throw new HarnessError({ code: 'stranger-accepted', kind: 'subject', message: "the device opened itself for a stranger's credentials", nextStep: 'look at the DA_Config.obk that it was provisioned with' });
  }

  /** What opens the board again. */
  private way(): NonNullable<typeof this.credential> {
    return (this.credential ??= this.readWay());
  }

  private readWay(method?: DaMethod): NonNullable<typeof this.credential> {
    const { closing, seed } = this.parts;
    const given = closing?.credential;
    if (given === undefined) return this.derivedWay(seed, method ?? 'certificate');
    if (method === undefined || method === given.method) return { files: given, contents: readCredential(given) };
    throw new HarnessError({ code: 'no-such-credential', kind: 'usage', message: `the owner of the board gave a ${given.method} for debug authentication, no ${method}`, nextStep: 'leave the method out' });
  }

  private derivedWay(seed: string, method: DaMethod): NonNullable<typeof this.credential> {
    const { files } = this.parts;
    const derived = derivedCredential(seed);
    const written: DaCredentialFiles =
      method === 'password'
        ? { method, password: files.write('password.bin', derived['password.bin']) }
        : { method, key: files.write('leaf.pem', derived['leaf.pem']), chain: files.write('chain.b64', derived['chain.b64']) };
    return { files: written, contents: readCredential(written) };
  }

  private async withJournal<T>(body: (journal: Journal) => Promise<T>): Promise<T> {
    const journal = new Journal(journalPath(this.parts.bench.probe.sn));
    try {
      return await body(journal);
    } finally {
      journal.close();
    }
  }
}

const fileName = (role: FileRole): string => `${role}.${role === 'image' || role === 'oemurot' ? 'hex' : 'obk'}`;
