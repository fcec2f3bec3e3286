import { resolve } from 'node:path';
import type { PrintLine } from './output.js';
import type { Session } from './session.js';
import { ToolError } from './tool-error.js';

/** What every command is performed with. */
export interface Context {
  readonly session: Session;
  /** From which file names are relative. */
  readonly folder: string;
  readonly print: PrintLine;
  /** File name given with `-el`, without its folder: the board knows its loader by that. */
  readonly loader: string | undefined;
}

/** Where a file that an argument names lies. */
export const pathOf = ({ folder }: Context, file: string): string => resolve(folder, file);

/** How the tool words a loader that is none for this board. */
export function loaderError(code: string, loader: string | undefined): ToolError | undefined {
  return code === 'wrong-loader' ? new ToolError(`failed to load the external loader: ${loader?.slice(0, 200) ?? 'none'}`, 'failed to initialise the external memory') : undefined;
}
