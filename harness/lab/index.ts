export { discover, kitOfBoardName, labFileBlock } from './discovery.js';
export { plainSerialNumber, sameSerialNumber } from './serial-number.js';
export * from './lab-file/index.js';
export type { Attached, AttachedPort, AttachedProbe, DiscoveryOptions } from './discovery.js';
export { boardEnvironmentModule, jestCommand } from './jest-config.js';
export type { JestConfigOptions } from './jest-config.js';
export { descendantsOf, killTree } from './process-tree.js';
export { runProcess } from './run-process.js';
export type { RunProcessOptions, RunProcessResult } from './run-process.js';
