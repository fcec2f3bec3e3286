import { describe, expect, it } from '@jest/globals';
import type { Kit, RotConfiguration } from '../board/index.js';
import { chooseConfiguration, imageModeOf, listKits, loadKit } from '../board/index.js';
import { signImage } from '../image/index.js';
import type { DaCredential } from '../keys/index.js';
import { deriveKeyPair, readChainFile, readPasswordFile, readPrivateKeyPem, seededRandom } from '../keys/index.js';
import { parseDiscovery } from '../programmer/index.js';
import type { TargetState } from '../programmer/index.js';
import type { DaMethod } from './derived-contents.js';
import { derivedContents, derivedCredential } from './derived-contents.js';
import { Evidence } from './evidence.js';
import type { FileContents, FileRole, FinalState } from './files.js';
import type { GuardFacts } from './guard/facts.js';
import { judgeAll } from './guard/guard.js';
import { obkRoles } from './guard/key-rules.js';
import { imageRoles, slotFor } from './guard/image-rules.js';
import type { ProvisioningInputs } from './inputs.js';
import { rotBinary } from './testing/inputs.js';

const seed = 'spec';
const sn = '50FF6D065052784825260567';
const random = seededRandom(seed, 'image');

/** Every kit × boot path × update mode × execution mode. */
const configurations = listKits().flatMap((id) => {
  const kit = loadKit(id);
  return Object.entries(kit.bootPaths).flatMap(([bootPath, { layouts }]) =>
    layouts.flatMap(({ exec, modes }) => modes.map((mode) => [`${id} ${bootPath} ${mode} ${exec}`, kit, chooseConfiguration(kit, { bootPath: bootPath as RotConfiguration['bootPath'], mode, exec })] as const)),
  );
});

function imageOf(configuration: RotConfiguration): Uint8Array {
  const { path, layout } = configuration;
  return signImage(new Uint8Array(800).fill(7), {
    mode: imageModeOf(configuration), version: '1.0.0', headerSize: path.headerSize, slotSize: layout.secondary.size, align: path.programUnit, maxAlign: path.maxAlign, securityCounter: 'auto',
    signKey: deriveKeyPair(seed, 'board/authentication').privateKey, encryptionKey: deriveKeyPair(seed, 'board/encryption').publicKey, pad: true, random,
  });
}

function credentialOf(method: DaMethod): DaCredential {
  const files = derivedCredential(seed);
  if (method === 'password') return { method, password: readPasswordFile(files['password.bin']) };
  return { method, chain: readChainFile(new TextEncoder().encode(files['chain.b64'])), privateKey: readPrivateKeyPem(files['leaf.pem']) };
}

/** As `readInputs` gives them; the image goes through no .hex, which would take most of the time. */
function inputsFor(kit: Kit, configuration: RotConfiguration, state: FinalState, method: DaMethod, image: Uint8Array): ProvisioningInputs {
  const made = derivedContents({ kit, configuration, state, method, seed, rot: rotBinary() });
  const contents: FileContents = { ...made, image, ...(made.oemurot === undefined ? {} : { oemurot: oemurotOf(configuration) }) };
  const roles = Object.keys(contents) as FileRole[];
  const each = <T>(value: (role: FileRole) => T): Record<string, T> => Object.fromEntries(roles.map((role) => [role, value(role)]));
  const inputs = { kit, configuration, state, contents, paths: each((role) => `${role}.${role === 'image' || role === 'oemurot' ? 'hex' : role === 'rot' ? 'bin' : 'obk'}`), digests: each((role) => `${role} of ${state} ${method}`), bases: {}, credential: credentialOf(method), rotBuild: 'development' } as const;
  return { ...inputs, bases: Object.fromEntries(imageRoles(inputs).map((role) => [role, slotFor(inputs, role).base])) };
}

function oemurotOf({ path }: RotConfiguration): Uint8Array {
  return signImage(rotBinary(), {
    mode: 'primary-only', version: '1.0.0', headerSize: path.headerSize, slotSize: path.firstStage!.secondary.size, align: path.programUnit, maxAlign: path.maxAlign, securityCounter: 'auto',
    signKey: deriveKeyPair(seed, 'board/first-authentication').privateKey, encryptionKey: deriveKeyPair(seed, 'board/first-encryption').publicKey, pad: true, random,
  });
}

function factsOf(inputs: ProvisioningInputs, before: GuardFacts['before']): GuardFacts {
  const evidence = new Evidence();
  evidence.voltages.push(3.28);
  evidence.deviceIds.add(inputs.kit.device.deviceId);
  evidence.probeSns.add(sn);
  if (before === 'CLOSED' || before === 'LOCKED') {
    for (const role of obkRoles(inputs)) evidence.provisioned.add(inputs.digests[role]!);
    for (const role of ['rot', ...imageRoles(inputs)] as FileRole[]) evidence.downloaded.add(inputs.digests[role]!);
    evidence.optionBytes = new Map(Object.entries(inputs.configuration.path.optionBytes));
    evidence.discovery = parseDiscovery(['discovery: ST provisioning integrity status:0xeaeaeaea', 'discovery: permission if authorized...........:(a/14) ==> Full Regression']);
  }
  return { inputs, before, permissions: { productStates: ['CLOSED'], locked: true }, lockedIsForEver: sn, probeSn: sn, tool: { version: '2.21.0', problem: null }, startState: 'OPEN', evidence, boardArguments: '--board desk' };
}

describe('good plans', () => {
  it.each(configurations)('%s → nothing is refused at any moment, in no product state, by no credential; all is proven or does not apply before the last', (_, kit, configuration) => {
    const image = imageOf(configuration);
    const targets: readonly (readonly [FinalState, DaMethod])[] = [...(configuration.bootPath === 'oemirot' ? ([['OPEN', 'certificate']] as const) : []), ['CLOSED', 'certificate'], ['CLOSED', 'password'], ['LOCKED', 'certificate']];
    for (const [state, method] of targets) {
      const inputs = inputsFor(kit, configuration, state, method, image);
      const moments: readonly ('plan' | TargetState)[] = state === 'OPEN' ? ['plan'] : ['plan', 'PROVISIONING', state];
      for (const before of moments) {
        const findings = judgeAll(factsOf(inputs, before));
        const allowed = before === state ? ['proven', 'not-applicable'] : ['proven', 'not-applicable', 'later'];
        expect([state, method, before, findings.filter(({ verdict }) => !allowed.includes(verdict.status))]).toEqual([state, method, before, []]);
      }
    }
  });

  it('one of them with a changed image → refused: the twin', () => {
    const [, kit, configuration] = configurations[0]!;
    const inputs = inputsFor(kit, configuration, 'CLOSED', 'certificate', imageOf(configuration).map((byte, at) => (at === 0x410 ? byte ^ 1 : byte)));
    expect(judgeAll(factsOf(inputs, 'plan')).filter(({ verdict }) => verdict.status === 'refused').map(({ rule }) => rule)).toEqual(['images']);
  });
});
