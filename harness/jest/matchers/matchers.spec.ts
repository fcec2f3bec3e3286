import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HarnessError } from '../../errors/index.js';
import type { BoardSession, ConsoleLine, SignedApplication } from '../../session/index.js';
import { BoardMatchers, type Subject } from './board-matchers.js';

const jump = '[INF] Jumping to the first image slot';
const refusal = '[ERR] Image in the secondary slot is not valid!';

/** A board that prints what it is told to, and says of each image what the test wants the verifier to say. */
class ScriptedSession {
  readonly done: string[] = [];
  /** What each boot prints, in turn. */
  boots: string[][] = [];
  verdict: object = { verdict: 'invalid', stage: 'hash', reason: 'image hash mismatch', slot: 'erased' };
  predicted: string[] = [];
  readonly configuration = { bootPath: 'oemirot', mode: 'overwrite' };
  readonly applications = { application: { path: 'app.elf', version: '1.0.0' } };
  readonly kit = { console: { uart: 'UART4', tx: 'PD1', rx: 'PD0' } };
  readonly bench = { console: { baudRate: 115200 } };
  private readonly lines: ConsoleLine[] = [];
  private readonly waiters = new Set<() => void>();

  readonly console = {
    waitFor: (pattern: RegExp | ((line: ConsoleLine) => boolean), { from, withinMs }: { from: number; withinMs: number }): Promise<ConsoleLine> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = this.lines.find((line) => line.number >= from && (typeof pattern === 'function' ? pattern(line) : pattern.test(line.text)));
          if (found === undefined) return;
          clearTimeout(timer);
          this.waiters.delete(look);
          resolve(found);
        };
        const timer = setTimeout(() => {
          this.waiters.delete(look);
          reject(new HarnessError({ code: this.lines.length > from ? 'console-unexpected' : 'console-silent', kind: 'subject', message: 'late', nextStep: 'n' }));
        }, Math.min(withinMs, 60));
        this.waiters.add(look);
        look();
      }),
    send: (text: string): Promise<void> => Promise.resolve(this.print(`echo ${text}`)),
  };

  print(...texts: string[]): void {
    for (const text of texts) this.lines.push({ number: this.lines.length, at: this.lines.length * 10, text });
    for (const waiter of this.waiters) waiter();
  }
  mark = (): number => this.lines.length;
  expectingFaults = <T>(body: () => Promise<T>): Promise<T> => body();
  linesSince = (mark: number): ConsoleLine[] => this.lines.slice(mark);
  signApplication = (path: string, { version }: { version: string }): object => ({ application: path, version, bytes: new Uint8Array(1), verdict: { image: { securityCounter: 0x1000000 } } });
  verify = (_image: unknown, options: { log?: (line: string) => void } = {}): object => {
    for (const line of this.predicted) options.log?.(line);
    return this.verdict;
  };
  provision = (): Promise<void> => Promise.resolve(void this.done.push('provision'));
  install = (): Promise<void> => Promise.resolve(void this.done.push('install'));
  boot = ({ expect: pattern }: { expect: RegExp }): Promise<object> => {
    const from = this.mark();
    this.done.push('boot');
    this.print(...(this.boots.shift() ?? []));
    const lines = this.linesSince(from);
    if (!lines.some(({ text }) => pattern.test(text))) return Promise.reject(new HarnessError({ code: 'no-application', kind: 'subject', message: 'the root of trust found no image to start', nextStep: 'verify the image' }));
    return Promise.resolve({ lines, rotLines: lines.map(({ text }) => text).filter((text) => /^\[/.test(text)), from });
  };
}

/** A console that does not take a line for what was awaited. */
const tooLate = (): HarnessError => new HarnessError({ code: 'console-unexpected', kind: 'subject', message: 'late', nextStep: 'n', fields: { withinMs: 20, tookMs: 41.25 } });

describe('matchers', () => {
  let session: ScriptedSession;
  let matchers: BoardMatchers;
  let writes: number;
  const image: Subject = { is: 'other', value: { version: '1.1.0', bytes: new Uint8Array(1), verdict: {} } as unknown as SignedApplication };
  beforeEach(() => {
    session = new ScriptedSession();
    writes = 0;
    matchers = new BoardMatchers(session as unknown as BoardSession, () => writes);
  });
  afterEach(() => {
    session.boots = [];
  });
  const asked = async (name: 'toBoot' | 'toBeRejected' | 'toFault' | 'toPrint', subject: Subject, ...args: unknown[]): Promise<{ pass: boolean; message: string }> => {
    const { pass, message } = await matchers.match(name, subject, args, false);
    return { pass, message: message() };
  };

  describe('toBoot', () => {
    it.each([
      ["the fixtures' banner", '$rot-hil fixture=app version=1.1.0 kit=x', {}],
      ['a banner of its own', 'my-app 1.1.0, built today', { banner: /^my-app (\S+),/ }],
      ['a named group', 'build 7 of v1.1.0', { banner: /build (\d+) of v(?<version>\S+)/ }],
      ['the version as a word', 'Hello from v1.1.0!', {}],
    ])('%s with the version → passes; with another → fails and says which', async (_what, line, options) => {
      session.boots = [[jump, line], [jump, line.replace('1.1.0', '1.1.01')]];
      expect(await asked('toBoot', { is: 'board' }, { version: '1.1.0', withinMs: 50, ...options })).toMatchObject({ pass: true });
      const other = await asked('toBoot', { is: 'board' }, { version: '1.1.0', withinMs: 50, ...options });
      expect(other.pass).toBe(false);
      expect(other.message).toMatch(/Expected {2}version 1\.1\.0[^]*Found[^]*1\.1\.01[^]*Likely causes/);
    });

    it('an application that prints before the boot is judged → its lines count all the same', async () => {
      session.boots = [[jump, 'hello 1.1.0', 'tick 1', 'tick 2']];
      expect(await asked('toBoot', { is: 'board' }, { version: '1.1.0', withinMs: 50 })).toMatchObject({ pass: true });
    });

    it('the root of trust moved images for longer than a start may take → its application has the whole time from the jump on', async () => {
      session.boots = [['[INF] Starting bootloader OEMiROT', ...Array.from({ length: 6 }, (_, i) => `[INF] Swapping: swap index 0x${i}`), jump]];
      setTimeout(() => session.print('my-app 1.1.0'), 20);
      expect(await asked('toBoot', { is: 'board' }, { version: '1.1.0', withinMs: 50 })).toMatchObject({ pass: true });
    });

    it('an application that tells its version in time → passes; a line later than it may → fails, however soon it was read', async () => {
      session.boots = [[jump, 'a', 'b', 'my-app 1.1.0'], [jump, 'a', 'b', 'c', 'my-app 1.1.0']];
      expect(await asked('toBoot', { is: 'board' }, { version: '1.1.0', withinMs: 30 })).toMatchObject({ pass: true });
      const late = await asked('toBoot', { is: 'board' }, { version: '1.1.0', withinMs: 30 });
      expect(late).toMatchObject({ pass: false, message: expect.stringContaining('version 1.1.0 started, but only after 40.0 ms: my-app 1.1.0') });
    });

    it('an image → the board is provisioned with it; as an update → installed', async () => {
      session.boots = [[jump, 'a 1.1.0'], [jump, 'a 1.1.0']];
      await asked('toBoot', image, { version: '1.1.0' });
      await asked('toBoot', image, { version: '1.1.0', asUpdate: true });
      expect(session.done).toEqual(['provision', 'boot', 'install', 'boot']);
    });

    it('any application that begins with an empty line → the line behind it is told', async () => {
      session.boots = [[jump, '', 'hello']];
      const { message } = await matchers.match('toBoot', { is: 'board' }, [], true);
      expect(message()).toContain('an application started: hello');
    });

    it('an application that says nothing → fails with the UART that was listened to', async () => {
      session.boots = [[jump]];
      expect((await asked('toBoot', { is: 'board' }, { withinMs: 20 })).message).toMatch(/printed nothing[^]*UART4, 115200 baud, PD1 and PD0/);
    });

    it('a banner without a group, asked for a version → a usage error; without a version → passes', async () => {
      session.boots = [[jump, 'hello 1.1.0']];
      await expect(asked('toBoot', { is: 'board' }, { version: '1.1.0', banner: /^hello/ })).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('has no group') });
      expect(await asked('toBoot', { is: 'board' }, { banner: /^hello/ })).toMatchObject({ pass: true });
    });

    it('forgotten await: the next matcher while it is at work → a usage error that says so, also in the next test; afterwards → none', async () => {
      let finish: (lines: object) => void = () => undefined;
      session.boot = () => new Promise((resolve) => (finish = resolve));
      const forgotten = asked('toBoot', { is: 'board' });
      await expect(asked('toPrint', { is: 'console' }, 'x')).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('while toBoot was still at work'), nextStep: expect.stringContaining('await') });
      matchers.testBegan();
      await expect(asked('toBoot', { is: 'board' })).rejects.toMatchObject({ message: expect.stringContaining('toBoot of an earlier test was') });
      session.print(jump, 'hello');
      finish({ lines: session.linesSince(0), rotLines: [jump], from: 0 });
      await forgotten;
      expect(await asked('toPrint', { is: 'console' }, 'x', { withinMs: 20 })).toMatchObject({ pass: false });
    });

    it('no image that the root of trust starts → fails with what the verifier says of it', async () => {
      session.boots = [['[ERR] Unable to find bootable image']];
      expect((await asked('toBoot', image)).message).toMatch(/found no image to start[^]*refused at hash: image hash mismatch/);
    });

    it('a bench fault → thrown, not a failure of the image', async () => {
      session.boot = () => Promise.reject(new HarnessError({ code: 'board-silent', kind: 'bench', message: 'm', nextStep: 'n' }));
      await expect(asked('toBoot', image)).rejects.toMatchObject({ code: 'board-silent', kind: 'bench' });
    });
  });

  describe('toBeRejected', () => {
    const log = ['[INF] verify counter  0 1 1', '[INF] counter  0 : ok'];
    beforeEach(() => {
      session.predicted = log;
      session.boots = [[jump], [...log, refusal, jump]];
    });

    it('refused by the board with the log that the verifier foresees → passes; the twin was installed and started first', async () => {
      expect(await asked('toBeRejected', image, { stage: 'hash', reason: /mismatch/ })).toMatchObject({ pass: true });
      expect(session.done).toEqual(['provision', 'boot', 'install', 'boot']);
    });

    it('a second refusal with nothing written between → the twin is not installed again; after a write → it is', async () => {
      await asked('toBeRejected', image, { stage: 'hash' });
      session.boots = [[...log, refusal, jump]];
      expect(await asked('toBeRejected', image, { stage: 'hash' })).toMatchObject({ pass: true });
      writes++;
      session.boots = [[jump], [...log, refusal, jump]];
      expect(await asked('toBeRejected', image, { stage: 'hash' })).toMatchObject({ pass: true });
      expect(session.done.filter((one) => one === 'provision')).toHaveLength(2);
    });

    it.each([
      ['an image that is accepted', () => (session.verdict = { verdict: 'valid', stage: 'ok', reason: '', slot: 'kept' }), 'accepts'],
      ['another stage', () => (session.verdict = { verdict: 'invalid', stage: 'key', reason: 'another key', slot: 'erased' }), 'fails at key first: another key'],
      ['another reason', () => (session.verdict = { verdict: 'invalid', stage: 'hash', reason: 'no image hash TLV', slot: 'erased' }), 'another reason: no image hash TLV'],
      ['a board that installs it', () => (session.boots[1] = ['[INF] Image upgrade secondary slot -> primary slot', jump]), 'no refusal in the boot log, but: [INF] Image upgrade'],
      ['a board that stops earlier in its checks', () => (session.boots[1] = [log[0], refusal, jump]), 'a refusal at another check'],
      ['a board that starts nothing afterwards', () => (session.boots[1] = [refusal]), 'did not start again'],
    ])('%s → fails and says so', async (_what, change, message) => {
      change();
      const result = await asked('toBeRejected', image, { stage: 'hash', reason: 'mismatch' });
      expect(result.pass).toBe(false);
      expect(result.message).toContain(message);
    });

    it('a stage that there is not → a usage error with those that there are', async () => {
      await expect(asked('toBeRejected', image, { stage: 'keys' })).rejects.toMatchObject({ kind: 'usage', nextStep: expect.stringContaining('security-counter') });
    });

    it('no stage, or no image → a usage error', async () => {
      await expect(asked('toBeRejected', image, {})).rejects.toMatchObject({ kind: 'usage', nextStep: expect.stringContaining('stage') });
      await expect(asked('toBeRejected', { is: 'board' }, { stage: 'hash' })).rejects.toMatchObject({ kind: 'usage' });
    });
  });

  describe('toFault', () => {
    const told = 'MemManage CFSR=0x00000082 MMFAR=0x70000400 PC=0x70001235';
    const provoke: Subject = { is: 'other', value: () => session.print(told) };

    it('kind, address, instruction and flags as told → passes; each one otherwise → fails and names it', async () => {
      expect(await asked('toFault', provoke, { kind: 'MemManage', address: 0x70000400, pc: 0x70001234, flags: ['DACCVIOL'] })).toMatchObject({ pass: true });
      for (const [wrong, message] of [[{ kind: 'BusFault' }, 'a MemManage is no BusFault'], [{ address: 0x70000404 }, 'the access was to 0x70000400'], [{ pc: 0x70001230 }, 'the instruction was 0x70001235'], [{ flags: ['MSTKERR'] }, 'MSTKERR is not set']] as const) {
        const result = await asked('toFault', provoke, wrong);
        expect({ ...result, message: result.message.includes(message) }).toEqual({ pass: false, message: true });
      }
    });

    it('a promise → a usage error: it had begun before', async () => {
      await expect(asked('toFault', { is: 'other', value: Promise.resolve() })).rejects.toMatchObject({ kind: 'usage', nextStep: expect.stringContaining('() =>') });
    });

    it('told too late → fails, and says how late', async () => {
      session.console.waitFor = () => Promise.reject(tooLate());
      expect(await asked('toFault', provoke)).toMatchObject({ pass: false, message: expect.stringContaining("Found     a fault, but only after 41.3 ms of the board's time") });
    });

    it('nothing told → fails; a report in hand → taken', async () => {
      expect((await asked('toFault', { is: 'other', value: () => undefined }, { withinMs: 30 })).message).toContain('no fault: the application printed nothing');
      expect(await asked('toFault', { is: 'other', value: { name: 'UsageFault', cfsr: 0x10000 } }, { kind: 'UsageFault' })).toMatchObject({ pass: true });
    });
  });

  describe('toPrint', () => {
    const console: Subject = { is: 'console' };

    it('such a line, but too late → fails, and says how late', async () => {
      session.console.waitFor = () => Promise.reject(tooLate());
      expect(await asked('toPrint', console, /^two$/, { withinMs: 20 })).toMatchObject({ pass: false, message: expect.stringContaining("Found     such a line, but only after 41.3 ms of the board's time") });
    });

    it('a line that came before, one that comes later → both; each line once', async () => {
      session.print('one', 'two');
      setTimeout(() => session.print('three'), 10);
      expect(await asked('toPrint', console, /^two$/)).toMatchObject({ pass: true });
      expect(await asked('toPrint', console, 'three')).toMatchObject({ pass: true });
      const again = await asked('toPrint', console, /^two$/, { withinMs: 20 });
      expect(again.pass).toBe(false);
      expect(again.message).toContain('such a line came earlier: two');
    });

    it.each([
      ['an option that there is not', ['x', { withinMS: 50 }], 'no option "withinMS"'],
      ['an option of another type', ['x', { withinMs: '50' }], 'withinMs of toPrint is no number'],
      ['a number instead of the options', ['x', 50], 'as an object'],
      ['no pattern', [], 'a text or a RegExp'],
    ])('%s → a usage error', async (_what, args, message) => {
      await expect(asked('toPrint', console, ...args)).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining(message) });
    });

    it('sent without an end of the line, and nothing came → the failure says so; with one, or in the next test → it does not', async () => {
      const told = async (): Promise<boolean> => (await asked('toPrint', console, 'never', { withinMs: 20 })).message.includes('without an end of the line');
      await matchers.console.send('rev');
      expect(await told()).toBe(true);
      expect((await asked('toFault', { is: 'other', value: () => undefined }, { withinMs: 20 })).message).toContain('"rev" was sent without an end of the line');
      await matchers.console.send('rev\r\n');
      expect(await told()).toBe(false);
      await matchers.console.send('rev');
      matchers.testBegan();
      expect(await told()).toBe(false);
    });

    it('a line of the test before → it came earlier; of the test before that → too old to be meant', async () => {
      matchers.testBegan();
      session.print('ready');
      const told = async (): Promise<boolean> => (await asked('toPrint', console, 'ready', { withinMs: 20 })).message.includes('came earlier');
      matchers.testBegan();
      expect(await told()).toBe(true);
      matchers.testBegan();
      expect(await told()).toBe(false);
    });

    it('a new test → reads what comes from then on', async () => {
      session.print('old');
      matchers.testBegan();
      expect(await asked('toPrint', console, 'old', { withinMs: 20 })).toMatchObject({ pass: false });
    });

    it('other lines → fails with them, and with the one that is nearly it', async () => {
      session.print('READY.', 'tick');
      const { pass, message } = await asked('toPrint', console, /^ready$/, { withinMs: 20 });
      expect(pass).toBe(false);
      expect(message).toMatch(/expect\(console\)\.toPrint\(\/\^ready\$\/, \{ withinMs: 20 \}\)[^]*READY\.[^]*nearly one: READY\./);
    });
  });
});
