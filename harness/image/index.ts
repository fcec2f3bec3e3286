export { checkImage } from './check-image.js';
export type { CheckOptions, CheckResult } from './check-image.js';
export { readCodeImageXml } from './code-image-xml.js';
export type { CodeImage, CodeImageOption } from './code-image-xml.js';
export { cryptPayload, loadContentKey } from './content-key.js';
export type { ContentKey, ContentKeyOptions } from './content-key.js';
export { describeImage } from './describe-image.js';
export type { ImageDescription, TlvDescription } from './describe-image.js';
export { decodeSignature, encodeSignature } from './ecdsa-signature.js';
export { nativeEngine } from './engine-native.js';
export { equalBytes, sha256 } from './engine.js';
export type { CryptoEngine, Sha256Stream, SignedMessage } from './engine.js';
export {
  applicationMagic,
  encodeHeader,
  flagNames,
  formatVersion,
  headerStructSize,
  imageFlag,
  parseHeader,
  parseVersion,
  stirotMagic,
} from './header.js';
export type { ImageHeader, ImageVersion } from './header.js';
export { installationObjection, installationWarnings } from './installable.js';
export { foreseeVerdict } from './foresee.js';
export type { Foresight, ForesightOptions } from './foresee.js';
export { inspectImage } from './inspect-image.js';
export type { ImageInspection, InspectOptions, TrailerInspection } from './inspect-image.js';
export { intelHexBytes, readIntelHex, toIntelHex } from './intel-hex.js';
export type { HexImage, HexSegment } from './intel-hex.js';
export { pointSize, scalarSize, spkiSize, subjectPublicKeyInfo } from './public-key.js';
export { customTlv, parseDependencies } from './protected-tlvs.js';
export type { ImageDependency } from './protected-tlvs.js';
export { buildSignedImage, reservedTrailerSize, signImage, slotContent } from './sign-image.js';
export type { SignedImage } from './sign-image.js';
export type { SignOptions } from './sign-options.js';
export { signedImageToHex } from './signed-hex.js';
export { slotOf } from './slot-reader.js';
export type { SlotReader } from './slot-reader.js';
export { parseStXml, stXmlChild, stXmlChildren, stXmlError, stXmlPath, stXmlRecord } from './st-xml.js';
export type { StXmlElement, StXmlFields, StXmlRecord } from './st-xml.js';
export { encodeTlvArea, findTlvArea, protectedTlvInfoMagic, tlvInfoMagic, tlvName, tlvType, walkTlvs } from './tlv.js';
export type { Tlv, TlvArea, TlvInit } from './tlv.js';
export { readTrailerRequest, shippedStatusEntries, trailerMagic, trailerSize } from './trailer.js';
export type { TrailerBuild, TrailerFlag, TrailerRequest } from './trailer.js';
export { validateSlot } from './validate-slot.js';
export type { AcceptedImage, BootMode, RejectedImage, RejectionStage, SlotArea, Validation, ValidationOptions } from './validation.js';
