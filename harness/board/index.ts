export type { Bench } from './bench.js';
export { describeBuiltKits } from './built-kits.js';
export { describeBuiltSchema } from './built-schemas.js';
export { boardSchema, listKits, loadDevice, loadKit } from './kits.js';
export type { BoardDataOptions } from './kits.js';
export { chooseConfiguration, configurationOnPath, imageModeOf, rotConfiguration, stirotSlots, userFlashOf } from './rot-configuration.js';
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
export { YamlFile } from './yaml-file.js';
export type { Mistake, Path } from './yaml-file.js';
export { nearest } from './nearest.js';
