import { constants } from 'node:fs';
import { access, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { loadKit, listKits } from '../board/index.js';
import { HarnessError, asHarnessError } from '../errors/index.js';
import type { Probe } from '../programmer/index.js';
import { Programmer, findProgrammer } from '../programmer/index.js';
import { sameSerialNumber } from './serial-number.js';

/** A serial port of this machine. */
export interface AttachedPort {
  readonly path: string;
  /** USB serial number; an ST-LINK's port has that of the ST-LINK. */
  readonly serialNumber: string | null;
  readonly manufacturer: string | null;
  /** Lower-case hexadecimal: `0483`. */
  readonly vendorId: string | null;
  readonly productId: string | null;
  /** Whether this user may open it. */
  readonly accessible: boolean;
}

/** An ST-LINK with what can be told about its board. */
export interface AttachedProbe extends Probe {
  /** Kit whose board carries this probe; null for a stand-alone probe or an unknown board. */
  readonly kit: string | null;
  /** The probe's own serial port. */
  readonly port: string | null;
  /** The same by a name that stays when it is plugged in again: /dev/serial/by-id/…; else as `port`. */
  readonly stablePort?: string | null;
}

export interface Attached {
  readonly tool: { readonly path: string; readonly version: string } | null;
  readonly probes: readonly AttachedProbe[];
  readonly ports: readonly AttachedPort[];
  /** What could not be looked at, and what to do about it. */
  readonly problems: readonly HarnessError[];
}

export interface DiscoveryOptions {
  /** STM32_Programmer_CLI or its folder; default: where it is usually installed. */
  readonly tool?: string;
  /** For tests: the folder with names that stay. */
  readonly links?: string;
  /** For tests: what the operating system lists. */
  readonly listPorts?: () => Promise<readonly SystemPort[]>;
  readonly signal?: AbortSignal;
}

/** A port as the serialport package lists it. */
export interface SystemPort {
  readonly path: string;
  readonly serialNumber?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
}

/** The kit of that name on a probe; null for none. */
export function kitOfBoardName(board: string | null): string | null {
  if (board === null) return null;
  return listKits().find((id) => loadKit(id).name.toLowerCase() === board.toLowerCase() || id === board.toLowerCase()) ?? null;
}

/** Looks at what is attached. Never throws for what is missing: that stands in `problems`. */
export async function discover(options: DiscoveryOptions = {}): Promise<Attached> {
  const problems: HarnessError[] = [];
  const note = <T>(fallback: T) => (thrown: unknown): T => {
    problems.push(asHarnessError(thrown));
    return fallback;
  };
  const [ports, seen] = await Promise.all([attachedPorts(options).catch(note<AttachedPort[]>([])), askTool(options).catch(note(null))]);
  const links = await stableNames(options.links ?? '/dev/serial/by-id');
  const probes = (seen?.probes ?? []).map((probe) => {
    const port = ports.find(({ serialNumber }) => serialNumber !== null && sameSerialNumber(serialNumber, probe.sn))?.path ?? null;
    return { ...probe, kit: kitOfBoardName(probe.board), port, stablePort: port === null ? null : (links.get(port) ?? port) };
  });
  return { tool: seen?.tool ?? null, probes, ports, problems };
}

async function askTool({ tool, signal }: DiscoveryOptions): Promise<{ tool: { path: string; version: string }; probes: Probe[] }> {
  const path = findProgrammer(tool === undefined ? {} : { path: tool });
  const programmer = new Programmer({ path, ...(signal === undefined ? {} : { signal }) });
  return { tool: { path, version: await programmer.version() }, probes: await programmer.listProbes() };
}

async function attachedPorts({ listPorts = systemPorts }: DiscoveryOptions): Promise<AttachedPort[]> {
  const found = await listPorts();
  return Promise.all(
    found
      // Built-in UARTs without anything behind them are listed by the dozen.
      .filter((port) => port.vendorId !== undefined || port.serialNumber !== undefined)
      .map(async (port) => ({
        path: port.path,
        serialNumber: port.serialNumber ?? null,
        manufacturer: port.manufacturer ?? null,
        vendorId: port.vendorId?.toLowerCase() ?? null,
        productId: port.productId?.toLowerCase() ?? null,
        accessible: await mayOpen(port.path),
      })),
  );
}

/** Where the serial port of a probe is now; undefined while it is not there. Never throws. */
export async function locatePort(probeSn: string, listPorts: () => Promise<readonly SystemPort[]> = systemPorts): Promise<string | undefined> {
  const ports = await listPorts().catch(() => []);
  return ports.find(({ serialNumber }) => serialNumber !== undefined && sameSerialNumber(serialNumber, probeSn))?.path;
}

async function mayOpen(path: string): Promise<boolean> {
  // Windows ports are no files; whether they open shows when they are opened.
  if (process.platform === 'win32') return true;
  return access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}

async function systemPorts(): Promise<readonly SystemPort[]> {
  const { SerialPort } = await import('serialport/dist/serialport.js');
  try {
    return await SerialPort.list();
  } catch (cause) {
    // Minimal Linux systems lack udevadm, which the library asks; USB ports have their names here all the same.
    if (process.platform === 'linux') return linuxPorts('/dev/serial/by-id');
    throw new HarnessError({
      code: 'ports-unlisted',
      kind: 'bench',
      message: `the serial ports cannot be listed: ${cause instanceof Error ? cause.message.slice(0, 200) : 'unknown reason'}`,
      nextStep: 'give the port by --console',
      cause,
    });
  }
}

/** Links by the port that they lead to; empty where there are none. */
async function stableNames(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder).catch(() => []);
  const pairs = await Promise.all(names.map(async (name) => [await realpath(join(folder, name)).catch(() => ''), join(folder, name)] as const));
  return new Map(pairs);
}

/** Ports by their links: `usb-STMicroelectronics_STLINK-V3_<serial number>-if02`. A folder that is not there means no port. */
export async function linuxPorts(folder: string): Promise<SystemPort[]> {
  const names = await readdir(folder).catch(() => []);
  return Promise.all(
    names.map(async (name) => {
      const match = /^usb-([^_]+)_.*_([^_]+)-(?:if|port)\d+/.exec(name);
      const path = await realpath(join(folder, name)).catch(() => join(folder, name));
      return { path, manufacturer: match?.[1], serialNumber: match?.[2] ?? name };
    }),
  );
}

/** A bench of a lab file for each probe, as YAML ready to paste; what is not known is left to be filled in. */
export function labFileBlock(attached: Pick<Attached, 'probes'>): string {
  if (attached.probes.length === 0) return '';
  const quote = (text: string): string => JSON.stringify(text);
  const lines = ['benches:'];
  attached.probes.forEach((probe, index) => {
    lines.push(
      `  - name: ${quote(`${probe.kit ?? 'board'}-${index + 1}`)}`,
      // A line that is to be filled in stands as a comment: pasted as it is, the lab file names what is missing.
      probe.kit === null ? `    # kit: ${listKits().join(' or ')}` : `    kit: ${probe.kit}`,
      '    probe:',
      `      sn: ${quote(probe.sn)}`,
      '    console:',
      probe.port === null ? '      # path: serial port of the board' : `      path: ${quote(probe.stablePort ?? probe.port)}`,
      `      baudRate: ${probe.kit === null ? 115200 : loadKit(probe.kit).console.baudRate}`,
      '    # rot: [{ file: OEMiROT_Boot.bin }]                   # your own build of the root of trust',
      '    # permissions: { productStates: [PROVISIONING, CLOSED] } # nothing but OPEN unless it is said',
    );
  });
  return lines.join('\n') + '\n';
}
