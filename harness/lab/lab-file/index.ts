export { coverable, rotBinaryFor } from './configurations.js';
export { benchNamed, benchOfLab, checkBenchFiles, chooseBenches, findLabFile, soleBench } from './find.js';
export { loadLabFile } from './load.js';
export { checkSecretFile, readSecret } from './secrets.js';
export type { Cover, LabBench, LabFile, LabKeys, LabRotBinary, NightlySettings, Permissions, PermittedState, RealLabBench, SecretReference, VirtualLabBench } from './types.js';
