import type { Kit, RotConfiguration } from '../board/index.js';
import { isHarnessError } from '../errors/index.js';
import { applicationMagic, formatVersion, headerStructSize, parseHeader } from '../image/index.js';
import type { Programmer } from '../programmer/index.js';
import { hex } from '../units/index.js';

export type ProductState = 'OPEN' | 'PROVISIONING' | 'PROVISIONED' | 'CLOSED' | 'LOCKED' | 'unknown';

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

/** Codes of stm32h7rsxx_hal_flash_ex.h: OB_NVSTATE_*, OB_OEM_PROVD_ENABLE, OB_DBG_AUTH_*. */
const nvState = { open: 0xb4, close: 0x51 } as const;
const provisioned = 0xb4;
const debugAuthentication: Readonly<Record<number, ProductState>> = { 0xff: 'PROVISIONED', 0xb4: 'LOCKED', 0x51: 'CLOSED', 0x8a: 'CLOSED' };

/** The product state that NVSTATE, OEM_PROVD and DBG_AUTH spell together. */
export function productStateOf(optionBytes: ReadonlyMap<string, number>): ProductState {
  const state = optionBytes.get('NVSTATE');
  if (state === nvState.open) return 'OPEN';
  if (state !== nvState.close) return 'unknown';
  const authentication = optionBytes.get('DBG_AUTH') ?? -1;
  if (optionBytes.get('OEM_PROVD') !== provisioned) return authentication === 0xff ? 'PROVISIONING' : 'unknown';
  return debugAuthentication[authentication] ?? 'unknown';
}

/**
 * Reads what a board is, without reset and without writing anything.
 * @throws HarnessError of the programmer (bench) when tool or probe are missing; a board that only refuses to be debugged gives `unknown`
 */
export async function readBoardStatus(programmer: Programmer, kit: Kit, configuration: RotConfiguration): Promise<BoardStatusReport> {
  const why: string[] = [];
  const journal = { lastStep: null, certain: true } as const;
  let optionBytes: ReadonlyMap<string, number>;
  try {
    const connection = await programmer.connect('Hotplug');
    if (connection.deviceId !== null && connection.deviceId !== kit.device.deviceId) {
      why.push(`the device id is ${hex(connection.deviceId)}, not ${hex(kit.device.deviceId)} as on ${kit.name}`);
    }
    optionBytes = await programmer.readOptionBytes();
  } catch (error) {
    if (!isHarnessError(error) || error.code !== 'target-unreachable') throw error;
    why.push(`the probe answers and the target does not: ${error.message}`, 'a closed device refuses debugging without authentication; so does one without power');
    return { productState: 'unknown', integrity: null, boots: null, recoverable: false, why, journal };
  }
  const productState = productStateOf(optionBytes);
  if (productState === 'unknown') why.push(`NVSTATE, OEM_PROVD and DBG_AUTH spell no product state: ${['NVSTATE', 'OEM_PROVD', 'DBG_AUTH'].map((name) => `${name}=${describe(optionBytes.get(name))}`).join(' ')}`);
  if (productState === 'OPEN') {
    why.push('integrity: no debug-authentication credential is needed or checked in OPEN', 'recoverable: in OPEN everything can be erased and written again');
  } else if (productState === 'LOCKED') {
    why.push('recoverable: LOCKED has no way back');
  } else {
    why.push('recoverable: not before a discovery shows that a regression is permitted');
  }
  const boots = await runningVersion(programmer, configuration, why);
  const different = Object.entries(configuration.path.optionBytes).filter(([name, value]) => optionBytes.get(name) !== value);
  if (different.length > 0) {
    why.push(`the root of trust would not start: ${different.map(([name, value]) => `${name} is ${describe(optionBytes.get(name))}, it demands ${hex(value)}`).join(', ')}`);
  }
  return { productState, integrity: null, boots, recoverable: productState === 'OPEN', why, journal };
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
