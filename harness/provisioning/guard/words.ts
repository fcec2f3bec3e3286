import type { FileRole } from '../files.js';
import { fileNames } from '../files.js';
import type { ProvisioningInputs } from '../inputs.js';

/** What a file is called in ST's folder. */
export const nameOf = ({ configuration }: Pick<ProvisioningInputs, 'configuration'>, role: FileRole): string => fileNames[configuration.bootPath][role] ?? role;

/** A file as a person finds it: what it is, and where it lies. */
export function fileInWords(inputs: Pick<ProvisioningInputs, 'configuration' | 'paths'>, role: FileRole): string {
  const path = inputs.paths[role];
  return path === undefined ? nameOf(inputs, role) : `${nameOf(inputs, role).replace(/ \(\.hex\)$/, '')} (${path})`;
}

/** The path of a file for a command that is to be typed; a place to fill in where there is none. */
export function asArgument({ paths }: Pick<ProvisioningInputs, 'paths'>, role: FileRole, otherwise: string): string {
  const path = paths[role];
  if (path === undefined) return otherwise;
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
