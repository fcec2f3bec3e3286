import type { RotConfiguration } from '../../board/index.js';
import { stirotSlots, userFlashOf } from '../../board/index.js';
import { HarnessError } from '../../errors/index.js';
import { decodeOemirotConfig, decodeStirotConfig, opensDevice, parseObk, readDaObk, readObkMeaning } from '../../keys/index.js';
import type { ConfiguredKeys, DaConfiguration } from '../../keys/index.js';
import { hex, hex32 } from '../../units/index.js';
import type { FileRole } from '../files.js';
import { requiredRoles } from '../files.js';
import type { ProvisioningInputs } from '../inputs.js';
import type { GuardRule } from './facts.js';
import { changesState, isFinal, later, notApplicable, proven, refused } from './facts.js';
import { asArgument, fileInWords, nameOf } from './words.js';

interface Destination {
  readonly hdpl: number;
  readonly index: number;
  /** Payload sizes in bytes; files are 12 longer. */
  readonly sizes: readonly number[];
}

const stirotConfig: Destination = { hdpl: 1, index: 8, sizes: [256] };
const stirotData: Destination = { hdpl: 1, index: 16, sizes: [192] };

/** Where each OBKey file must go (low_level_obkeys.h of OEMiROT_Boot; ObDestAddress in the XML files of ROT_Provisioning). */
function destinationOf({ bootPath }: Pick<RotConfiguration, 'bootPath'>, role: FileRole): Destination | undefined {
  const level = bootPath === 'stirot-oemurot' ? 2 : 1;
  switch (role) {
    case 'hardware-keys':
      return { hdpl: 1, index: 0, sizes: [96] };
    case 'da':
      // 108 bytes with certificate or password, 44 for the one that locks.
      return { hdpl: 0, index: 8, sizes: [96, 32] };
    case 'first-config':
      return stirotConfig;
    case 'first-data':
      return stirotData;
    case 'config':
      return bootPath === 'stirot' ? stirotConfig : { hdpl: level, index: 8, sizes: [224] };
    case 'data':
      return bootPath === 'stirot' ? stirotData : { hdpl: level, index: 15, sizes: [192] };
    default:
      return undefined;
  }
}

/** What is wrong with an OBKey file for its place; undefined for nothing. */
export function obkProblem(inputs: ProvisioningInputs, role: FileRole): string | undefined {
  const name = fileInWords(inputs, role);
  const wanted = destinationOf(inputs.configuration, role);
  const bytes = inputs.contents[role];
  if (wanted === undefined) return undefined;
  if (bytes === undefined) return `${name} is missing`;
  try {
    const { hdpl, index, payload, doEncryption } = parseObk(bytes);
    if (hdpl !== wanted.hdpl || index !== wanted.index) return `${name} is for level ${hdpl}, index ${index}, not for level ${wanted.hdpl}, index ${wanted.index}`;
    if (!wanted.sizes.includes(payload.length)) return `${name} has ${bytes.length} bytes, not ${wanted.sizes.map((size) => size + 12).join(' or ')}`;
    // A device without a cipher engine of its own has none for its OBKeys either (ROT_Provisioning/OEMiROT/provisioning.sh, device_type H7R).
    const encrypted = inputs.state !== 'OPEN' && inputs.kit.device.memoryCipherEngine;
    if (role !== 'da' && doEncryption !== encrypted) return `${name} ${doEncryption ? 'asks for encryption, which this device and state cannot do' : 'asks for no encryption: its keys would lie in the clear and the root of trust would not read them'}`;
    if (role === 'da' && !doEncryption) return `${name} asks for no encryption`;
    readObkMeaning(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof HarnessError) return `${name}: ${error.message}`;
    throw error;
  }
}

/** The OBKeys that a plan writes, in its order. */
export function obkRoles(inputs: ProvisioningInputs): FileRole[] {
  return requiredRoles(inputs.kit, inputs.configuration.bootPath, inputs.state).filter((role) => destinationOf(inputs.configuration, role) !== undefined);
}

/** The keys that check an image of this role. @throws HarnessError of the decoders */
export function keysFor(inputs: ProvisioningInputs, role: 'image' | 'oemurot'): ConfiguredKeys {
  const { bootPath } = inputs.configuration;
  const config = inputs.contents[role === 'oemurot' ? 'first-config' : 'config'];
  if (config === undefined) throw new HarnessError({ code: 'file-missing', kind: 'usage', message: 'there is no configuration OBKey', nextStep: 'name it on the command line' });
  const { payload } = parseObk(config);
  return role === 'oemurot' || bootPath === 'stirot' ? decodeStirotConfig(payload) : decodeOemirotConfig(payload);
}

function daConfiguration(inputs: ProvisioningInputs): DaConfiguration | undefined {
  const bytes = inputs.contents.da;
  try {
    return bytes === undefined ? undefined : readDaObk(bytes);
  } catch {
    // Told by the rule on the OBKey files.
    return undefined;
  }
}

/** Where STiROT's configuration disagrees with the slots of the boot path. */
function stirotDisagreement(inputs: ProvisioningInputs): string | undefined {
  const slots = stirotSlots(inputs.configuration);
  const bytes = inputs.contents[inputs.configuration.bootPath === 'stirot' ? 'config' : 'first-config'];
  if (slots === undefined || bytes === undefined || obkProblem(inputs, inputs.configuration.bootPath === 'stirot' ? 'config' : 'first-config') !== undefined) return undefined;
  const config = decodeStirotConfig(parseObk(bytes).payload);
  const rows: readonly (readonly [string, number, number])[] = [
    ['installation area', config.installAddress, slots.primary.base],
    ['download area', config.downloadAddress, slots.secondary.base],
    ['firmware area in RAM', config.runAddress, slots.run.base],
    ['size of the areas', config.areaSize, slots.primary.size],
    ['place of the iLoader', userFlashOf(inputs.kit) + config.iLoaderOffset, inputs.configuration.path.rotBinary.address],
  ];
  const wrong = rows.filter(([, found, wanted]) => found !== wanted).map(([name, found, wanted]) => `${name} ${hex32(found)} instead of ${hex32(wanted)}`);
  const rot = inputs.contents.rot?.length ?? 0;
  if (rot > config.iLoaderSize) wrong.push(`the iLoader has ${rot} bytes, the configuration says ${hex(config.iLoaderSize)}`);
  return wrong.length === 0 ? undefined : wrong.join(', ');
}

export const keyRules: readonly GuardRule[] = [
  {
    id: 'obk-files',
    title: 'every OBKey file has the right size, destination, encryption and hash',
    judge: ({ inputs }) => {
      const roles = obkRoles(inputs);
      const bad = roles.flatMap((role) => {
        const problem = obkProblem(inputs, role);
        return problem === undefined ? [] : [{ role, problem }];
      });
      if (bad.length > 0) {
        const lost = bad.some(({ role }) => role === 'da') ? 'the chip would find no sound credential: a closed board would never open again' : 'the root of trust would find no keys, and start nothing';
        return refused(bad.map(({ problem }) => problem).join('; '), lost, `give the right file, or build it again from its XML for ${inputs.configuration.bootPath} and ${inputs.state} (rot-hil obk build <xml>)`, `rot-hil obk inspect ${asArgument(inputs, bad[0]!.role, '<obk>')}`);
      }
      const disagreement = stirotDisagreement(inputs);
      const role = inputs.configuration.bootPath === 'stirot' ? 'config' : 'first-config';
      if (disagreement !== undefined) return refused(`${fileInWords(inputs, role)}: ${disagreement}`, 'STiROT would look for the image where none is, and start nothing', 'correct its XML and build it again (rot-hil obk build <xml>), or choose the boot path that it is made for', `rot-hil obk inspect ${asArgument(inputs, role, '<obk>')}`);
      return proven(`${roles.length} files, each decoded: ${roles.map((role) => nameOf(inputs, role)).join(', ')}`);
    },
  },
  {
    id: 'obk-answered',
    title: 'every OBKey file was answered with its positive line in this run, and is still the same file',
    judge: (facts) => {
      if (!isFinal(facts)) return later('judged when they have been provisioned');
      const missing = obkRoles(facts.inputs).filter((role) => !facts.evidence.provisioned.has(facts.inputs.digests[role] ?? ''));
      if (missing.length === 0) return proven('all of them');
      return refused(
        `not provisioned with the tool's word for success in this run, or another file than was checked: ${missing.map((role) => nameOf(facts.inputs, role)).join(', ')}`,
        'the board would be closed without these keys: it would start nothing, and without the debug-authentication key it would never open again',
        'bring it back to OPEN and provision it again',
        `rot-hil regress ${facts.boardArguments}`,
      );
    },
  },
  {
    id: 'da-method',
    title: 'the debug-authentication OBKey is of the kind that the product state needs',
    judge: (facts) => {
      if (!changesState(facts)) return notApplicable('product state OPEN needs no debug authentication');
      const device = daConfiguration(facts.inputs);
      const locks = facts.inputs.state === 'LOCKED';
      if (device === undefined) return refused(`${fileInWords(facts.inputs, 'da')} is no debug-authentication OBKey that can be read`, 'the board would be closed for ever', 'give the DA_Config.obk of a chain that you keep, or make both', 'rot-hil keys generate --da <folder>');
      if (locks === (device.method === 'locked')) return proven(device.method);
      return locks
        ? refused(`${fileInWords(facts.inputs, 'da')} opens a board by ${device.method}; LOCKED takes DA_ConfigLock.obk`, 'a credential that nothing ever asks for would be provisioned, as if the board could be opened', 'give DA_ConfigLock.obk, or stay at CLOSED', `rot-hil provision ${facts.boardArguments} --state locked --da-obk <DA_ConfigLock.obk> …`)
        : refused(`${fileInWords(facts.inputs, 'da')} is a DA_ConfigLock.obk`, 'the board would be locked for ever instead of closed', 'give DA_Config.obk or DA_ConfigWithPassword.obk', `rot-hil provision ${facts.boardArguments} --state closed --da-obk <DA_Config.obk> …`);
    },
  },
  {
    id: 'da-credential',
    title: 'the leaf key and chain, or the password, at hand open a device with this debug-authentication OBKey',
    judge: (facts) => {
      if (!changesState(facts)) return notApplicable('product state OPEN needs no debug authentication');
      if (facts.inputs.state === 'LOCKED') return notApplicable('LOCKED is opened by nothing');
      const device = daConfiguration(facts.inputs);
      const { credential } = facts.inputs;
      const lost = 'the board would be closed and nothing at hand would open it: it would be lost';
      if (device === undefined) return refused(`${fileInWords(facts.inputs, 'da')} is no debug-authentication OBKey that can be read`, lost, 'give the DA_Config.obk of a chain that you keep', `rot-hil obk inspect ${asArgument(facts.inputs, 'da', '<obk>')}`);
      if (credential === undefined) return refused('neither a leaf key with its chain nor a password was given', lost, 'give what will open the board again, on the command line or as keys.debugAuthentication in the lab file', `rot-hil provision ${facts.boardArguments} ${device.method === 'password' ? '--da-password-file <password.bin>' : '--da-key <pem> --da-chain <b64>'} …`);
      const opening = opensDevice(device, credential);
      if (opening.opens) return proven(`by computation: ${credential.method}`);
      return refused(
        `${fileInWords(facts.inputs, 'da')}: ${opening.reason}`,
        lost,
        opening.refusal === 'no-full-regression' ? 'build DA_Config.obk and certificates with permission bit 14, the full regression' : `find the ${device.method === 'password' ? 'password' : 'key and chain'} that this DA_Config.obk was built from, or give the DA_Config.obk that belongs to yours`,
        `rot-hil keys check --obk ${asArgument(facts.inputs, 'da', '<obk>')} ${credential.method === 'password' ? '--password-file <password.bin>' : '--chain <b64> --key <pem>'}`,
      );
    },
  },
];
