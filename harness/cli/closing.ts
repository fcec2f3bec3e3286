import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '../errors/index.js';
import { readSecret, type LabKeys, type Permissions, type SecretReference } from '../lab/index.js';
import type { DaCredentialFiles } from '../programmer/index.js';
import { oemurotProblem } from '../provisioning/oemurot-binary.js';
import type { ClosingOptions } from '../session/index.js';
import type { ResolvedBoard } from './resolve-board.js';

/** What a run may do to a board that it closes, and what opens it again. */
export interface Closing {
  readonly permissions: Permissions;
  readonly boardArguments: string;
  /** Undefined: derived from the seed. */
  readonly debugAuthentication?: LabKeys['debugAuthentication'];
}

/**
 * Asked before anything is done. Undefined on a boot path whose board stays OPEN, where nobody permits to close it: suites that would do without.
 * @throws HarnessError `closing-not-permitted` (guard); `credential-missing`, `oemurot-missing`, `oemurot-binary` (usage)
 */
export function closingOf(board: Pick<ResolvedBoard, 'bench' | 'configuration' | 'permissions' | 'virtual' | 'labBench'>, boardArguments: string): Closing | undefined {
  const { bootPath } = board.configuration;
  const { permissions, virtual, labBench, bench } = board;
  const debugAuthentication = labBench?.keys.debugAuthentication;
  const withoutCredential = !virtual && debugAuthentication?.password === undefined && (debugAuthentication?.key === undefined || debugAuthentication.chain === undefined);
  if (bootPath === 'oemirot' && (withoutCredential || !permissions.productStates.includes('CLOSED'))) return undefined;
  if (!permissions.productStates.includes('CLOSED')) {
    throw new HarnessError({
      code: 'closing-not-permitted',
      kind: 'guard',
      message: `--boot-path ${bootPath}: STiRoT starts nothing below product state CLOSED, and nobody permits to close ${bench.name}`,
      nextStep: 'ask its owner, and write permissions: { productStates: [CLOSED] } and keys.debugAuthentication into its entry of the lab file',
    });
  }
  if (withoutCredential) {
    // Nothing is closed with what anybody can derive, and whoever forgets the seed.
    throw new HarnessError({ code: 'credential-missing', kind: 'usage', message: `nothing that opens ${bench.name} again is named`, nextStep: 'name keys.debugAuthentication (key and chain, or password) in its entry of the lab file' });
  }
  if (bootPath === 'stirot-oemurot') requireOemurot(board);
  return { permissions, boardArguments, ...(debugAuthentication === undefined ? {} : { debugAuthentication }) };
}

/** OEMuROT as a run takes it: its keys follow from the seed, so it signs the image itself. Checked before a board is opened and erased for it. */
function requireOemurot({ bench, configuration, virtual }: Pick<ResolvedBoard, 'bench' | 'configuration' | 'virtual'>): void {
  const path = bench.secondStage;
  const nextStep = 'build OEMiROT_Boot with OEMUROT_ENABLE, and give its OEMiROT_Boot.bin with --oemurot, or as secondStage of that rot entry in the lab file';
  if (path === undefined && virtual) return;
  if (path === undefined) throw new HarnessError({ code: 'oemurot-missing', kind: 'usage', message: '--boot-path stirot-oemurot: a real board needs its own OEMuROT', nextStep });
  const refuse = (message: string, cause?: unknown): HarnessError => new HarnessError({ code: 'oemurot-binary', kind: 'usage', message: `${path}: ${message}`, nextStep, ...(cause === undefined ? {} : { cause }) });
  if (/\.hex$/i.test(path)) throw refuse('a run signs OEMuROT with keys of its own and takes its .bin, not a signed image');
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw refuse('it cannot be read', cause);
  }
  // What stands in for it on a virtual board is linked for anywhere.
  const problem = virtual ? undefined : oemurotProblem(configuration, bytes);
  if (problem !== undefined) throw refuse(problem);
}

/** What the session is told: secrets as files, those of the environment in the work folder, which no run leaves behind. */
export function closingFiles({ permissions, boardArguments, debugAuthentication: da }: Closing, workDirectory: string): ClosingOptions {
  const fileOf = (secret: SecretReference, name: string): string => {
    if ('file' in secret) return secret.file;
    const path = join(workDirectory, name);
    writeFileSync(path, readSecret(secret, 'keys.debugAuthentication'), { mode: 0o600 });
    return path;
  };
  const credential = ((): DaCredentialFiles | undefined => {
    if (da?.key !== undefined && da.chain !== undefined) return { method: 'certificate', key: fileOf(da.key, 'da-leaf.pem'), chain: da.chain };
    return da?.password === undefined ? undefined : { method: 'password', password: fileOf(da.password, 'da-password.bin') };
  })();
  return { permissions, boardArguments, ...(credential === undefined ? {} : { credential }) };
}
