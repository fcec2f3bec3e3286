export { Debugger } from './debugger.js';
export type { DebuggedMachine, DebugStop } from './debugger.js';
export { GdbSession } from './session.js';
