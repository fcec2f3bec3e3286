import type { MemoryArea } from '../../board/index.js';
import { imageModeOf } from '../../board/index.js';
import { HarnessError } from '../../errors/index.js';
import type { CheckResult } from '../../image/index.js';
import { checkImage } from '../../image/index.js';
import { decodeStirotConfig, parseObk } from '../../keys/index.js';
import { hex32 } from '../../units/index.js';
import type { FileRole } from '../files.js';
import type { ProvisioningInputs } from '../inputs.js';
import type { GuardRule } from './facts.js';
import { changesState, isFinal, later, notApplicable, proven, refused } from './facts.js';
import { isRam } from '../oemurot-binary.js';
import { keysFor, obkProblem } from './key-rules.js';
import { asArgument, fileInWords, nameOf } from './words.js';

type ImageRole = 'image' | 'oemurot';

/** The images of a plan. In OPEN the application may come later. */
export function imageRoles(inputs: ProvisioningInputs): ImageRole[] {
  if (inputs.state === 'OPEN') return inputs.contents.image === undefined ? [] : ['image'];
  return inputs.configuration.bootPath === 'stirot-oemurot' ? ['oemurot', 'image'] : ['image'];
}

/** The download slot of an image. */
export function slotFor({ configuration }: ProvisioningInputs, role: ImageRole): MemoryArea {
  return role === 'oemurot' && configuration.path.firstStage !== undefined ? configuration.path.firstStage.secondary : configuration.layout.secondary;
}

const verdicts = new WeakMap<Uint8Array, { readonly keys: string; readonly result: CheckResult }>();

/** The boot's own verdict on an image with the keys in the configuration OBKey. @throws HarnessError of the decoders */
export function verdictOn(inputs: ProvisioningInputs, role: ImageRole, image: Uint8Array): CheckResult {
  const { configuration } = inputs;
  const config = inputs.digests[role === 'oemurot' ? 'first-config' : 'config'] ?? '';
  const known = verdicts.get(image);
  const about = `${role} ${configuration.bootPath} ${configuration.mode} ${configuration.exec} ${config}`;
  // Judged again and again in the course of a plan; bytes and keys stay the same.
  if (known?.keys === about && config !== '') return known.result;
  const keys = keysFor(inputs, role);
  const result = checkImage(image, {
    mode: role === 'oemurot' ? 'primary-only' : imageModeOf(configuration),
    area: 'secondary',
    slotSize: slotFor(inputs, role).size,
    authPublicKey: keys.authPublicKey,
    encPrivateKey: keys.encPrivateKey,
    storedCounter: 0,
    writeUnit: configuration.path.programUnit,
    maxAlign: configuration.path.maxAlign,
  });
  verdicts.set(image, { keys: about, result });
  return result;
}

/** What is wrong with an image, and what to do about it. */
interface ImageProblem {
  readonly role: ImageRole;
  readonly found: string;
  readonly now: string;
}

function imageProblem(inputs: ProvisioningInputs, role: ImageRole): ImageProblem | undefined {
  const name = fileInWords(inputs, role);
  const problem = (found: string, now = 'sign it with the keys of this configuration, for this slot and mode (rot-hil image sign --pad)'): ImageProblem => ({ role, found, now });
  const image = inputs.contents[role];
  if (image === undefined) return problem(`${name} is missing`, 'name it on the command line');
  if (!/\.hex$/i.test(inputs.paths[role] ?? '')) return problem(`the name of ${name} does not end in .hex, by which the tool tells what a file is`, 'give the signed .hex file');
  const slot = slotFor(inputs, role);
  if (inputs.bases[role] !== undefined && inputs.bases[role] !== slot.base) return problem(`${name} begins at ${hex32(inputs.bases[role])}, the download slot at ${hex32(slot.base)}`, `sign it for the download slot: -x ${hex32(slot.base)}`);
  if (image.length > slot.size) return problem(`${name} has ${image.length} bytes, the slot ${slot.size}`);
  try {
    const { verdict, stage, reason } = verdictOn(inputs, role, image);
    return verdict === 'valid' ? undefined : problem(`${name} would be refused at the stage ${stage}: ${reason}`);
  } catch (error) {
    if (error instanceof HarnessError) return problem(`${name} cannot be judged: ${error.message}`, 'put the configuration OBKey right first');
    throw error;
  }
}

/** What is wrong with the binary for user flash; undefined for nothing. */
function rotProblem(inputs: ProvisioningInputs): string | undefined {
  const { path } = inputs.configuration;
  const name = fileInWords(inputs, 'rot');
  const bytes = inputs.contents.rot;
  if (bytes === undefined) return `${name} is missing`;
  const { address, maxSize } = path.rotBinary;
  // The tool goes by the name, and would say so half way, with everything erased.
  if (!/\.bin$/i.test(inputs.paths.rot ?? '')) return `the name of ${name} does not end in .bin, by which the tool tells what a file is`;
  if (bytes.length < 8) return `${name} has ${bytes.length} bytes: no vector table`;
  if (bytes.length > maxSize) return `${name} has ${bytes.length} bytes, more than ${maxSize}`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const [stack, reset] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (!isRam(stack)) return `${name} does not begin with a vector table: its stack would start at ${hex32(stack)}`;
  if (reset % 2 === 0 || reset < address || reset >= address + maxSize) return `${name} is not linked for ${hex32(address)}: its reset vector is ${hex32(reset)}`;
  return undefined;
}

/** Minimum product states by their code in STiROT_Config.xml. */
const stirotMinimum: Readonly<Record<number, 'CLOSED' | 'LOCKED'>> = { 0x72: 'CLOSED', 0x5c: 'LOCKED' };

export const imageRules: readonly GuardRule[] = [
  {
    id: 'root-of-trust',
    title: 'the binary for user flash fits and begins with a vector table of its place',
    judge: ({ inputs, boardArguments }) => {
      const problem = rotProblem(inputs);
      if (problem === undefined) return proven(`${inputs.contents.rot?.length ?? 0} bytes`);
      return refused(problem, 'the board would be erased and closed, and start nothing', `give the .bin of ${inputs.configuration.bootPath === 'oemirot' ? 'OEMiROT_Boot (in swap mode it fits with IAR or Keil only)' : 'the iLoader'}, built for this device`, `rot-hil provision ${boardArguments} --rot <bin> …`);
    },
  },
  {
    id: 'images',
    title: 'every image verifies with the key inside the configuration OBKey and decrypts with its key',
    judge: ({ inputs }) => {
      const roles = imageRoles(inputs);
      if (roles.length === 0) return notApplicable('no image is written');
      const wrong = roles.map((role) => imageProblem(inputs, role)).filter((problem) => problem !== undefined);
      const [first] = wrong;
      if (first === undefined) return proven(`by the software verifier: ${roles.map((role) => nameOf(inputs, role)).join(', ')}`);
      return refused(wrong.map(({ found }) => found).join('; '), 'the root of trust would refuse the image and start nothing', first.now, `rot-hil obk verify ${asArgument(inputs, first.role === 'oemurot' ? 'first-config' : 'config', '<obk>')} --image ${asArgument(inputs, first.role, '<hex>')}`);
    },
  },
  {
    id: 'flash-written',
    title: 'root of trust and images were written and verified in this run, and are still the same files',
    judge: (facts) => {
      if (!changesState(facts)) return notApplicable('the product state stays OPEN');
      if (!isFinal(facts)) return later('judged when they have been written');
      const roles: FileRole[] = ['rot', ...imageRoles(facts.inputs)];
      const missing = roles.filter((role) => !facts.evidence.downloaded.has(facts.inputs.digests[role] ?? ''));
      if (missing.length === 0) return proven('all of them');
      return refused(
        `not written and verified in this run, or another file than was checked: ${missing.map((role) => nameOf(facts.inputs, role)).join(', ')}`,
        'the board would be closed without them: it would start nothing',
        'bring it back to OPEN and provision it again',
        `rot-hil regress ${facts.boardArguments}`,
      );
    },
  },
  {
    id: 'minimum-state',
    title: 'the minimum product state of the root of trust admits the state',
    judge: ({ inputs, boardArguments }) => {
      const { bootPath } = inputs.configuration;
      const { state } = inputs;
      if (state === 'OPEN' && bootPath === 'oemirot' && inputs.rotBuild === 'production') {
        return refused('OEMiROT_Boot is a production build, which starts nothing below CLOSED', 'the board would start nothing', 'give a build with OEMIROT_DEV_MODE, or close the board', `rot-hil provision ${boardArguments} --rot <development build> …`);
      }
      if (state === 'OPEN') return bootPath === 'oemirot' ? proven(`${inputs.rotBuild} build`) : refused('STiROT starts nothing below CLOSED', 'the board would start nothing', 'choose CLOSED as the state to end in', `rot-hil provision ${boardArguments} --state closed …`);
      if (bootPath !== 'oemirot') {
        const role = bootPath === 'stirot' ? 'config' : 'first-config';
        const bytes = inputs.contents[role];
        if (bytes === undefined || obkProblem(inputs, role) !== undefined) return refused(`the minimum product state in ${fileInWords(inputs, role)} cannot be read`, 'STiROT would start nothing', 'build it again from its XML (rot-hil obk build <xml>)', `rot-hil obk inspect ${asArgument(inputs, role, '<obk>')}`);
        const code = decodeStirotConfig(parseObk(bytes).payload).minimumProductState;
        const minimum = stirotMinimum[code];
        if (minimum === undefined) return refused(`${fileInWords(inputs, role)} demands the product state ${hex32(code)}, which is none`, 'STiROT would start nothing', 'choose 0x72 (CLOSED) or 0x5C (LOCKED) in its XML', 'rot-hil obk build <STiROT_Config.xml>');
        if (minimum === 'LOCKED' && state === 'CLOSED') return refused(`${fileInWords(inputs, role)} demands LOCKED`, 'STiROT would start nothing on a closed board', 'set the minimum product state to CLOSED (0x72) in its XML, and build it again', 'rot-hil obk build <STiROT_Config.xml>');
        // ST's ROM is not public: whether LOCKED stands above CLOSED there, or below it as in OEMiROT_Boot, nobody outside knows.
        if (minimum === 'CLOSED' && state === 'LOCKED') return refused(`${fileInWords(inputs, role)} demands CLOSED, and nothing tells whether STiROT admits LOCKED then`, 'the board would be locked for ever and start nothing', 'set the minimum product state to LOCKED (0x5C) in its XML, and build it again', 'rot-hil obk build <STiROT_Config.xml>');
        if (bootPath === 'stirot' || state === 'CLOSED') return proven(`STiROT demands ${minimum}`);
      }
      if (state === 'CLOSED') return proven(`${inputs.rotBuild} build: CLOSED is admitted by every build`);
      // In the order that OEMiROT_Boot uses, LOCKED stands below CLOSED (low_level_security.c): a production build refuses it.
      if (inputs.rotBuild === 'development') return proven('development build: every product state is admitted');
      return refused(
        inputs.rotBuild === 'production' ? 'OEMiROT_Boot is a production build, whose minimum is CLOSED: LOCKED stands below it' : 'nothing tells whether this build of OEMiROT_Boot admits LOCKED',
        'the board would be locked for ever and start nothing',
        'stay at CLOSED; or build it with a lower OEMIROT_OB_PRODUCT_STATE_VALUE, try that build on a board that you can lose, then say so',
        `rot-hil provision ${boardArguments} --rot-build development …`,
      );
    },
  },
];
