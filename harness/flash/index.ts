export { MceLayer } from './mce-layer.js';
export type { CipherRange } from './mce-layer.js';
export { NorFlash } from './nor-flash.js';
export type { NorDevice, NorFlashOptions, NorSnapshot, NorViolation } from './nor-flash.js';
export { deserialiseNor, serialiseNor } from './nor-image.js';
export { OperationCounter, PowerCut, observers, powerCutAt } from './operations.js';
export type { FlashOperation, NonVolatileOperation, ObkOperation, OperationObserver } from './operations.js';
export { SectorCatalogue } from './sector-catalogue.js';
