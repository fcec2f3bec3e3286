import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Kit, RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import { parseVersion } from '../image/header.js';
import type { ApplicationNamed } from '../record/index.js';
import { readApplication } from '../session/application.js';
import { hex32 } from '../units/index.js';
import { packagePath } from './package-files.js';

export interface RunApplications {
  /** The application under test; `path` absolute. */
  readonly application: ApplicationNamed;
  /** The later version that updates it; `path` absolute. */
  readonly update: ApplicationNamed;
}

interface Artefact {
  readonly file: string;
  readonly fixture: string;
  readonly version: string;
  readonly kit: string;
  /** `0x70000400`. */
  readonly runAddress: string;
  readonly sha256: string;
}

/** Largest ELF that is read: ten times the largest slot. */
const maxElfBytes = 32 * 1024 * 1024;

/**
 * The applications of a run: the prebuilt fixtures for kit and run address, the first of which `--app` replaces.
 * @throws HarnessError `app-unreadable`, `app-version`, `no-fixture` (usage), and those of `readApplication` and `parseVersion`: not one test could tell anything
 */
export function runApplications(kit: Kit, configuration: RotConfiguration, app: string | undefined, appVersion: string | undefined): RunApplications {
  const { artefacts } = JSON.parse(readFileSync(packagePath('firmware-fixtures', 'prebuilt', 'manifest.json'), 'utf8')) as { artefacts: Artefact[] };
  const [first, second] = artefacts.filter((one) => one.fixture === 'app' && one.kit === kit.id && Number(one.runAddress) === configuration.layout.runAddress && one.file.endsWith('.elf'));
  if (first === undefined || second === undefined) {
    throw new HarnessError({ code: 'no-fixture', kind: 'usage', message: `there is no prebuilt application for ${kit.id} at ${hex32(configuration.layout.runAddress)}`, nextStep: 'choose another kit or execution mode' });
  }
  const prebuilt = (one: Artefact): ApplicationNamed => ({ path: packagePath('firmware-fixtures', 'prebuilt', one.file), sha256: one.sha256, version: one.version });
  if (app === undefined) {
    if (appVersion === undefined) return { application: prebuilt(first), update: prebuilt(second) };
    throw new HarnessError({ code: 'app-version', kind: 'usage', message: '--app-version is given without --app', nextStep: 'name the application that has this version with --app' });
  }
  const bytes = readApp(app);
  readApplication(app, configuration);
  if (appVersion !== undefined) parseVersion(appVersion);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const known = artefacts.find((one) => one.sha256 === sha256);
  return { application: { path: resolve(app), sha256, version: appVersion ?? known?.version ?? first.version }, update: prebuilt(second) };
}

function readApp(path: string): Uint8Array {
  const problem = (message: string): HarnessError => new HarnessError({ code: 'app-unreadable', kind: 'usage', message, nextStep: 'give the ELF file of the application with --app' });
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw problem(`cannot read the application ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (bytes.length > maxElfBytes) throw problem(`${path} is larger than ${maxElfBytes} bytes`);
  if (!(bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46)) throw problem(`${path} is no ELF file`);
  return bytes;
}
