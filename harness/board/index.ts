export type { Bench } from './bench.js';
export { listKits, loadDevice, loadKit, rotConfiguration } from './kits.js';
export type { BoardDataOptions } from './kits.js';
export type {
  BootPathName,
  Device,
  DeviceMemory,
  DeviceUart,
  ExecutionMode,
  Kit,
  McubootPath,
  MemoryArea,
  OptionByte,
  RotConfiguration,
  SlotLayout,
  UpdateMode,
} from './types.js';
