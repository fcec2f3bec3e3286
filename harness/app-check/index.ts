export { applicationFromElf } from './from-elf.js';
export type { Application, Extent, Region, Role } from './application.js';
export { bootSurroundings } from './boot-surroundings.js';
export type { BootSurroundings, TcmShare } from './boot-surroundings.js';
export { checkApplication } from './check-application.js';
export type { CheckReport } from './check-application.js';
export type { Finding, Place, Severity } from './finding.js';
export { rules } from './rules/index.js';
export type { Rule } from './rule.js';
