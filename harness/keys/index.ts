export { deriveKeyPair, seededRandom } from './derived-keys.js';
export { buildObk, parseObk } from './obk-file.js';
export type { ObkFile } from './obk-file.js';
export { buildOemirotConfigObk, buildOemirotDataObk, decodeOemirotConfig, oemirotAhkOpenObk } from './oemirot-obk.js';
export type { OemirotConfig, RotLevel } from './oemirot-obk.js';
export {
  publicKeyOf,
  readPkcs8,
  readPrivateKeyPem,
  readPublicKeyPem,
  readSec1,
  readSpki,
  toPkcs8,
  toPrivateKeyPem,
  toPublicKeyPem,
  toSec1,
} from './p256-keys.js';
export type { KeyPair } from './p256-keys.js';
