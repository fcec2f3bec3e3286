// One encrypted image for the benchmarks, with keys of its own, made by the project's signer.
import * as image from '../dist/harness/image/index.js';

const slotSize = 0x200000;
const privateKey = (last) => new Uint8Array(32).fill(0x5a, 0, 31).fill(last, 31);
const publicKey = (key) => Uint8Array.from(image.nativeEngine().publicKeyOf(key));

/** @param payloadSize bytes of the application, incompressible and always the same */
export function imageOfSize(payloadSize) {
  const [auth, enc] = [privateKey(1), privateKey(2)];
  const payload = Uint8Array.from({ length: payloadSize }, (_, i) => Math.imul(i, 2654435761) >>> 24);
  const signed = image.buildSignedImage(payload, {
    mode: 'overwrite',
    version: '1.0.0',
    headerSize: 0x400,
    slotSize,
    align: 4,
    securityCounter: 'auto',
    signKey: auth,
    encryptionKey: publicKey(enc),
    pad: true,
  });
  return { bytes: image.slotContent(signed), options: { mode: 'overwrite', slotSize, storedCounter: 0, authPublicKey: publicKey(auth), encPrivateKey: enc } };
}
