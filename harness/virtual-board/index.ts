export { startVirtualBoard } from './start.js';
export type { StartOptions } from './start.js';
export { stopAllVirtualBoards, stopVirtualBoard } from './stop.js';
export { cutVirtualPower, cycleVirtualPower, virtualBoardLog, virtualBoardStatus } from './status.js';
export { runningBoards as listVirtualBoards } from './registry.js';
export type { BoardEntry } from './registry.js';
export type { BoardStatus } from './protocol.js';
export { toolDirectory } from './package-root.js';
