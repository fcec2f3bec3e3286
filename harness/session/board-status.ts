import type { Kit, RotConfiguration } from '../board/index.js';
import { isHarnessError } from '../errors/index.js';
import { applicationMagic, formatVersion, headerStructSize, parseHeader } from '../image/index.js';
import type { DiscoveryReport, Programmer } from '../programmer/index.js';
import { goodIntegrity, permitsFullRegression } from '../programmer/index.js';
import type { JournalReport, ProductState } from '../provisioning/index.js';
import { emptyJournal, journalAdvice, readBoardState } from '../provisioning/index.js';
import { hex } from '../units/index.js';

/** What a board is now, as `rot-hil status --json` prints it. */
export interface BoardStatusReport {
  readonly productState: ProductState;
  /** ST provisioning integrity status of the debug authentication's discovery; null where it says nothing. */
  readonly integrity: string | null;
  /** Version of the application in the run slot; null when there is none. */
  readonly boots: string | null;
  /** Whether the board can be brought back to OPEN. */
  readonly recoverable: boolean;
  /** One sentence for each of the above that wants a reason. */
  readonly why: readonly string[];
  readonly journal: { readonly lastStep: string | null; readonly certain: boolean };
}

export interface BoardStatusOptions {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  /** What the board's journal tells; default: nothing was ever written to it. */
  readonly journal?: JournalReport;
  /** `--board desk`: for the commands in the reasons. */
  readonly boardArguments?: string;
}

/**
 * Reads what a board is and writes nothing. A board that lets itself be debugged is not reset; one that does not is asked by a discovery, which resets it.
 * @throws HarnessError of the programmer (bench) when tool or probe are missing; a board that does not answer at all gives `unknown`
 */
export async function readBoardStatus(programmer: Programmer, options: BoardStatusOptions): Promise<BoardStatusReport> {
  const { kit, configuration, journal: report = emptyJournal, boardArguments = '' } = options;
  const why: string[] = [];
  const { productState, connection, optionBytes, discovery, refusal } = await readBoardState(programmer);
  const journal = { lastStep: report.lastStep, certain: report.certain };
  const id = connection?.deviceId ?? discovery?.targetId ?? null;
  if (id !== null && id !== kit.device.deviceId) why.push(`the device id is ${hex(id)}, not ${hex(kit.device.deviceId)} as on ${kit.name}`);
  if (refusal !== undefined) why.push(`the probe answers and the target does not: ${refusal}`);
  if (optionBytes === undefined && discovery === undefined) why.push('a device without power answers like that; so does one whose reset is held');
  if (discovery !== undefined) why.push('asked by a discovery, which resets the board');
  if (optionBytes !== undefined && productState === 'unknown') {
    why.push(`NVSTATE, OEM_PROVD and DBG_AUTH spell no product state: ${['NVSTATE', 'OEM_PROVD', 'DBG_AUTH'].map((name) => `${name}=${describe(optionBytes.get(name))}`).join(' ')}`);
  }
  const recoverable = judgeRecovery(productState, discovery, why, boardArguments);
  const boots = optionBytes === undefined || productState !== 'OPEN' ? null : await runningVersion(programmer, configuration, why);
  if (optionBytes !== undefined && productState === 'OPEN') {
    const different = Object.entries(configuration.path.optionBytes).filter(([name, value]) => optionBytes.get(name) !== value);
    if (different.length > 0) why.push(`the root of trust would not start: ${different.map(([name, value]) => `${name} is ${describe(optionBytes.get(name))}, it demands ${hex(value)}`).join(', ')}`);
  } else if (productState !== 'OPEN' && productState !== 'unknown') {
    why.push(productState === 'PROVISIONING' ? 'boots: no user code runs in PROVISIONING' : `boots: in ${productState} the run slot cannot be read; the console tells (rot-hil console ${boardArguments})`);
  }
  why.push(...journalAdvice(report, boardArguments));
  const integrity = discovery?.integrity ?? null;
  return { productState, integrity: integrity === null ? null : hex(integrity), boots, recoverable, why, journal };
}

function judgeRecovery(state: ProductState, discovery: DiscoveryReport | undefined, why: string[], boardArguments: string): boolean {
  switch (state) {
    case 'OPEN':
      why.push('integrity: no debug-authentication credential is needed or checked in OPEN', 'recoverable: in OPEN everything can be erased and written again');
      return true;
    case 'PROVISIONING':
      why.push(`recoverable: with its DA_Config.obk and the credential that belongs to it: rot-hil regress ${boardArguments}`);
      return true;
    case 'LOCKED':
      why.push('recoverable: LOCKED has no way back');
      return false;
    case 'unknown':
      why.push('recoverable: not known while the product state is not');
      return false;
    default:
  }
  if (discovery === undefined) {
    why.push('recoverable: not before a discovery shows that a regression is permitted');
    return false;
  }
  const sound = discovery.integrity === goodIntegrity;
  const permitted = permitsFullRegression(discovery);
  if (!sound) why.push(`recoverable: the integrity status is ${discovery.integrity === null ? 'not told' : hex(discovery.integrity)}: no valid credential is provisioned, and a ${state} board without one is lost`);
  else if (!permitted) why.push('recoverable: the chip offers no full regression');
  else why.push(`recoverable: by full regression, with the credential that it was provisioned for: rot-hil regress ${boardArguments}`);
  return sound && permitted;
}

const describe = (value: number | undefined): string => (value === undefined ? 'not shown' : hex(value));

/**
 * The root of trust copies the image with its header to the run slot before it starts it.
 * unverified: that a debug access to the run slot of a board sees the deciphered content (MCE2) is not confirmed on hardware.
 */
async function runningVersion(programmer: Programmer, configuration: RotConfiguration, why: string[]): Promise<string | null> {
  const { layout, exec } = configuration;
  const base = layout.run?.base ?? layout.primary.base;
  try {
    const header = parseHeader(await programmer.read(base, headerStructSize));
    if (header.magic === applicationMagic) return formatVersion(header.version);
    why.push(`boots: there is no image in the ${exec === 'xip' ? 'primary' : 'run'} slot at ${hex(base)}`);
  } catch (error) {
    if (!isHarnessError(error) || error.code === 'interrupted') throw error;
    why.push(`boots: the run slot cannot be read: ${error.message}`);
  }
  return null;
}
