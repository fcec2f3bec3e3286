import { equalBytes, nativeEngine } from '../image/index.js';
import type { CryptoEngine } from '../image/index.js';
import { isSignedBy } from './adac-certificate.js';
import type { AdacCertificate } from './adac-certificate.js';
import { isPasswordOf, rootKeyHash } from './da-obk.js';
import type { DaConfiguration } from './da-obk.js';
import { publicKeyOf } from './p256-keys.js';
import { fullRegressionBit, hasPermission } from './permissions.js';
import type { Permissions } from './permissions.js';

/** What an operator holds to open a closed device with. */
export type DaCredential =
  | {
      readonly method: 'certificate';
      /** From the root on. */
      readonly chain: readonly AdacCertificate[];
      /** 32 byte scalar of the last certificate's key. */
      readonly privateKey: Uint8Array;
    }
  | {
      readonly method: 'password';
      /** 16 bytes. */
      readonly password: Uint8Array;
    };

/** What a device is shown: a chain and proof that the leaf's key is at hand, or a password. */
export type DaProof =
  | { readonly method: 'certificate'; readonly chain: readonly AdacCertificate[]; /** Whether the owner of this key (65 byte point) was there. */ readonly ownsLeaf: (publicKey: Uint8Array) => boolean }
  | { readonly method: 'password'; readonly password: Uint8Array };

/** Why a device stays closed, in the order the device looks. */
export type DaRefusal =
  | 'locked'
  | 'other-method'
  | 'wrong-password'
  | 'chain-order'
  | 'wrong-root'
  | 'chain-signature'
  | 'soc-bound'
  | 'wrong-leaf-key'
  | 'no-full-regression';

export type DaOpening =
  | {
      readonly opens: true;
      /** What a session may do; undefined for a password, which opens for the full regression. */
      readonly permissions: Permissions | undefined;
    }
  | { readonly opens: false; readonly refusal: DaRefusal; readonly reason: string };

const reasons: Readonly<Record<DaRefusal, string>> = {
  locked: 'the device is provisioned as locked: nothing opens it again',
  'other-method': 'the device was provisioned for the other method of debug authentication',
  'wrong-password': 'the password is not the one the device was provisioned with',
  'chain-order': 'the chain is not root, intermediates, leaf in this order',
  'wrong-root': 'the root certificate is not for the root key the device was provisioned with',
  'chain-signature': 'a certificate is not signed by the key of the one before it',
  'soc-bound': 'a certificate is bound to one chip or lifecycle state: whether this device is that one cannot be told from files',
  'wrong-leaf-key': 'the private key does not belong to the last certificate',
  'no-full-regression': 'device and chain together do not permit the full regression: the device could not be brought back',
};

/** Would this open a device that was provisioned with that debug-authentication OBKey, far enough for a full regression? The answer is that of `provesAccess`. */
export function opensDevice(device: DaConfiguration, credential: DaCredential, engine: CryptoEngine = nativeEngine()): DaOpening {
  const proof: DaProof =
    credential.method === 'password' ? credential : { method: 'certificate', chain: credential.chain, ownsLeaf: (publicKey) => equalBytes(publicKeyOf(credential.privateKey, engine), publicKey) };
  const opening = provesAccess(device, proof, engine);
  if (!opening.opens || opening.permissions === undefined) return opening;
  return hasPermission(opening.permissions, fullRegressionBit) ? opening : refuse('no-full-regression');
}

/**
 * What a device grants to what it is shown. The steps are those of Arm ADAC 1.0 ("Certificate chain validation"). unverified: that STM32H7RS's boot ROM does just
 * these, in this order.
 */
export function provesAccess(device: DaConfiguration, credential: DaProof, engine: CryptoEngine = nativeEngine()): DaOpening {
  if (device.method === 'locked') return refuse('locked');
  if (device.method !== credential.method) return refuse('other-method');
  if (credential.method === 'password') return isPasswordOf(device, credential.password, engine) ? { opens: true, permissions: undefined } : refuse('wrong-password');
  if (device.method !== 'certificate') return refuse('other-method');

  const { chain } = credential;
  const [root] = chain;
  const leaf = chain.at(-1);
  if (!root || !leaf || chain.length < 2 || !inOrder(chain)) return refuse('chain-order');
  if (!equalBytes(rootKeyHash(root.publicKey, engine), device.rootKeyHash)) return refuse('wrong-root');
  if (!chain.every((certificate, index) => isSignedBy(certificate, (chain[index - 1] ?? root).publicKey, engine))) return refuse('chain-signature');
  if (chain.some(({ lifecycle, socClass, socId }) => lifecycle !== 0 || socClass !== 0 || socId.some((byte) => byte !== 0))) return refuse('soc-bound');
  if (!credential.ownsLeaf(leaf.publicKey)) return refuse('wrong-leaf-key');
  return { opens: true, permissions: chain.reduce((common, certificate) => common & certificate.permissions, device.permissions) };
}

/** One root, intermediates, one leaf. */
function inOrder(chain: readonly AdacCertificate[]): boolean {
  const last = chain.length - 1;
  return chain.every(({ role }, index) => role === (index === 0 ? 'root' : index === last ? 'leaf' : 'intermediate'));
}

function refuse(refusal: DaRefusal): DaOpening {
  return { opens: false, refusal, reason: reasons[refusal] };
}
