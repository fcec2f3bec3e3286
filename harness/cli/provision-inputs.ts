import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HarnessError } from '../errors/index.js';
import type { KeyPair } from '../keys/index.js';
import { deriveKeyPair } from '../keys/index.js';
import type { DaCredential } from '../keys/index.js';
import { readSecret } from '../lab/index.js';
import type { LabBench, SecretReference } from '../lab/index.js';
import type { DaCredentialFiles } from '../programmer/index.js';
import type { DaMethod, FileContents, FilePaths, FileRole, FinalState, ProvisioningInputs, StFolderContents } from '../provisioning/index.js';
import { daContentFor, derivedContents, derivedCredential, derivedDaContent, oemurotProblem, readCredential, readInputs, requiredRoles } from '../provisioning/index.js';
import { keyPairOf, namedRotKeys } from './lab-keys.js';
import { imageFor } from './provision-image.js';
import type { ResolvedBoard } from './resolve-board.js';
import type { CredentialFileArguments } from './provision-options.js';
import { credentialMethodOf } from './provision-options.js';

export interface InputArguments extends CredentialFileArguments {
  readonly rot?: string;
  readonly seed: number;
  readonly app?: string;
  readonly appVersion?: string;
  readonly rotBuild?: 'development' | 'production';
}

export interface CollectedInputs {
  readonly inputs: ProvisioningInputs;
  /** Files that open the board again; undefined where there are none. */
  readonly credentialFiles?: DaCredentialFiles;
}

/** Where the files come from, most telling first: the command line, ST's folder, the lab file's keys, and last keys that follow from the seed. */
export function collectInputs(
  board: Pick<ResolvedBoard, 'kit' | 'configuration' | 'bench' | 'virtual' | 'labBench'>,
  state: FinalState,
  method: DaMethod,
  named: FilePaths,
  options: InputArguments,
  st: StFolderContents | undefined,
  workDirectory: string,
): CollectedInputs {
  const { kit, configuration, bench } = board;
  const paths: Partial<Record<FileRole, string>> = { ...st?.files, ...named };
  if (options.app !== undefined) delete paths.image;
  if (options.rot !== undefined || paths.rot === undefined) paths.rot = bench.rotBinary.path;
  const oemurot = unsignedOemurot(board, paths);
  const roles = [...requiredRoles(kit, configuration.bootPath, state), ...(state === 'OPEN' ? (['image'] as const) : [])];
  const missing = roles.filter((role) => paths[role] === undefined);
  const credential = credentialOf(board, state, method, options, st?.credential, workDirectory);
  if (missing.length > 0) Object.assign(paths, writeFiles(workDirectory, derive(board, state, method, options, missing, credential, oemurot)));
  if (state === 'OPEN' && configuration.mode === 'swap') paths.blank = writeFiles(workDirectory, { blank: new Uint8Array(kit.externalFlash.sectorSize).fill(0xff) }).blank;
  const used = Object.fromEntries(Object.entries(paths).filter(([role]) => roles.includes(role as FileRole) || role === 'blank').map(([role, path]) => [role, resolve(path)])) as FilePaths;
  // A virtual board's root of trust logs like a development build unless it was started otherwise; what stands at its place is a stand-in.
  const rotBuild = options.rotBuild ?? (board.virtual && configuration.bootPath !== 'stirot' ? 'development' : undefined);
  const inputs = readInputs({ kit, configuration, state, paths: used, ...(rotBuild === undefined ? {} : { rotBuild }), ...(credential === undefined ? {} : { credential: credential.contents }) });
  return { inputs, ...(credential === undefined ? {} : { credentialFiles: credential.files }) };
}

interface Credential {
  readonly files: DaCredentialFiles;
  readonly contents: DaCredential;
  readonly derived: boolean;
}

/**
 * What opens a board again, as files for the tool: from the command line, ST's folder, the lab file, or the seed (virtual boards).
 * @throws HarnessError of files and keys (usage)
 */
export function credentialOf(
  board: Pick<ResolvedBoard, 'virtual' | 'labBench'>,
  state: FinalState,
  method: DaMethod,
  options: CredentialFileArguments & { readonly seed: number },
  st: { readonly key: string; readonly chain: string; readonly password: string } | undefined,
  workDirectory: string,
): Credential | undefined {
  if (state !== 'CLOSED') return undefined;
  const given = credentialMethodOf(options);
  if (given === 'password') return readFiles({ method: 'password', password: resolve(options.daPasswordFile!) });
  if (given === 'certificate') return readFiles({ method: 'certificate', key: resolve(options.daKey!), chain: resolve(options.daChain!) });
  if (st !== undefined) return readFiles(method === 'password' ? { method, password: st.password } : { method, key: st.key, chain: st.chain });
  const lab = board.labBench?.keys.debugAuthentication;
  const asFile = (secret: SecretReference, name: string): string => ('file' in secret ? secret.file : writeSecretFile(workDirectory, name, readSecret(secret, 'keys.debugAuthentication')));
  if (method === 'password' && lab?.password !== undefined) return readFiles({ method, password: asFile(lab.password, 'password.bin') });
  if (method === 'certificate' && lab?.key !== undefined && lab.chain !== undefined) return readFiles({ method, key: asFile(lab.key, 'leaf.pem'), chain: lab.chain });
  // On a real board nothing is closed with what anybody can derive, and whoever forgets the seed.
  if (!board.virtual) return undefined;
  const contents = derivedCredential(String(options.seed));
  const write = (name: keyof typeof contents): string => writeSecretFile(workDirectory, name, contents[name]);
  return { ...readFiles(method === 'password' ? { method, password: write('password.bin') } : { method, key: write('leaf.pem'), chain: write('chain.b64') }), derived: true };
}

/** The DA_Config.obk that a credential stands for, as a file: for a board that was left in PROVISIONING. */
export function derivedDaObk(credential: Credential, options: { readonly seed: number }, workDirectory: string): string {
  return writeSecretFile(workDirectory, 'DA_Config.obk', credential.derived ? derivedDaContent(String(options.seed), credential.contents.method) : daContentFor(credential.contents));
}

function readFiles(files: DaCredentialFiles): Credential {
  return { files, contents: readCredential(files), derived: false };
}

function derive(board: Parameters<typeof collectInputs>[0], state: FinalState, method: DaMethod, options: InputArguments, missing: readonly FileRole[], credential: Credential | undefined, oemurot: Uint8Array | undefined): FileContents {
  const { kit, configuration, bench, labBench } = board;
  const seed = String(options.seed);
  const keys = labKeys(labBench, seed);
  // OEMuROT stands in for itself on a virtual board only; a real one must be the user's.
  if (missing.includes('oemurot') && oemurot === undefined && !board.virtual) throw missingFile('its own OEMuROT', '--oemurot <hex|bin>');
  if (missing.includes('da') && !board.virtual && credential === undefined && state === 'CLOSED') throw missingFile('what opens the board again', '--da-key and --da-chain (or --da-password-file), and --da-obk');
  const image = missing.includes('image') ? imageFor(board, { ...options, seed, ...(keys === undefined ? {} : { keys }) }) : undefined;
  const rot = Uint8Array.from(readFileSync(bench.rotBinary.path));
  const all = derivedContents({ kit, configuration, state, method, seed, rot, ...(oemurot === undefined ? {} : { oemurot }), ...(keys === undefined ? {} : { keys }), ...(image === undefined ? {} : { image }) });
  const da = credential === undefined || credential.derived ? all.da : daContentFor(credential.contents);
  return Object.fromEntries(Object.entries({ ...all, ...(da === undefined ? {} : { da }) }).filter(([role]) => missing.includes(role as FileRole)));
}

/** OEMuROT that is still to be signed; its path is taken out. @throws HarnessError `oemurot-binary` (usage) */
function unsignedOemurot({ bench, configuration, virtual }: Parameters<typeof collectInputs>[0], paths: Partial<Record<FileRole, string>>): Uint8Array | undefined {
  if (configuration.bootPath !== 'stirot-oemurot') return undefined;
  const path = bench.secondStage ?? paths.oemurot;
  if (path === undefined || !/\.bin$/i.test(path)) {
    if (path !== undefined) paths.oemurot = path;
    return undefined;
  }
  delete paths.oemurot;
  const refuse = (problem: string, cause?: unknown): HarnessError =>
    new HarnessError({ code: 'oemurot-binary', kind: 'usage', message: `${path}: ${problem}`, nextStep: 'build OEMiROT_Boot with OEMUROT_ENABLE, and give its OEMiROT_Boot.bin or the signed OEMiROT_Boot_enc_sign.hex', ...(cause === undefined ? {} : { cause }) });
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(readFileSync(path));
  } catch (cause) {
    throw refuse('it cannot be read', cause);
  }
  const problem = oemurotProblem(configuration, bytes);
  // What stands in for it on a virtual board is linked for anywhere.
  if (problem !== undefined && !virtual) throw refuse(problem);
  return bytes;
}

/** Those that the lab file names, each other one as the seed gives it; undefined where it names none. */
function labKeys(bench: LabBench | undefined, seed: string): { readonly authentication: KeyPair; readonly encryption: KeyPair } | undefined {
  if (namedRotKeys(bench) === undefined) return undefined;
  const pair = (name: 'authentication' | 'encryption'): KeyPair => keyPairOf(bench!, name) ?? deriveKeyPair(seed, `board/${name}`);
  return { authentication: pair('authentication'), encryption: pair('encryption') };
}

function missingFile(what: string, option: string): HarnessError {
  return new HarnessError({ code: 'file-missing', kind: 'usage', message: `a real board needs ${what}`, nextStep: `give ${option}, or import ST's folder with --st-folder` });
}

function writeFiles(folder: string, contents: FileContents): Record<string, string> {
  return Object.fromEntries(Object.entries(contents).map(([role, bytes]) => [role, writeSecretFile(folder, `${role}.${role === 'image' || role === 'oemurot' ? 'hex' : role === 'rot' || role === 'blank' ? 'bin' : 'obk'}`, bytes)]));
}

function writeSecretFile(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}
