export { findProgrammer } from './discovery.js';
export type { FindProgrammerOptions } from './discovery.js';
export { parseOptionBytes } from './parse.js';
export type { ConnectionReport, Probe } from './parse.js';
export { Programmer } from './programmer.js';
export type { ProgrammerOptions, ToolCall } from './programmer.js';
export { redactArguments, toolArguments } from './request.js';
export type { ConnectMode, ToolAction, ToolRequest } from './request.js';
