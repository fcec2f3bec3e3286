import { randomBytes } from 'node:crypto';
import { HarnessError } from '../errors/index.js';
import { nativeEngine, sha256 } from '../image/index.js';
import { buildObk, debugAuthentication, fullRegressionBit, hasPermission, provesAccess, readChainFile, readDaObk } from '../keys/index.js';
import type { DaConfiguration, DaProof, Permissions } from '../keys/index.js';
import { obkUnit } from '../rot/index.js';
import type { ObkStore } from '../rot/index.js';
import { Refusal } from './protocol.js';
import type { AuthenticatedAction, DiscoveryReport, Operations } from './protocol.js';

/** Where `-sdp` puts the debug-authentication OBKey (ROT_Provisioning/DA/Config/DA_Config.xml). */
export const daPlace = { hdpl: 0, index: 8 } as const;
/** Bytes of payload: DA_Config.obk and DA_ConfigWithPassword.obk have 108 bytes, DA_ConfigLock.obk 44, 12 of them header. */
export const daPayloadSizes: Readonly<Record<number, number>> = {
  [debugAuthentication.certificate]: 96,
  [debugAuthentication.password]: 96,
  [debugAuthentication.locked]: 32,
};

/** unverified: what a granted permission below the full regression does; ST's readme says of the forced download that the chip ends in its boot loader. */
const forcedDownloadBit = 127;
const debugBits = [0, 1, 2];
const challengeBytes = 32;

/** The ROM's end of a debug-authentication session. */
export class DebugAuthentication {
  #challenge: Uint8Array | undefined;

  constructor(
    private readonly obkeys: ObkStore,
    /** DBG_AUTH code in the destination of the OBKey that was provisioned, 0 for none. */
    private readonly method: () => number,
  ) {}

  /** What the OBKey says; undefined where none is provisioned or its hash is wrong. It is always read deciphered. */
  configuration(): DaConfiguration | undefined {
    const method = this.method();
    const size = daPayloadSizes[method];
    if (size === undefined || !this.obkeys.has(daPlace.hdpl, daPlace.index)) return undefined;
    const payload = this.obkeys.read(daPlace.hdpl, daPlace.index, Math.ceil(size / obkUnit) * obkUnit, { encrypted: true });
    try {
      return readDaObk(buildObk({ ...daPlace, debugAuthentication: method, payload, doEncryption: true }));
    } catch (error) {
      if (error instanceof HarnessError) return undefined;
      throw error;
    }
  }

  /** The part of a discovery that the OBKey decides. */
  discovery(): Pick<DiscoveryReport, 'credential' | 'permissions'> {
    const device = this.configuration();
    if (device === undefined || device.method === 'locked') return { credential: 'none', permissions: [] };
    if (device.method === 'password') return { credential: 'password', permissions: [fullRegressionBit] };
    return { credential: 'certificate', permissions: bitsOf(device.permissions) };
  }

  challenge(): string {
    this.#challenge = randomBytes(challengeBytes);
    return Buffer.from(this.#challenge).toString('base64');
  }

  /** @throws Refusal `authentication-refused` */
  authenticate({ permission, chain, token, password }: Operations['authenticate']['takes']): AuthenticatedAction {
    if (!Number.isInteger(permission) || permission < 0 || permission > 127) throw new Refusal('bad-request', 'a permission is a bit of the mask, 0 to 127');
    const device = this.configuration();
    if (device === undefined) throw new Refusal('authentication-refused', 'no valid credential is provisioned');
    const opening = provesAccess(device, this.#proof({ permission, chain, token, password }));
    if (!opening.opens) throw new Refusal('authentication-refused', opening.reason);
    const granted = opening.permissions === undefined ? permission === fullRegressionBit : hasPermission(opening.permissions, permission);
    if (!granted) throw new Refusal('authentication-refused', `device and credential do not permit ${String(permission)}`);
    if (permission === fullRegressionBit) return 'full-regression';
    if (permission === forcedDownloadBit) return 'forced-download';
    if (debugBits.includes(permission)) return 'debug';
    throw new Refusal('authentication-refused', `permission ${String(permission)} is not modelled`);
  }

  #proof({ chain, token, password }: { [Key in keyof Operations['authenticate']['takes']]: Operations['authenticate']['takes'][Key] | undefined }): DaProof {
    const challenge = this.#challenge;
    this.#challenge = undefined;
    if (typeof password === 'string') return { method: 'password', password: Buffer.from(password, 'base64') };
    if (typeof chain !== 'string' || typeof token !== 'string') throw new Refusal('bad-request', 'neither a chain with a token nor a password is given');
    if (challenge === undefined) throw new Refusal('authentication-refused', 'no challenge was asked for');
    const engine = nativeEngine();
    try {
      const signature = Buffer.from(token, 'base64');
      return {
        method: 'certificate',
        chain: readChainFile(Buffer.from(chain, 'base64')),
        ownsLeaf: (publicKey) => signature.length === 64 && engine.verify(publicKey, signature, sha256(engine, challenge)),
      };
    } catch (error) {
      throw error instanceof HarnessError ? new Refusal('authentication-refused', error.message) : error;
    }
  }
}

/** Highest first, as the tool lists them. */
function bitsOf(permissions: Permissions): number[] {
  return Array.from({ length: 128 }, (_, i) => 127 - i).filter((bit) => hasPermission(permissions, bit));
}
