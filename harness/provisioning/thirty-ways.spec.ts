import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signImage } from '../image/index.js';
import {
  buildAdacChain,
  buildDaCertificateObk,
  buildDaPasswordObk,
  buildObk,
  daLockObk,
  deriveKeyPair,
  parseObk,
  readChainFile,
  readPasswordFile,
  buildPasswordFile,
  seededRandom,
  toChainFile,
} from '../keys/index.js';
import { intelHexBytes } from '../image/index.js';
import { parseDiscovery } from '../programmer/index.js';
import { Evidence } from './evidence.js';
import type { FileRole, FinalState } from './files.js';
import type { GuardFacts } from './guard/facts.js';
import { judgeAll, refusals, requireAll } from './guard/guard.js';
import { obkRoles } from './guard/key-rules.js';
import { imageRoles } from './guard/image-rules.js';
import type { ProvisioningInputs } from './inputs.js';
import type { MadeInputs } from './testing/inputs.js';
import { makeInputs, rotBinary } from './testing/inputs.js';

const sn = '50FF6D065052784825260567';
let made: Record<'closed' | 'password' | 'locked' | 'stirot' | 'stirot-locked' | 'open', MadeInputs>;
beforeAll(() => {
  made = { closed: makeInputs('oemirot', 'CLOSED'), password: makeInputs('oemirot', 'CLOSED', 'password'), locked: makeInputs('oemirot', 'LOCKED'), stirot: makeInputs('stirot', 'CLOSED'), 'stirot-locked': makeInputs('stirot', 'LOCKED'), open: makeInputs('oemirot', 'OPEN') };
});
afterAll(() => Object.values(made).forEach((each) => each.remove()));

const discovery = (integrity = '0xeaeaeaea', permission = 'Full Regression') =>
  parseDiscovery(['discovery: PSA lifecycle...................:ST_LIFECYCLE_PROVISIONING', `discovery: ST provisioning integrity status:${integrity}`, `discovery: permission if authorized...........:(a/14) ==> ${permission}`]);

/** What a run that went well has seen before the last call. */
function wellSeen(inputs: ProvisioningInputs): Evidence {
  const evidence = new Evidence();
  for (const role of obkRoles(inputs)) evidence.provisioned.add(inputs.digests[role]!);
  for (const role of ['rot', ...imageRoles(inputs)] as FileRole[]) evidence.downloaded.add(inputs.digests[role]!);
  evidence.voltages.push(3.28, 3.27, 3.29);
  evidence.deviceIds.add(0x485);
  evidence.probeSns.add(sn);
  evidence.optionBytes = new Map(Object.entries(inputs.configuration.path.optionBytes));
  evidence.discovery = discovery();
  return evidence;
}

function facts(inputs: ProvisioningInputs, change: Partial<GuardFacts> = {}, seen: (evidence: Evidence) => void = () => undefined): GuardFacts {
  const evidence = wellSeen(inputs);
  seen(evidence);
  const states: Readonly<Record<FinalState, GuardFacts['before']>> = { OPEN: 'plan', CLOSED: 'CLOSED', LOCKED: 'LOCKED' };
  return {
    inputs,
    before: states[inputs.state],
    permissions: { productStates: ['CLOSED'], locked: true },
    lockedIsForEver: sn,
    probeSn: sn,
    tool: { version: '2.21.0', problem: null },
    startState: 'OPEN',
    evidence,
    boardArguments: '--board desk',
    ...change,
  };
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
const bytesOf = (one: MadeInputs, role: FileRole): Uint8Array => one.read().contents[role]!;
const signed = (who: string, change: { mode?: 'overwrite' | 'swap'; pad?: boolean } = {}): Uint8Array => {
  const { configuration } = made.closed;
  return signImage(new Uint8Array(500).fill(3), {
    mode: change.mode ?? 'overwrite',
    version: '1.0.0',
    headerSize: 0x400,
    slotSize: configuration.layout.secondary.size,
    align: 16,
    maxAlign: 16,
    securityCounter: 'auto',
    signKey: deriveKeyPair('spec', `${who}/authentication`).privateKey,
    encryptionKey: deriveKeyPair('spec', `${who}/encryption`).publicKey,
    pad: change.pad ?? true,
    random: seededRandom('spec', 'x'),
  });
};
const hexOf = (image: Uint8Array, base = made.closed.configuration.layout.secondary.base): Uint8Array => intelHexBytes([{ address: base, bytes: image }]);
const with_ = (one: MadeInputs, role: FileRole, bytes: Uint8Array): ProvisioningInputs => one.read({ paths: one.replace(role, bytes) });
const withoutFlag = (given: GuardFacts): GuardFacts => Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'lockedIsForEver')) as unknown as GuardFacts;
const strangerChain = () => {
  const keys = { root: deriveKeyPair('other', 'r'), intermediate: deriveKeyPair('other', 'i'), leaf: deriveKeyPair('other', 'l') };
  const chain = buildAdacChain(keys, 0x80000000000000000000000000005007n);
  return { method: 'certificate', chain: readChainFile(new TextEncoder().encode(toChainFile(chain.root, chain.intermediate, chain.leaf))), privateKey: keys.leaf.privateKey } as const;
};

/** Ways to lose a board, each a published failure or one of its kind: the rule that stops it. */
const ways: readonly (readonly [string, string, () => GuardFacts])[] = [
  ['closed with a root key whose chain is not at hand', 'da-credential', () => facts(made.closed.read({ credential: strangerChain() }))],
  ['closed with nothing at hand that opens it', 'da-credential', () => facts(made.closed.read({ credential: null }))],
  ['closed with a chain, the leaf key of which is another', 'da-credential', () => facts(made.closed.read({ credential: { ...(made.closed.credential as ReturnType<typeof strangerChain>), privateKey: deriveKeyPair('other', 'l').privateKey } }))],
  ['closed with a DA_Config without full regression', 'da-credential', () => facts(with_(made.closed, 'da', buildDaCertificateObk({ rootPublicKey: deriveKeyPair('spec', 'board/da-root').publicKey, permissions: 0x7n })))],
  ['closed by password, another one is at hand', 'da-credential', () => facts(made.password.read({ credential: { method: 'password', password: readPasswordFile(buildPasswordFile('0000000000000000')) } }))],
  ['closed by password, a certificate is at hand', 'da-credential', () => facts(made.password.read({ credential: strangerChain() }))],
  ['closed with DA_ConfigLock.obk: locked by mistake', 'da-method', () => facts(with_(made.closed, 'da', daLockObk()))],
  ['locked with a DA_Config.obk that opens', 'da-method', () => facts(with_(made.locked, 'da', buildDaPasswordObk({ password: '0123456789abcdef' })))],
  ['a DA OBKey that was cut short', 'obk-files', () => facts(with_(made.closed, 'da', bytesOf(made.closed, 'da').slice(0, 76)))],
  ['a DA OBKey with a flipped bit', 'obk-files', () => facts(with_(made.closed, 'da', flipped(bytesOf(made.closed, 'da'), 60)))],
  ['a configuration with a flipped bit', 'obk-files', () => facts(with_(made.closed, 'config', flipped(bytesOf(made.closed, 'config'), 100)))],
  ['data in place of the configuration', 'obk-files', () => facts(with_(made.closed, 'config', bytesOf(made.closed, 'data')))],
  ["OEMuROT's configuration on the OEMiRoT path", 'obk-files', () => facts(with_(made.closed, 'config', buildObk({ ...parseObk(bytesOf(made.closed, 'config')), hdpl: 2 })))],
  ['a configuration for OPEN, unencrypted', 'obk-files', () => facts(with_(made.closed, 'config', buildObk({ ...parseObk(bytesOf(made.closed, 'config')), doEncryption: false })))],
  ["STiROT's configuration with another download area", 'obk-files', () => facts(stirotWith(0x44, 0x90060000))],
  ['an OBKey that was never answered', 'obk-answered', () => facts(made.closed.read(), {}, (seen) => seen.provisioned.delete(made.closed.read().digests.da!))],
  ['an OBKey file that changed between check and use', 'obk-answered', () => facts(made.closed.read(), {}, (seen) => (seen.provisioned.delete(made.closed.read().digests.config!), seen.provisioned.add('another')))],
  ['an unsigned image', 'images', () => facts(with_(made.closed, 'image', hexOf(new Uint8Array(0x20000).fill(0x5a))))],
  ['an image of a stranger', 'images', () => facts(with_(made.closed, 'image', hexOf(signed('stranger'))))],
  ['an image with a flipped bit', 'images', () => facts(with_(made.closed, 'image', hexOf(flipped(signed('board'), 0x500))))],
  ['an image that nobody asks to install (no magic)', 'images', () => facts(with_(made.closed, 'image', hexOf(signed('board', { pad: false }))))],
  ['an image at the wrong place', 'images', () => facts(with_(made.closed, 'image', hexOf(signed('board'), 0x90000000)))],
  ['an image that was not verified in the slot', 'flash-written', () => facts(made.closed.read(), {}, (seen) => seen.downloaded.delete(made.closed.read().digests.image!))],
  ['a root of trust that was not written', 'flash-written', () => facts(made.closed.read(), {}, (seen) => seen.downloaded.delete(made.closed.read().digests.rot!))],
  ['a root of trust that is a .hex or .elf file', 'root-of-trust', () => facts(with_(made.closed, 'rot', new TextEncoder().encode('\x7fELF0000000000000')))],
  ['a root of trust whose name hides its format', 'root-of-trust', () => facts(made.closed.read({ paths: made.closed.replace('rot', rotBinary(), 'OEMiROT_Boot') }))],
  ['an image whose name hides its format', 'images', () => facts(made.closed.read({ paths: made.closed.replace('image', hexOf(signed('board')), 'app.txt') }))],
  ['a root of trust of more than 64 KB', 'root-of-trust', () => facts(with_(made.closed, 'rot', new Uint8Array([...rotBinary(), ...new Uint8Array(0x10000)])))],
  ['LOCKED with a production build, which refuses to run there', 'minimum-state', () => facts(with_(made.locked, 'rot', rotBinary('no log')))],
  ['CLOSED with an STiROT that demands LOCKED', 'minimum-state', () => facts(stirotWith(0x3c, 0x5c))],
  ['LOCKED with an STiROT that demands CLOSED', 'minimum-state', () => facts(stirotWith(0x3c, 0x72, made['stirot-locked']))],
  ['an option byte that kept its value', 'option-bytes', () => facts(made.closed.read(), {}, (seen) => (seen.optionBytes = new Map([...seen.optionBytes!, ['HDP_AREA_END', 0]])))],
  ['option bytes that nobody read after the last write', 'option-bytes', () => facts(made.closed.read(), {}, (seen) => (seen.optionBytes = undefined))],
  ['integrity 0xf5f5f5f5', 'discovery-integrity', () => facts(made.closed.read(), {}, (seen) => (seen.discovery = discovery('0xf5f5f5f5')))],
  ['a discovery that was not made', 'discovery-integrity', () => facts(made.closed.read(), {}, (seen) => (seen.discovery = undefined))],
  ['a chip that offers no full regression', 'discovery-regression', () => facts(made.closed.read(), {}, (seen) => (seen.discovery = discovery('0xeaeaeaea', 'Partial Regression')))],
  ['LOCKED without the flag', 'locked-is-for-ever', () => ({ ...facts(made.locked.read({ rotBuild: 'development' })), lockedIsForEver: 'another' })],
  ["LOCKED without its owner's permission", 'permission', () => facts(made.locked.read({ rotBuild: 'development' }), { permissions: { productStates: ['CLOSED'], locked: false } })],
  ["CLOSED without its owner's permission", 'permission', () => facts(made.closed.read(), { permissions: { productStates: [], locked: true } })],
  ['a board that was not OPEN at the start', 'start-state', () => facts(made.closed.read(), { startState: 'PROVISIONING' })],
  ['another chip', 'device', () => facts(made.closed.read(), {}, (seen) => seen.deviceIds.add(0x484))],
  ["another board's probe", 'device', () => facts(made.closed.read(), {}, (seen) => seen.probeSns.add('0011'))],
  ['a chip that never said what it is', 'device', () => facts(made.closed.read(), {}, (seen) => seen.deviceIds.clear())],
  ['a supply of 1.2 V', 'supply', () => facts(made.closed.read(), {}, (seen) => seen.voltages.splice(0, 3, 1.2))],
  ['a debug-authentication OBKey that cannot be read: of no kind', 'da-method', () => facts(with_(made.closed, 'da', new Uint8Array(108)))],
  ['a debug-authentication OBKey that cannot be read: opened by nothing', 'da-credential', () => facts(with_(made.closed, 'da', new Uint8Array(108)))],
  ['STiRoT in OPEN, where it starts nothing', 'minimum-state', () => facts({ ...made.stirot.read(), state: 'OPEN' })],
  ['OPEN with a production build, which starts nothing there', 'minimum-state', () => facts(with_(made.open, 'rot', rotBinary('no log')))],
  ['LOCKED with a build of which nothing is known', 'minimum-state', () => facts({ ...made.locked.read(), rotBuild: 'unknown' })],
  ['an STiROT that demands a product state that is none', 'minimum-state', () => facts(stirotWith(0x3c, 0x33))],
  ["STiROT's configuration, unreadable", 'minimum-state', () => facts(with_(made.stirot, 'config', new Uint8Array(40)))],
  ['LOCKED without any serial number', 'locked-is-for-ever', () => withoutFlag(facts(made.locked.read({ rotBuild: 'development' })))],
  ['a supply that sags', 'supply', () => facts(made.closed.read(), {}, (seen) => seen.voltages.push(2.9))],
  ['a supply that nobody measured', 'supply', () => facts(made.closed.read(), {}, (seen) => seen.voltages.splice(0))],
  ['a console that was lost', 'console', () => facts(made.closed.read(), {}, (seen) => (seen.consoleLost = 'the console was lost'))],
  ['a tool that does not know the chip', 'tool', () => facts(made.closed.read(), { tool: { version: '2.4.0', problem: 'version 2.4.0 of the tool does not know STM32H7RS' } })],
];

/** STiROT_Config.obk with another word at an offset, hash made anew. */
function stirotWith(offset: number, value: number, from: MadeInputs = made.stirot): ProvisioningInputs {
  const { payload, ...rest } = parseObk(bytesOf(from, 'config'));
  new DataView(payload.buffer).setUint32(offset, value, true);
  const fresh = buildObk({ ...rest, payload: rehashed(payload) });
  return with_(from, 'config', fresh);
}

function rehashed(payload: Uint8Array): Uint8Array {
  const copy = payload.slice();
  copy.set(createHash('sha256').update(copy.subarray(32)).digest());
  return copy;
}

describe('ways to lose a board', () => {
  it.each(ways)('%s → refused by %s', (_, rule, make) => {
    const given = make();
    const against = refusals(judgeAll(given));
    expect(against.map((finding) => finding.rule)).toContain(rule);
    for (const { verdict } of against) {
      // Sentences that stand by themselves, and a command that can be typed: for a person at a bench.
      expect(verdict).toMatchObject({ found: expect.stringMatching(/^(?!it |they )\S.{15,}/), wouldHave: expect.stringMatching(/.{20,}/), now: expect.stringMatching(/.{15,}/), command: expect.stringMatching(/^rot-hil (?:provision|regress|status|boards|doctor|obk|keys) ?/) });
    }
    expect(() => requireAll(given)).toThrow(expect.objectContaining({ code: 'brick-guard', kind: 'guard', fields: expect.objectContaining({ rules: expect.arrayContaining([rule]) }) }));
  });

  it('more than thirty of them, and every rule of the guard stops one', () => {
    expect(ways.length).toBeGreaterThanOrEqual(30);
    const stopped = new Set(ways.map(([, rule]) => rule));
    expect(judgeAll(facts(made.closed.read())).map(({ rule }) => rule).filter((rule) => !stopped.has(rule))).toEqual([]);
  });
});

describe('good plans', () => {
  it.each(['closed', 'password', 'locked', 'stirot', 'stirot-locked', 'open'] as const)('%s → nothing is refused', (which) => {
    const inputs = made[which].read({ rotBuild: 'development' });
    expect(refusals(judgeAll(facts(inputs)))).toEqual([]);
    expect(refusals(judgeAll(facts(inputs, { before: 'plan' }, (seen) => Object.assign(seen, { optionBytes: undefined, discovery: undefined }))))).toEqual([]);
  });

  it('OPEN → the rules of debug authentication are listed as not applicable', () => {
    const findings = judgeAll(facts(made.open.read({ rotBuild: 'development' })));
    expect(findings.filter(({ verdict }) => verdict.status === 'not-applicable').map(({ rule }) => rule)).toEqual(expect.arrayContaining(['da-method', 'da-credential', 'discovery-integrity', 'discovery-regression']));
  });

  it('no finding shows a key or a password', () => {
    const text = JSON.stringify(ways.map(([, , make]) => judgeAll(make())));
    for (const secret of [deriveKeyPair('spec', 'board/encryption').privateKey, deriveKeyPair('spec', 'board/da-leaf').privateKey]) expect(text).not.toContain(Buffer.from(secret).toString('hex'));
    const { password } = made.password.credential as { password: Uint8Array };
    expect(text).not.toContain(Buffer.from(password).toString('latin1'));
  });
});
