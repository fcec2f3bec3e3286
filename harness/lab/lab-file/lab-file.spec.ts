import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadKit } from '../../board/index.js';
import { HarnessError } from '../../errors/index.js';
import { benchOfLab, checkBenchFiles, chooseBenches, coverable, findLabFile, loadLabFile, readSecret, rotBinaryFor } from './index.js';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-lab-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Every key that a lab file knows. */
const whole = `name: attic
leases: leases
nightly: { suites: [boot, own/mine.hil.ts], retries: 2, quarantineAfter: 4, budgetMinutes: 360, runTimeoutSeconds: 600, repeat: 2, parallel: 8 }
defaults:
  tool: tools/STM32_Programmer_CLI
  permissions: { productStates: [PROVISIONING, CLOSED] }
  tags: [rack]
benches:
  - name: desk
    kit: STM32H7S78-DK
    probe: { sn: 0050FF6D06 }
    console: { path: /dev/serial/by-id/usb-STMicroelectronics_STLINK-V3_0050FF6D06-if02 }
    bootLoader: { port: COM19 }
    loaders: { open: MX66UW1G45G_STM32H7S78-DK_XSPIM1.stldr, bootLoader: loaders/own.stldr }
    powerSwitch: [usb-power, desk]
    powerCycle: [usb-power, desk, cycle]
    permissions: { locked: true }
    keys:
      authentication: { file: keys/auth.pem }
      encryption: { env: ENCRYPTION_KEY }
      debugAuthentication: { key: { file: keys/leaf.pem }, chain: keys/chain.b64 }
    rot:
      - { file: rot/any.bin }
      - { file: rot/swap.bin, mode: swap }
      - { file: rot/swap-xip.bin, mode: swap, exec: xip }
    app: { file: app.elf, version: 1.2.3 }
    cover: { bootPaths: [oemirot, stirot], modes: [overwrite, swap], execs: [xip, int-ram], suites: [boot] }
  - name: sim
    kit: nucleo-h7s3l8
    virtual: true
    seed: 7
    tags: [sim]
`;

/** The error that a text gives. */
function mistake(text: string | Buffer): HarnessError {
  writeFileSync(at('x.lab.yaml'), text);
  try {
    loadLabFile(at('x.lab.yaml'));
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length;

describe('a lab file', () => {
  it('with every key → typed values, absolute paths, defaults where a bench says nothing', () => {
    writeFileSync(at('x.lab.yaml'), whole);
    const lab = loadLabFile(at('x.lab.yaml'));
    expect(lab).toMatchObject({ name: 'attic', leases: at('leases'), nightly: { suites: ['boot', at('own/mine.hil.ts')], retries: 2, parallel: 8 } });
    expect(lab.benches).toEqual([
      {
        name: 'desk',
        kit: 'stm32h7s78-dk',
        line: 9,
        virtual: false,
        probeSn: '0050FF6D06',
        console: { path: '/dev/serial/by-id/usb-STMicroelectronics_STLINK-V3_0050FF6D06-if02', baudRate: 115200 },
        tool: at('tools/STM32_Programmer_CLI'),
        bootLoader: { port: 'COM19', baudRate: 921600 },
        loaders: { open: 'MX66UW1G45G_STM32H7S78-DK_XSPIM1.stldr', bootLoader: at('loaders/own.stldr') },
        powerSwitch: ['usb-power', 'desk'],
        powerCycle: ['usb-power', 'desk', 'cycle'],
        permissions: { productStates: [], locked: true },
        keys: { authentication: { file: at('keys/auth.pem') }, encryption: { env: 'ENCRYPTION_KEY' }, debugAuthentication: { key: { file: at('keys/leaf.pem') }, chain: at('keys/chain.b64') } },
        rot: [{ file: at('rot/any.bin') }, { file: at('rot/swap.bin'), mode: 'swap' }, { file: at('rot/swap-xip.bin'), mode: 'swap', exec: 'xip' }],
        app: { file: at('app.elf'), version: '1.2.3' },
        cover: { bootPaths: ['oemirot', 'stirot'], modes: ['overwrite', 'swap'], execs: ['xip', 'int-ram'], suites: ['boot'] },
        tags: ['rack'],
      },
      {
        name: 'sim',
        kit: 'nucleo-h7s3l8',
        line: 28,
        virtual: true,
        seed: 7,
        bootLoader: { baudRate: 921600 },
        loaders: {},
        permissions: { productStates: ['PROVISIONING', 'CLOSED'], locked: false },
        keys: {},
        rot: [],
        cover: { bootPaths: ['oemirot'], modes: ['overwrite'], execs: [] },
        tags: ['sim'],
      },
    ]);
  });

  it('the least that is one → nothing is permitted, one configuration is covered', () => {
    writeFileSync(at('y.lab.yaml'), 'benches: [{ name: sim, kit: stm32h7s78-dk, virtual: true }]');
    const lab = loadLabFile(at('y.lab.yaml'));
    expect(lab).toMatchObject({ name: 'y', nightly: { retries: 1, quarantineAfter: 3, repeat: 1 } });
    expect(lab.benches[0]).toMatchObject({ permissions: { productStates: [], locked: false }, seed: 1 });
    expect(coverable(loadKit('stm32h7s78-dk'), lab.benches[0]!.cover).map(({ bootPath, mode, exec }) => [bootPath, mode, exec])).toEqual([['oemirot', 'overwrite', 'ext-ram']]);
  });

  // [what, from, to, where the line is found, message, next step]
  it.each([
    ['a misspelt key of a bench', 'probe: { sn', 'prob: { sn', 'prob:', 'unknown key "prob" in benches.0', 'did you mean "probe"?'],
    ['a misspelt key below one', '{ locked: true }', '{ lokced: true }', 'lokced', 'unknown key "lokced" in benches.0.permissions', 'did you mean "locked"?'],
    ['a misspelt key at the top', 'nightly:', 'nigtly:', 'nigtly', 'unknown key "nigtly" in the file', 'did you mean "nightly"?'],
    ['an unknown kit', 'kit: nucleo-h7s3l8', 'kit: nucleo-h7s3i8', 'kit: nucleo-h7s3i8', 'there is no kit "nucleo-h7s3i8"', 'did you mean nucleo-h7s3l8?'],
    ['no kit', '    kit: nucleo-h7s3l8\n', '', 'name: sim', 'benches.1 (sim) has no kit', 'add kit'],
    ['a key in the file', 'authentication: { file: keys/auth.pem }', 'authentication: -----BEGIN_SECRET-----', 'authentication:', 'benches.0.keys.authentication: a key or password does not stand in a lab file', '{ env: … }'],
    ['a secret from two places', '{ env: ENCRYPTION_KEY }', '{ env: ENCRYPTION_KEY, file: x.pem }', 'encryption', 'must NOT have more than 1 properties', 'correct'],
    ['a chain without its key', '{ key: { file: keys/leaf.pem }, chain: keys/chain.b64 }', '{ chain: keys/chain.b64 }', 'debugAuthentication', 'must have property key when property chain is present', 'correct'],
    ['LOCKED among the states', '[PROVISIONING, CLOSED]', '[LOCKED]', '[LOCKED]', 'must be equal to one of the allowed values: PROVISIONING, PROVISIONED, CLOSED', '`locked: true`'],
    ['a probe of a virtual board', '    seed: 7', '    probe: { sn: AB }', 'probe: { sn: AB }', 'a virtual board brings its own probe', 'remove it'],
    ['a seed of a real board', '    bootLoader: { port: COM19 }', '    seed: 7', 'seed: 7', 'only a virtual board has a seed', 'remove it'],
    ['a real board without console', / {4}console: .*\n/, '', 'name: desk', "benches.0 must have required property 'console'", 'correct'],
    ['a probe number that YAML takes for a number', 'sn: 0050FF6D06', 'sn: 66', 'sn: 66', 'benches.0.probe.sn must be string', 'put it in quotes'],
    ['a word where a number belongs', 'retries: 2', 'retries: two', 'retries: two', 'nightly.retries must be integer', 'correct'],
    ['a name that no file can have', 'name: sim', 'name: ../sim', 'name: ../sim', 'benches.1.name must match pattern', 'correct'],
    ['a kit name as a name', 'name: sim', 'name: stm32h7s78-DK', 'name: stm32h7s78-DK', 'is the name of a kit', 'fresh virtual board'],
    ['two benches of one name', 'name: sim', 'name: DESK', 'name: DESK', 'benches.1.name is that of benches.0 (desk)', 'a name of its own'],
    ['a configuration that the kit lacks', 'virtual: true', 'virtual: true\n    cover: { execs: [ext-ram] }', 'cover: { execs: [ext-ram] }', 'nucleo-h7s3l8 has none of these combinations', 'oemirot/overwrite/xip'],
    ['two builds for one configuration', '{ file: rot/any.bin }', '{ file: rot/any.bin, exec: xip }', '{ file: rot/swap.bin', 'is for the same configurations as rot.0', 'name bootPath'],
    ['a boot path that is none', '[oemirot, stirot]', '[oemirot, stirott]', '[oemirot, stirott]', 'must be equal to one of the allowed values: oemirot, stirot, stirot-oemurot', 'did you mean stirot?'],
    ['a mode that is none', 'mode: swap }', 'mode: swop }', 'mode: swop', 'benches.0.rot.1.mode must be equal to one of', 'did you mean swap?'],
    ['virtual: yes, which is a text', 'virtual: true', 'virtual: yes', 'virtual: yes', 'benches.1.virtual must be boolean', 'write true or false'],
    ['a command that is one text', 'powerSwitch: [usb-power, desk]', 'powerSwitch: usb-power desk', 'powerSwitch:', 'benches.0.powerSwitch must be array', 'correct'],
    ['an environment variable that no system has', '{ env: ENCRYPTION_KEY }', '{ env: 1 KEY }', 'encryption:', 'must match pattern', 'correct'],
    ['a number of runs without sense', 'repeat: 2', 'repeat: 100000', 'repeat: 100000', 'nightly.repeat must be <= 10000', 'correct'],
    ['a key that YAML merges', '    seed: 7', '    <<: { seed: 7 }', '<<', 'unknown key "<<" in benches.1', 'Known here'],
    ['a key that JavaScript knows', '    seed: 7', '    __proto__: { seed: 7 }', '__proto__', 'unknown key "__proto__" in benches.1', 'Known here'],
    ['no YAML', 'benches:', 'benches: ]', 'benches: ]', '', 'correct the YAML'],
    ['a key twice', '    seed: 7', '    seed: 7\n    seed: 8', 'seed: 8', 'Map keys must be unique', 'correct the YAML'],
    ['a tab', '    seed: 7', '\tseed: 7', '\tseed', '', 'correct the YAML'],
  ])('with %s → refused with its line, why, and what to do', (_what, from, to, where, message, nextStep) => {
    const text = whole.replace(from, to);
    expect(text).not.toBe(whole);
    const error = mistake(text);
    expect(error).toMatchObject({ code: 'lab-file', kind: 'usage' });
    expect(error.message).toContain(`x.lab.yaml:${lineOf(text, where)}: `);
    expect(error.message).toContain(message);
    expect(`${error.message} ${error.nextStep}`).toContain(nextStep);
    expect(JSON.stringify([error.message, error.nextStep, error.fields])).not.toContain('BEGIN_SECRET');
  });

  it.each([
    ['nothing', ''],
    ['a list', '- 1'],
    ['two documents', 'benches: []\n---\nbenches: []'],
    ['itself', 'benches: &b [*b]'],
    ['brackets without end', `benches: ${'['.repeat(5000)}`],
    ['UTF-16', Buffer.from('\ufeffbenches: []', 'utf16le')],
    ['bytes', '\x00\xff\xfe'],
    ['no bench', 'benches: []'],
    ['aliases without end', `a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nbenches: [*c, *c, *c, *c, *c, *c]`],
  ])('that holds %s → refused with file and line', (_what, text) => {
    expect(mistake(text)).toMatchObject({ code: 'lab-file', kind: 'usage', message: expect.stringMatching(/x\.lab\.yaml:\d+: /) });
  });

  it('with several mistakes → all of them in one error, in the order of their lines', () => {
    const error = mistake(whole.replace('locked: true', 'lokced: true').replace('retries: 2', 'retries: two').replace('seed: 7', 'sed: 7'));
    expect(error.fields['mistakes']).toEqual([expect.stringMatching(/:3: nightly\.retries/), expect.stringMatching(/:17: unknown key "lokced"/), expect.stringMatching(/:31: unknown key "sed" in benches\.1 \(did you mean "seed"/)]);
    expect(error.message).toMatch(/^3 mistakes\n/);
  });

  it.each([['0050FF6D06'], ['50ff6d06'], ['000000050FF6D06']])('one probe on two benches, written %s → refused', (sn) => {
    const text = whole.replace('    virtual: true\n    seed: 7', `    probe: { sn: "${sn}" }\n    console: { path: COM9 }`);
    expect(mistake(text).message).toContain('benches.1.probe.sn is that of benches.0 (desk)');
    writeFileSync(at('x.lab.yaml'), text.replace(sn, `${sn}7`));
    expect(loadLabFile(at('x.lab.yaml')).benches).toHaveLength(2);
  });

  it('that is not UTF-8 → refused with the line of the first such byte; as UTF-8 → loads', () => {
    const text = '# B\u00fcro\nbenches: [{ name: sim, kit: stm32h7s78-dk, virtual: true }] # \u00fc\n';
    expect(mistake(Buffer.from(`name: x\n${text}`, 'latin1'))).toMatchObject({ message: expect.stringContaining('x.lab.yaml:2: the text is not UTF-8'), nextStep: 'save the file as UTF-8' });
    writeFileSync(at('y.lab.yaml'), text);
    expect(loadLabFile(at('y.lab.yaml')).benches).toHaveLength(1);
  });

  it.each([
    ['COM7', 'com7'],
    ['/dev/ttyACM0', '/dev/./ttyACM0'],
    ['port', 'link'],
  ])('one serial port on two benches, written %s and %s → refused; twin: two ports', (one, other) => {
    writeFileSync(at('port'), '');
    symlinkSync(at('port'), at('link'));
    const place = (name: string): string => (name === 'port' || name === 'link' ? at(name) : name);
    const text = (second: string): string => `benches:\n  - { name: a, kit: stm32h7s78-dk, probe: { sn: AA }, console: { path: ${place(one)} } }\n  - { name: b, kit: stm32h7s78-dk, probe: { sn: BB }, console: { path: ${second} } }\n`;
    expect(mistake(text(place(other))).message).toContain('x.lab.yaml:3: benches.1.console.path is that of benches.0 (a)');
    writeFileSync(at('x.lab.yaml'), text('COM8'));
    expect(loadLabFile(at('x.lab.yaml')).benches).toHaveLength(2);
  });

  it('that is not there, or too long → refused', () => {
    expect(() => loadLabFile(at('none.yaml'))).toThrow(expect.objectContaining({ code: 'lab-file', message: expect.stringContaining('cannot be read') }));
    expect(mistake('#'.repeat((1 << 20) + 1)).message).toContain('larger than 1 MB');
  });

  it('not named → the one of the working directory, or none', () => {
    expect(findLabFile(undefined, folder)).toBeUndefined();
    writeFileSync(at('rot-hil.lab.yaml'), whole);
    expect(findLabFile(undefined, folder)?.name).toBe('attic');
  });
});

describe('what a lab file names', () => {
  const load = () => {
    writeFileSync(at('x.lab.yaml'), whole);
    return loadLabFile(at('x.lab.yaml'));
  };

  it('a configuration → the build that names most of it', () => {
    const { rot } = load().benches[0]!;
    const file = (mode: 'overwrite' | 'swap', exec: 'xip' | 'int-ram') => rotBinaryFor(rot, { bootPath: 'oemirot', mode, exec })?.file;
    expect([file('overwrite', 'xip'), file('swap', 'int-ram'), file('swap', 'xip')]).toEqual([at('rot/any.bin'), at('rot/swap.bin'), at('rot/swap-xip.bin')]);
    expect(rotBinaryFor([], { bootPath: 'oemirot', mode: 'swap', exec: 'xip' })).toBeUndefined();
  });

  it.each([
    [[], ['desk', 'sim']],
    [['DESK'], ['desk']],
    [['@sim'], ['sim']],
    [['@rack', '@sim'], ['desk', 'sim']],
    [['!desk'], ['sim']],
    [['@rack', '!desk'], []],
  ])('the filter %j → benches %j', (words, names) => expect(chooseBenches(load(), words).map(({ name }) => name)).toEqual(names));

  it('a filter or a name that no bench has → refused with the nearest', () => {
    expect(() => chooseBenches(load(), ['@sin'])).toThrow(expect.objectContaining({ code: 'unknown-filter', message: expect.stringContaining('did you mean @sim?') }));
    expect(() => benchOfLab(load(), 'dsk')).toThrow(expect.objectContaining({ code: 'unknown-board', message: expect.stringContaining('did you mean desk?') }));
  });

  it('a file that is missing → refused with the line of the bench', () => {
    const lab = load();
    expect(() => checkBenchFiles(lab, lab.benches[0]!)).toThrow(expect.objectContaining({ code: 'lab-file', message: expect.stringMatching(/x\.lab\.yaml:9: bench desk, rot\.0\.file: there is no file/) }));
    expect(() => checkBenchFiles(lab, lab.benches[1]!)).not.toThrow();
  });

  it('a secret that others may read → refused; of its owner alone → its bytes', () => {
    writeFileSync(at('key.pem'), 'SECRET');
    chmodSync(at('key.pem'), 0o640);
    let thrown: unknown;
    try {
      readSecret({ file: at('key.pem') }, 'keys.authentication');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'secret-exposed', kind: 'usage', message: expect.stringContaining('mode 0640'), nextStep: `chmod 600 ${at('key.pem')}` });
    expect(String((thrown as Error).stack)).not.toContain('SECRET');
    chmodSync(at('key.pem'), 0o600);
    expect(readSecret({ file: at('key.pem') }, 'x').toString()).toBe('SECRET');
  });

  it('a secret in the environment → its bytes; not set → refused by the name of the variable', () => {
    expect(readSecret({ env: 'A' }, 'x', { A: 'S' }).toString()).toBe('S');
    expect(() => readSecret({ env: 'B' }, 'keys.encryption', { A: 'S' })).toThrow(expect.objectContaining({ code: 'secret-missing', message: 'keys.encryption: the environment variable B is not set' }));
    expect(() => readSecret({ file: at('none') }, 'x')).toThrow(expect.objectContaining({ code: 'secret-missing' }));
  });
});
