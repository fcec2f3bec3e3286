export { adacCertificateSize, buildAdacCertificate, isSignedBy, readAdacCertificate } from './adac-certificate.js';
export type { AdacCertificate, AdacCertificateInit, AdacRole } from './adac-certificate.js';
export { buildAdacChain, readChainFile, toChainFile } from './adac-chain.js';
export type { AdacKeys } from './adac-chain.js';
export { buildDaCertificateObk, buildDaPasswordObk, daLockObk, debugAuthentication, isPasswordOf, readDaObk, rootKeyHash } from './da-obk.js';
export type { DaConfiguration } from './da-obk.js';
export { buildDataObk, decodeDataObk } from './data-obk.js';
export type { DataOwner, RotData } from './data-obk.js';
export { deriveKeyPair, seededRandom } from './derived-keys.js';
export { buildObk, parseObk } from './obk-file.js';
export type { ObkFile } from './obk-file.js';
export { authenticationKeyMatches, encryptionKeyMatches, imageMatches } from './obk-matches.js';
export type { ConfiguredKeys, ObkMatch } from './obk-matches.js';
export { keyIdOf, readObkMeaning } from './obk-meaning.js';
export type { ObkMeaning } from './obk-meaning.js';
export { buildObkFromXml } from './obk-xml.js';
export type { ObkFromXml, ObkXmlOptions } from './obk-xml.js';
export { buildOemirotConfigObk, decodeOemirotConfig, oemirotAhkOpenObk } from './oemirot-obk.js';
export type { OemirotConfig, RotLevel } from './oemirot-obk.js';
export { opensDevice, provesAccess } from './opens-device.js';
export type { DaCredential, DaOpening, DaProof, DaRefusal } from './opens-device.js';
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
export { buildPasswordFile, readPasswordFile } from './password-file.js';
export { formatPermissions, fullRegressionBit, hasPermission, parsePermissions, permissionNames, shippedCertificatePermissions, shippedDevicePermissions } from './permissions.js';
export type { Permissions } from './permissions.js';
export { buildStirotConfigObk, decodeStirotConfig } from './stirot-obk.js';
export type { StirotConfig } from './stirot-obk.js';
