/** System instructions: special registers, state changes, hints, exceptions. */
import type { Context, Handler } from './context.js';
import { Cfsr, CoreFault, Exception } from './faults.js';
import { fpcaBit } from './float-unit.js';

export const nothing: Handler = () => undefined;
export const ifThen: Handler = (core, a) => { core.it = a; };
export const supervisorCall: Handler = (core) => {
  advanceIt(core);
  core.exceptions.supervisorCall();
};

/** The stacked ITSTATE of a completed instruction is that of the next one. */
function advanceIt(core: Context): void {
  if (core.it) core.it = core.it & 7 ? (core.it & 0xe0) | ((core.it << 1) & 0x1f) : 0;
}

export const waitForEvent: Handler = (core) => {
  if (core.eventRegister) core.eventRegister = false;
  else sleep(core, 2);
};
export const waitForInterrupt: Handler = (core) => { sleep(core, 1); };
export const sendEvent: Handler = (core) => { core.eventRegister = true; };
function sleep(core: Context, kind: number): void {
  core.sleeping = kind;
  core.attention();
}
export const wideHints: Readonly<Record<number, Handler>> = { 2: waitForEvent, 3: waitForInterrupt, 4: sendEvent };

/** BKPT without a debugger is a HardFault with DEBUGEVT (C1.6). a = immediate. */
export const breakpoint: Handler = (core, a) => {
  if (core.options.onBreakpoint?.(core, a)) return;
  throw new CoreFault(Exception.hardFault, 0);
};

/** CPSIE, CPSID: a = disable, b = PRIMASK, c = FAULTMASK. Unprivileged: no effect. */
export const changeState: Handler = (core, a, b, c) => {
  if (!core.privileged) return;
  if (b) core.primask = a;
  if (!c) return core.exceptions.maskChanged();
  if (a === 0 || core.exceptions.executionPriority() > -1) core.faultmask = a;
  core.contextChanged();
  core.exceptions.priorityChanged();
};

const Special = { ipsr: 5, msp: 8, psp: 9, primask: 16, basepri: 17, basepriMax: 18, faultmask: 19, control: 20 } as const;

/** MRS: a = Rd, b = SYSm. Unprivileged code reads zero but for APSR and CONTROL. */
export const readSpecial: Handler = (core, a, b) => { core.r[a] = special(core, b); };

function special(core: Context, register: number): number {
  if (register < 8) {
    const flags = register & 4 ? 0 : core.xpsr & 0xf80f0000;
    return flags | (register & 1 && core.privileged ? core.ipsr : 0);
  }
  if (register === Special.control) return core.control;
  if (!core.privileged) return 0;
  const onPsp = (core.control & 2) !== 0;
  switch (register) {
    case Special.msp: return onPsp ? core.otherSp : core.r[13]!;
    case Special.psp: return onPsp ? core.r[13]! : core.otherSp;
    case Special.primask: return core.primask;
    case Special.basepri: case Special.basepriMax: return core.basepri;
    case Special.faultmask: return core.faultmask;
    default: return 0;
  }
}

/** MSR: a = Rn, b = SYSm, c = mask (bit 1: N, Z, C, V, Q; bit 0: GE). */
export const writeSpecial: Handler = (core, a, b, c) => {
  const value = core.r[a]!;
  if (b < 4) {
    if (c & 2) core.apsr = value;
    if (c & 1) core.ge = (value >>> 16) & 0xf;
    return;
  }
  if (!core.privileged) return;
  const onPsp = (core.control & 2) !== 0;
  switch (b) {
    case Special.msp:
      if (onPsp) core.otherSp = value & ~3;
      else core.r[13] = value & ~3;
      break;
    case Special.psp:
      if (onPsp) core.r[13] = value & ~3;
      else core.otherSp = value & ~3;
      break;
    case Special.primask:
      core.primask = value & 1;
      return core.exceptions.maskChanged();
    case Special.basepri:
      core.basepri = value & 0xf0;
      return core.exceptions.maskChanged();
    case Special.basepriMax:
      if ((value & 0xf0) !== 0 && (core.basepri === 0 || (value & 0xf0) < core.basepri)) core.basepri = value & 0xf0;
      return core.exceptions.maskChanged();
    case Special.faultmask:
      if (!(value & 1) || core.exceptions.executionPriority() > -1) core.faultmask = value & 1;
      break;
    case Special.control:
      writeControl(core, value);
      break;
    default:
  }
  core.contextChanged();
  core.exceptions.priorityChanged();
};

function writeControl(core: Context, value: number): void {
  const others = value & (1 | fpcaBit);
  // SPSEL changes in thread mode only.
  const stack = core.ipsr === 0 ? value & 2 : core.control & 2;
  if (stack !== (core.control & 2)) {
    const sp = core.otherSp;
    core.otherSp = core.r[13]!;
    core.r[13] = sp;
  }
  core.control = others | stack;
}

/** An encoding of coprocessor a: there is none but the FPU, and its own instructions have rows of their own. */
export const coprocessor: Handler = (core, a) => {
  if ((a & 0xe) !== 10) throw new CoreFault(Exception.usageFault, Cfsr.nocp);
  core.fpu.requireAccess();
  throw new CoreFault(Exception.usageFault, Cfsr.undefinstr);
};
