import { Option } from 'commander';
import type { Command } from 'commander';
import { HarnessError } from '../errors/index.js';
import type { FilePaths, FileRole } from '../provisioning/index.js';

/** Options that name one file each, by role. */
const fileOptions: readonly (readonly [flag: string, role: FileRole, what: string])[] = [
  ['--config-obk <obk>', 'config', "configuration of the last root of trust (OEMiROT_Config, STiROT_Config, OEMuROT_Config)"],
  ['--data-obk <obk>', 'data', 'its data'],
  ['--first-config-obk <obk>', 'first-config', 'STiROT_Config.obk ahead of OEMuROT'],
  ['--first-data-obk <obk>', 'first-data', 'STiROT_Data.obk ahead of OEMuROT'],
  ['--hardware-keys-obk <obk>', 'hardware-keys', 'OEMiROT_AHK_OPEN.obk'],
  ['--da-obk <obk>', 'da', 'DA_Config.obk, DA_ConfigWithPassword.obk or DA_ConfigLock.obk'],
  ['--oemurot <hex|bin>', 'oemurot', 'OEMuROT as a signed image, or its .bin, which is signed with the keys in use'],
  ['--image <hex>', 'image', 'signed application for the download slot'],
];

export interface CredentialFileArguments {
  readonly daKey?: string;
  readonly daChain?: string;
  readonly daPasswordFile?: string;
  readonly daObk?: string;
}

export function addCredentialOptions(command: Command): Command {
  return command
    .option('--da-key <pem>', "private key of the chain's leaf, to open the board again")
    .option('--da-chain <b64>', 'certificate chain from the root on')
    .option('--da-password-file <bin>', 'password.bin instead of key and chain')
    .addOption(new Option('--st-folder <dir>', "take files and env.sh / env.bat from ST's folder ROT_Provisioning"));
}

export function addFileOptions(command: Command): Command {
  for (const [flag, , what] of fileOptions) command.option(flag, what);
  return command;
}

/** The files that were named, by role. */
export function namedFiles(options: object): FilePaths {
  const given = options as Readonly<Record<string, string | undefined>>;
  const nameOf = (flag: string): string => flag.replace(/^--/, '').replace(/ .*$/, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(fileOptions.flatMap(([flag, role]) => (given[nameOf(flag)] === undefined ? [] : [[role, given[nameOf(flag)]!]])));
}

/** @throws HarnessError `credential-arguments` (usage) */
export function credentialMethodOf(options: CredentialFileArguments): 'certificate' | 'password' | undefined {
  const { daKey, daChain, daPasswordFile } = options;
  if (daPasswordFile !== undefined && (daKey !== undefined || daChain !== undefined)) throw invalid('--da-password-file stands alone');
  if ((daKey === undefined) !== (daChain === undefined)) throw invalid('--da-key and --da-chain go together');
  return daPasswordFile !== undefined ? 'password' : daKey !== undefined ? 'certificate' : undefined;
}

function invalid(message: string): HarnessError {
  return new HarnessError({ code: 'credential-arguments', kind: 'usage', message, nextStep: 'give --da-key <pem> with --da-chain <b64>, or --da-password-file <bin>' });
}
