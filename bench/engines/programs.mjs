// The benchmark programs: committed executables, and what is built here with arm-none-eabi-gcc.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const programs = join(dirname(fileURLToPath(import.meta.url)), '..', 'programs');
const coreMarkSources = ['core_list_join.c', 'core_main.c', 'core_matrix.c', 'core_state.c', 'core_util.c'];

/** CoreMark with our port, for one core; its sources are the user's (github.com/eembc/coremark). Throws where it cannot be built. */
export function buildCoreMark(folder, { cpu, iterations, script, work }) {
  const out = join(work, `coremark-${cpu}-${iterations}.elf`);
  const port = join(programs, 'coremark');
  const flags = [`-mcpu=${cpu}`, '-mthumb', '-mfloat-abi=soft', '-O2', `-DITERATIONS=${iterations}`, '-ffreestanding', '-nostdlib', '-static', '-Wl,--build-id=none'];
  const sources = [join(port, 'core_portme.c'), ...coreMarkSources.map((file) => join(folder, file))];
  const run = spawnSync('arm-none-eabi-gcc', [...flags, '-I', port, '-I', folder, '-T', join(programs, script), ...sources, '-lgcc', '-o', out], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`CoreMark could not be built: ${run.error?.message ?? run.stderr}`);
  return out;
}
