import type { Context } from './context.js';
import { loaderError } from './context.js';
import { elapsed } from './output.js';
import { ToolError } from './tool-error.js';

/** `-e all`, `-e 0 1`, `-e [0 3]`: internal sectors, external ones with `-el`. */
export async function erase(sectors: readonly number[] | 'all', { session, print, loader }: Context): Promise<void> {
  const started = performance.now();
  const parameters = { sectors, ...(loader === undefined ? {} : { loader }) };
  if (sectors === 'all') print('Mass erase ... ');
  else print(`Erasing ${loader === undefined ? 'internal' : 'external'} memory sectors [${String(sectors[0])} ${String(sectors.at(-1))}]`);
  print();
  await session.request('erase', parameters, (refusal) => loaderError(refusal.code, loader) ?? new ToolError('failed to erase memory', refusal.message));
  print(sectors === 'all' ? 'Mass erase successfully achieved' : 'Sector(s) erase successfully achieved');
  print(`Time elapsed during the erase operation: ${elapsed(started)}`);
  print();
}
