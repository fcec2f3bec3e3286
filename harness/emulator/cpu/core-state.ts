import type { ResetCause } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import type { Core } from './core.js';

const resetCauses: readonly ResetCause[] = ['power-on', 'pin', 'system', 'watchdog', 'window-watchdog'];

/** Everything that a core between two instructions is made of; what it has decoded and translated is not part of it. */
export function savedCore(core: Core): Saved {
  const { pc, at, nf, zf, cf, vf, qf, ge, it, thumb, primask, faultmask, basepri, control, ipsr, otherSp, exclusive, sleeping, eventRegister } = core;
  return {
    cycles: core.cycles,
    instructions: core.instructions,
    r: [...core.r],
    pc, at, nf, zf, cf, vf, qf, ge, it, thumb, primask, faultmask, basepri, control, ipsr, otherSp, exclusive, sleeping, eventRegister,
    resetRequest: core.resetRequest ?? null,
    exitCode: core.exitCode ?? null,
    mpu: core.mpu.saved(),
    fpu: core.fpu.saved(),
    exceptions: core.exceptions.saved(),
    system: core.system.saved(),
  };
}

/** The core's registers and its time; exceptions and system registers come with `restoreSystem`, when the blocks have been restored. Throws HarnessError `snapshot`. */
export function restoreCore(core: Core, state: SavedReader): void {
  const cycles = state.integer('cycles');
  core.restoreTime(cycles, cycles - state.integer('instructions', 0, cycles));
  core.r.set(state.numbers('r', { exactly: 16 }, -0x80000000, 0x7fffffff));
  core.pc = state.word('pc');
  core.at = state.word('at');
  for (const name of ['nf', 'zf', 'otherSp'] as const) core[name] = state.integer(name, -0x80000000, 0xffffffff);
  for (const name of ['cf', 'vf', 'qf', 'primask', 'faultmask'] as const) core[name] = state.integer(name, 0, 1);
  core.ge = state.integer('ge', 0, 15);
  core.it = state.integer('it', 0, 0xff);
  core.thumb = state.flag('thumb');
  core.basepri = state.integer('basepri', 0, 0xff);
  core.control = state.integer('control', 0, 7);
  core.ipsr = state.integer('ipsr', 0, 0x1ff);
  core.exclusive = state.integer('exclusive', -0x80000000, 0xffffffff);
  core.sleeping = state.integer('sleeping', 0, 2);
  core.eventRegister = state.flag('eventRegister');
  core.resetRequest = state.isNull('resetRequest') ? undefined : state.oneOf('resetRequest', resetCauses);
  core.exitCode = state.optional('exitCode', 0, 0xffffffff);
  core.mpu.restore(state.child('mpu'));
  core.fpu.restore(state.child('fpu'));
}

export function restoreSystem(core: Core, state: SavedReader): void {
  core.system.restore(state.child('system'));
  core.exceptions.restore(state.child('exceptions'));
  core.contextChanged();
}
