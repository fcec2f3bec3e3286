// A seeded stream of mutated images for bench/mutations.mjs: a few hundred well-made slots of every kind the boot distinguishes, and changes to their
// header, TLVs, payload and trailer that follow the format. The same seed gives the same images.
import { Buffer } from 'node:buffer';
import { wrapContentKey } from '../dist/harness/image/ecies.js';
import { signDeterministic } from '../dist/harness/image/ecdsa-deterministic.js';
import { nobleEngine } from '../dist/harness/image/engine-noble.js';
import * as image from '../dist/harness/image/index.js';

const keyOf = (last) => {
  const privateKey = new Uint8Array(32).fill(0x5a, 0, 31).fill(last, 31);
  return { privateKey, publicKey: Uint8Array.from(nobleEngine.publicKeyOf(privateKey)) };
};

/** mulberry32: 32 bits of state are enough for an order of test cases. */
export function randomSource(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (limit) => next() % limit;
  return { next, below, pick: (list) => list[below(list.length)], chance: (oneIn) => below(oneIn) === 0, bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff) };
}

const u16 = (value) => Uint8Array.of(value & 0xff, (value >> 8) & 0xff);
const u32 = (value) => Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
const concat = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Ways to write the same signature that the boot's DER reader takes, and some that it does not. */
const signatureForms = [
  (der) => der,
  (der) => concat(der, new Uint8Array(72 - der.length)),
  (der) => concat([0x30, 0x81], der.subarray(1)),
  (der) => concat([0x30, 0x82, 0x00], der.subarray(1)),
  (_der, r, s) => integers([0, ...r], [0, ...s]),
  (_der, r, s) => integers([0xa5, ...r], [0x5a, ...s]),
  (_der, r, s) => integers(r, s),
  (_der, r, s) => concat([0x30, 0x00], integers(r, s).subarray(2)),
  (_der, r, s) => concat([0x30, 0x7f], integers(r, s).subarray(2)),
  (_der, r) => integers(r, r),
  (_der, r, s) => integers(r.slice(1), s),
  (der) => der.subarray(0, der.length - 1),
];
const integers = (r, s) => Uint8Array.of(0x30, 4 + r.length + s.length, 0x02, r.length, ...r, 0x02, s.length, ...s);

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const otherS = (s) => Uint8Array.from(Buffer.from((order - BigInt(`0x${Buffer.from(s).toString('hex')}`)).toString(16).padStart(64, '0'), 'hex'));

/** @param seed 32 bits @param baseCount originals, each signed once @param slotSize of all of them; small slots are soon hashed */
export function mutatedImages(seed, baseCount = 600, slotSize = 0x1000) {
  const random = randomSource(seed);
  const keys = { auth: keyOf(1), enc: keyOf(2), ephemeral: keyOf(3), other: keyOf(4) };
  const engine = nobleEngine;
  const contentKey = random.bytes(16);
  const encryptionValues = [keys.enc, keys.other].map(({ publicKey }) => wrapContentKey(engine, contentKey, publicKey, keys.ephemeral.privateKey));
  const { SHA256, KEYHASH, ECDSASIG, ENCEC256, SEC_CNT, DEPENDENCY, BOOT_RECORD, PUBKEY } = image.tlvType;
  const knownTypes = [SHA256, KEYHASH, ECDSASIG, ENCEC256, SEC_CNT, DEPENDENCY, BOOT_RECORD, PUBKEY, 0xa0, 0xffff];

  /** One slot with everything right, or with one of the oddities that the boot accepts or that only signed images can have. */
  function base() {
    const mode = random.pick(['overwrite', 'overwrite', 'swap', 'primary-only']);
    const area = mode !== 'primary-only' && random.chance(4) ? 'primary' : 'secondary';
    const encrypted = random.chance(2);
    const odd = random.chance(2);
    const stored = random.pick([0, 1, 5, 0x1000000]);
    const counter = { type: SEC_CNT, value: u32(odd && random.chance(6) ? Math.max(0, stored - 1) : stored + random.below(3)) };
    const extra = () => random.pick([{ type: BOOT_RECORD, value: random.bytes(random.below(40)) }, { type: DEPENDENCY, value: random.bytes(12) }]);
    const protectedTlvs = [counter];
    if (random.chance(3)) protectedTlvs.splice(random.below(2), 0, extra());
    if (odd && random.chance(8)) protectedTlvs.push(random.pick([counter, { type: random.pick(knownTypes), value: random.bytes(random.below(36)) }]));
    if (odd && random.chance(12)) protectedTlvs.splice(0, protectedTlvs.length);
    const prot = image.encodeTlvArea(image.protectedTlvInfoMagic, protectedTlvs);

    const headerSize = random.pick([0x20, 0x40, 0x80, 0x400]);
    // Some end where the trailers of the different builds begin.
    const long = random.chance(8) ? slotSize - headerSize - prot.length - 400 + random.below(240) : 1 + random.below(400);
    const payload = random.bytes(encrypted ? Math.ceil(long / 16) * 16 : long);
    // An image in a primary slot was decrypted on its way there: its flag stays.
    const cipher = encrypted && !(area === 'primary' && mode !== 'primary-only');
    const primaryOnly = mode === 'primary-only' ? 2 : 0;
    const stray = odd && random.chance(6) ? random.pick([1, 8, 0x20, 0x100, 0x20000000]) : 0;
    const hashedFlags = (mode === 'primary-only' || !encrypted ? primaryOnly : 4) | stray;
    const header = {
      magic: mode === 'primary-only' ? image.stirotMagic : image.applicationMagic,
      loadAddress: odd && random.chance(4) ? random.next() : 0,
      headerSize,
      protectedTlvSize: prot.length,
      imageSize: payload.length,
      flags: hashedFlags >>> 0,
      version: { major: random.below(256), minor: random.below(256), revision: random.below(0x10000), build: random.next() },
    };
    const plain = new Uint8Array(headerSize + payload.length).fill(0xff);
    plain.set(image.encodeHeader(header));
    plain.set(payload, headerSize);
    const digest = image.sha256(engine, plain, prot);
    const signer = odd && random.chance(10) ? keys.other : keys.auth;
    const signature = signDeterministic(nobleEngine, signer.privateKey, digest);
    const [r, low] = [signature.subarray(0, 32), signature.subarray(32)];
    const s = random.chance(2) ? low : otherS(low);
    const der = image.encodeSignature(Uint8Array.from([...r, ...s]));
    const form = odd && random.chance(3) ? random.pick(signatureForms) : signatureForms[0];
    const keyHash = image.sha256(engine, image.subjectPublicKeyInfo(signer.publicKey));
    const tlvs = [
      { type: SHA256, value: digest },
      { type: KEYHASH, value: odd && random.chance(6) ? keyHash.subarray(0, random.below(33)) : keyHash },
      { type: ECDSASIG, value: form(der, r, s) },
    ];
    const encryption = { type: ENCEC256, value: encryptionValues[odd && random.chance(12) ? 1 : 0] };
    if (encrypted) tlvs.splice(random.chance(2) ? 3 : random.below(4), 0, encryption);
    if (odd && random.chance(6)) tlvs.splice(random.below(tlvs.length), 0, random.pick([...tlvs, counter, extra(), { type: random.pick(knownTypes), value: random.bytes(random.below(80)) }]));
    if (odd && random.chance(8)) tlvs.splice(random.below(tlvs.length), 1);
    if (odd && random.chance(8)) tlvs.reverse();
    const unprotected = image.encodeTlvArea(image.tlvInfoMagic, tlvs);

    const end = plain.length + prot.length + unprotected.length;
    if (end > slotSize) return base();
    const slot = new Uint8Array(slotSize).fill(0xff);
    slot.set(plain);
    if (cipher) slot.set(image.cryptPayload(engine, contentKey, 0, payload), headerSize);
    if (mode === 'primary-only' && encrypted) slot.set(u32((header.flags | 4) >>> 0), 16);
    slot.set(prot, plain.length);
    slot.set(unprotected, plain.length + prot.length);
    const maxAlign = random.pick([8, 16, 16]);
    if (!random.chance(20)) slot.set(image.trailerMagic, slotSize - 16);
    if (random.chance(mode === 'swap' ? 2 : 12)) slot[slotSize - 16 - maxAlign] = random.pick([1, 1, 1, 0, 2]);
    const options = {
      mode, area, slotSize, maxAlign,
      writeUnit: random.pick([4, 16, 16]),
      storedCounter: odd && random.chance(30) ? random.pick([undefined, 0xffffffff]) : stored,
      authPublicKey: odd && random.chance(12) ? keys.other.publicKey : keys.auth.publicKey,
      encPrivateKey: keys.enc.privateKey,
    };
    const infos = prot.length > 0 ? [plain.length, plain.length + prot.length] : [plain.length];
    return { slot, options, infos, headerSize, payloadEnd: plain.length, end };
  }

  const bases = Array.from({ length: baseCount }, base);
  const headerFields = [[0, 4], [4, 4], [8, 2], [10, 2], [12, 4], [16, 4], [20, 4], [24, 4], [28, 4]];
  const odds = [0, 1, 2, 4, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, slotSize, slotSize - 1, slotSize - 16, slotSize + 1];

  /** Where the entries of a base's TLV areas stand, walked anew since an earlier change may have moved them. */
  function entries(slot, { infos, end }) {
    const found = [];
    for (const [i, info] of infos.entries()) {
      const stop = infos[i + 1] ?? end;
      for (let at = info + 4; at + 4 <= stop; ) {
        const length = slot[at + 2] | (slot[at + 3] << 8);
        if (at + 4 + length > stop) break;
        found.push({ at, length });
        at += 4 + length;
      }
    }
    return found;
  }

  const flip = (slot, at) => {
    slot[at] ^= 1 << random.below(8);
  };
  const nudged = (value) => (value + random.pick([-16, -4, -1, 1, 4, 16, 32])) >>> 0;
  const put = (slot, at, bytes) => slot.set(bytes.subarray(0, Math.max(0, slotSize - at)), at);
  const onEntry = (change) => (slot, its) => {
    const all = entries(slot, its);
    if (all.length > 0) change(slot, random.pick(all), all);
  };
  const mutations = {
    'header field': (slot) => {
      const [at, size] = random.pick(headerFields);
      const value = size === 2 ? slot[at] | (slot[at + 1] << 8) : (slot[at] | (slot[at + 1] << 8) | (slot[at + 2] << 16) | (slot[at + 3] << 24)) >>> 0;
      const changed = random.chance(2) ? nudged(value) : random.pick(odds);
      slot.set(size === 2 ? u16(changed) : u32(changed), at);
    },
    'header flags': (slot) => flip(slot, random.pick([16, 16, 17, 19])),
    'header bit': (slot) => flip(slot, random.below(32)),
    payload: (slot, { headerSize, payloadEnd }) => flip(slot, random.chance(4) ? random.below(headerSize) : headerSize + random.below(payloadEnd - headerSize)),
    'area info': (slot, { infos }) => {
      const info = random.pick(infos);
      if (random.chance(2)) flip(slot, info + random.below(4));
      else slot.set(u16(nudged(slot[info + 2] | (slot[info + 3] << 8))), info + 2);
    },
    'TLV type': onEntry((slot, { at }) => slot.set(u16(random.pick(knownTypes)), at)),
    'TLV length': onEntry((slot, { at, length }) => slot.set(u16(random.chance(4) ? random.pick(odds) : nudged(length)), at + 2)),
    'TLV value': onEntry((slot, { at, length }) => length > 0 && flip(slot, at + 4 + random.below(length))),
    'TLV head bit': onEntry((slot, { at }) => flip(slot, at + random.below(4))),
    'TLVs swapped': onEntry((slot, { at, length }, all) => {
      const next = all.find((each) => each.at === at + 4 + length);
      if (next === undefined) return;
      const [first, second] = [slot.slice(at, next.at), slot.slice(next.at, next.at + 4 + next.length)];
      put(slot, at, second);
      put(slot, at + second.length, first);
    }),
    'TLV doubled': onEntry((slot, { at, length }, all) => {
      const target = random.pick(all);
      if (target.length === length) put(slot, target.at, slot.slice(at, at + 4 + length));
    }),
    'signature value': (slot, its) => {
      const found = entries(slot, its).find(({ at }) => slot[at] === ECDSASIG);
      if (found !== undefined && found.length > 0) flip(slot, found.at + 4 + random.pick([0, 1, 2, 3, 4, random.below(found.length), random.below(found.length)]));
    },
    'key hash value': (slot, its) => {
      const found = entries(slot, its).find(({ at }) => slot[at] === KEYHASH);
      if (found !== undefined && found.length > 0) flip(slot, found.at + 4 + random.below(found.length));
    },
    'counter value': (slot, its) => {
      const found = entries(slot, its).find(({ at }) => slot[at] === SEC_CNT);
      if (found !== undefined && found.length === 4) slot.set(u32(random.pick([0, 1, 4, 0xffffffff])), found.at + 4);
    },
    'behind the TLVs': (slot, { end }) => end < slotSize && flip(slot, end + random.below(Math.min(random.pick([16, slotSize]), slotSize - end))),
    trailer: (slot) => flip(slot, slotSize - 1 - random.below(random.pick([16, 32, 176]))),
    image_ok: (slot) => {
      slot[slotSize - 16 - random.pick([8, 16])] = random.pick([0, 1, 2, 0xff]);
    },
    'any byte': (slot) => {
      slot[random.below(slotSize)] = random.next() & 0xff;
    },
  };
  const names = Object.keys(mutations);

  return {
    keys,
    baseCount,
    /** The next image. `slot` is its own; `changes` names what was done to base number `base`. */
    next() {
      const number = random.below(bases.length);
      const original = bases[number];
      const slot = original.slot.slice();
      const changes = [];
      for (let left = random.pick([0, 1, 1, 1, 1, 2, 3]); left > 0; left -= 1) {
        const name = random.pick(names);
        mutations[name](slot, original);
        changes.push(name);
      }
      return { slot, options: original.options, base: number, changes };
    },
  };
}
