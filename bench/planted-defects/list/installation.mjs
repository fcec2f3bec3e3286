// Defects of the root of trust's model: its checks, installation in both modes, confirmation.
const rot = (file) => `harness/rot/${file}`;
const image = (file) => `harness/image/${file}`;
const swap = { mode: 'swap' };

export const installation = [
  { name: 'security counter not compared', file: image('check-tlvs.ts'), find: 'if (counter < stored) return', replace: 'if (counter < stored && stored > 0xfffffffe) return', suite: 'rollback', test: /refused/, reason: /security-counter|valid/, also: ['update-overwrite', 'authenticity'] },
  { name: 'security counter never stored', file: rot('install-overwrite.ts'), find: 'return counter === stored || data.updateCounter(counter);', replace: 'return true;', suite: 'rollback', test: /stored/, reason: /Expected: 50331648/, also: ['update-overwrite', 'authenticity'] },
  { name: 'image hash not compared', file: image('check-tlvs.ts'), find: "if (!equalBytes(stored, this.digest)) return reject('hash', 'image hash mismatch');", replace: '', suite: 'authenticity', test: /refused by the hash/, reason: /"stage": "signature"|signature KO/ },
  { name: 'key hash not compared', file: image('check-tlvs.ts'), find: "if (!equalBytes(stored, own.subarray(0, stored.length))) return", replace: "if (stored.length === 33) return", suite: 'authenticity', test: /refused by the key hash/, reason: /"stage": "signature"|signature KO/ },
  { name: 'signature not verified', file: image('check-tlvs.ts'), find: 'return this.options.engine.verify(this.options.authPublicKey, signature, this.digest);', replace: 'return true;', suite: 'authenticity', test: /signature KO/, reason: /"verdict": "valid"/ },
  { name: 'bytes behind the image not looked at', file: image('slot-pattern.ts'), find: 'const head = slot.read(from, aligned - from).findIndex((byte) => byte !== 0xff);', replace: 'if (slot.size > 0) return undefined;\n  const head = -1;', suite: 'authenticity', test: /behind the TLVs/, reason: /"verdict": "valid"/ },
  { name: 'hash reference not used', file: image('check-tlvs.ts'), find: 'if (hashReference !== undefined && equalBytes(hashReference, this.digest)) {', replace: 'if (hashReference !== undefined && hashReference.length === 0) {', suite: 'boot', test: /accepted before/, reason: /hash ref OK/ },

  { name: 'an unconfirmed image stays', on: swap, file: rot('swap-type.ts'), find: "{ type: 'revert', primary: { magic: 'good', imageOk: 'unset', copyDone: 'set' }", replace: "{ type: 'revert', primary: { magic: 'good', imageOk: 'bad', copyDone: 'set' }", suite: 'confirmation', test: /goes back/, reason: /Expected: "revert"/, also: ['update-swap', 'power-cut'] },
  { name: 'the flag is taken over whatever the trailer says', on: swap, file: rot('confirmation.ts'), find: "if (magic === 'bad' || (magic === 'good' && copyDone === 'unset')) {", replace: "if (magic === 'set') {", suite: 'confirmation', test: /at the flag|at it/, reason: /Confirm Flag Not Correctly Written/ },
  { name: 'one bit of the flag does not count', on: swap, file: rot('confirmation.ts'), find: 'byte === confirmationPattern[i]', replace: '(byte | 1) === (confirmationPattern[i]! | 1)', suite: 'confirmation', test: /one bit of its first word off/, reason: /Expected: "revert"/ },
];
