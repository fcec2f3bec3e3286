import type { RegisterCommand } from './register.js';

/**
 * Every command by its name, in the order of `--help`. One that was asked for is loaded alone: what all of them need together takes a fifth of a second
 * before anything is done.
 */
export const commands: ReadonlyMap<string, () => Promise<RegisterCommand>> = new Map([
  ['run', async () => (await import('./run.js')).registerRun],
  ['nightly', async () => (await import('./nightly.js')).registerNightly],
  ['boards', async () => (await import('./boards.js')).registerBoards],
  ['confirm-on-hardware', async () => (await import('./confirm-on-hardware.js')).registerConfirm],
  ['doctor', async () => (await import('./doctor.js')).registerDoctor],
  ['provision', async () => (await import('./provision.js')).registerProvision],
  ['install', async () => (await import('./install.js')).registerInstall],
  ['regress', async () => (await import('./regress.js')).registerRegress],
  ['status', async () => (await import('./status.js')).registerStatus],
  ['console', async () => (await import('./console.js')).registerConsole],
  ['image', async () => (await import('./image.js')).registerImage],
  ['obk', async () => (await import('./obk.js')).registerObk],
  ['keys', async () => (await import('./keys.js')).registerKeys],
  ['check', async () => (await import('./check.js')).registerCheck],
  ['adapt', async () => (await import('./adapt.js')).registerAdapt],
  ['try', async () => (await import('./try.js')).registerTry],
  ['sweep', async () => (await import('./sweep.js')).registerSweep],
  ['virtual', async () => (await import('./virtual.js')).registerVirtual],
  ['emulate', async () => (await import('./emulate.js')).registerEmulate],
  ['fault', async () => (await import('./fault.js')).registerFault],
  ['report', async () => (await import('./report.js')).registerReport],
]);

/** How a command line's command is added; all of them where it names none, or one that there is not. */
export async function registrationsFor(name: string | undefined): Promise<readonly RegisterCommand[]> {
  const asked = name === undefined ? undefined : commands.get(name);
  return asked === undefined ? Promise.all([...commands.values()].map((load) => load())) : [await asked()];
}
