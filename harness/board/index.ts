export type { Bench } from './bench.js';
export { listKits, loadDevice, loadKit } from './kits.js';
export type { BoardDataOptions } from './kits.js';
export { chooseConfiguration, imageModeOf, rotConfiguration, stirotSlots } from './rot-configuration.js';
export type { RotConfigurationChoice, RotConfigurationWanted } from './rot-configuration.js';
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
  StirotSlots,
  UpdateMode,
} from './types.js';
