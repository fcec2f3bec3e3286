import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kit, RotConfiguration, RotConfigurationChoice } from '../../board/index.js';
import { chooseConfiguration, loadKit } from '../../board/index.js';
import type { DaCredentialFiles } from '../../programmer/index.js';
import type { DaMethod, FileRole, FinalState, Plan, PlanBench, ProvisioningInputs } from '../../provisioning/index.js';
import { derivedContents, derivedCredential, derivedDaContent, makePlan, readCredential, readInputs } from '../../provisioning/index.js';
import { packagePath } from '../package-files.js';
import { imageFor } from '../provision-image.js';
import type { PlacedContent } from './board-truth.js';

export interface ProvisioningTarget extends Required<RotConfigurationChoice> {
  readonly kit: string;
  readonly state: FinalState;
  readonly method: DaMethod;
}

export const targetName = ({ kit, bootPath, mode, exec, state, method }: ProvisioningTarget): string => `${kit} ${bootPath} ${mode} ${exec} ${state}${state === 'CLOSED' ? ` ${method}` : ''}`;

/** Everything that a board of a target is provisioned with, as files in a folder. */
export interface PreparedProvisioning {
  readonly target: ProvisioningTarget;
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly inputs: ProvisioningInputs;
  readonly credential: DaCredentialFiles;
  /** DA_Config.obk that belongs to the credential. */
  readonly daObk: string;
  /** What a file that a step names puts on the board. */
  readonly contents: ReadonlyMap<string, PlacedContent>;
  /** Options of `rot-hil provision` for all of it. */
  readonly options: readonly string[];
  readonly regressOptions: readonly string[];
  planFor(bench: PlanBench): Plan;
}

const seed = '1';
const optionOf: Readonly<Partial<Record<FileRole, string>>> = { config: '--config-obk', data: '--data-obk', 'first-config': '--first-config-obk', 'first-data': '--first-data-obk', 'hardware-keys': '--hardware-keys-obk', da: '--da-obk', oemurot: '--oemurot', image: '--image', rot: '--rot' };

/** @param folder empty and the caller's */
export function prepareProvisioning(target: ProvisioningTarget, folder: string): PreparedProvisioning {
  const kit = loadKit(target.kit);
  const { bootPath, mode, exec, state, method } = target;
  const configuration = chooseConfiguration(kit, { bootPath, mode, exec });
  const write = (name: string, bytes: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes, { mode: 0o600 });
    return path;
  };
  const rot = Uint8Array.from(readFileSync(packagePath('firmware-fixtures', 'prebuilt', 'oemirot-placeholder.bin')));
  const made = derivedContents({ kit, configuration, state, method, seed, rot, image: imageFor({ kit, configuration }, { seed }) });
  const paths: Partial<Record<FileRole, string>> = Object.fromEntries(Object.entries(made).map(([role, bytes]) => [role, write(`${role}.${role === 'image' || role === 'oemurot' ? 'hex' : role === 'rot' ? 'bin' : 'obk'}`, bytes)]));
  const options = Object.entries(paths).flatMap(([role, path]) => [optionOf[role as FileRole]!, path]);
  if (state === 'OPEN' && mode === 'swap') paths.blank = write('blank.bin', new Uint8Array(kit.externalFlash.sectorSize).fill(0xff));
  const files = derivedCredential(seed);
  const credential: DaCredentialFiles = method === 'password' ? { method, password: write('password.bin', files['password.bin']) } : { method, key: write('leaf.pem', files['leaf.pem']), chain: write('chain.b64', files['chain.b64']) };
  const daObk = write('DA_Config.obk', derivedDaContent(seed, method));
  const credentialOptions = credential.method === 'password' ? ['--da-password-file', credential.password] : ['--da-key', credential.key, '--da-chain', credential.chain];
  const inputs = readInputs({ kit, configuration, state, paths, rotBuild: 'development', credential: readCredential(credential) });
  return {
    target,
    kit,
    configuration,
    inputs,
    credential,
    daObk,
    contents: new Map(Object.entries(paths).map(([role, path]) => [path, { bytes: inputs.contents[role as FileRole]!, address: inputs.bases[role as FileRole] ?? configuration.path.rotBinary.address }])),
    options: ['--state', state.toLowerCase(), '--da', method, ...options, ...(state === 'CLOSED' ? credentialOptions : [])],
    regressOptions: [...credentialOptions, '--da-obk', daObk],
    planFor: (bench) => makePlan(inputs, bench),
  };
}
