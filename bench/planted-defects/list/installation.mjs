// Defects of the root of trust's model: its checks, installation in both modes, confirmation.
const rot = (file) => `harness/rot/${file}`;
const image = (file) => `harness/image/${file}`;
const swap = { mode: 'swap' };

export const installation = [
  { name: 'security counter not compared', file: image('check-tlvs.ts'), find: 'if (counter < stored) return', replace: 'if (counter < stored && stored > 0xfffffffe) return', suite: 'rollback', test: /refused/, reason: /security-counter|valid/, also: ['update-overwrite', 'authenticity'] },
  { name: 'security counter never stored', file: rot('install-overwrite.ts'), find: 'return counter === stored || data.updateCounter(counter);', replace: 'return true;', suite: 'rollback', test: /stored/, reason: /Expected: 50331648/, also: ['update-overwrite', 'authenticity'] },
  { name: 'image hash not compared', file: image('check-tlvs.ts'), find: "if (!equalBytes(stored, this.digest)) return reject('hash', 'image hash mismatch');", replace: '', suite: 'authenticity', test: /refused by the hash/, reason: /"stage": "signature"|signature KO/, also: ['update-overwrite'] },
  { name: 'key hash not compared', file: image('check-tlvs.ts'), find: "if (!equalBytes(stored, own.subarray(0, stored.length))) return", replace: "if (stored.length === 33) return", suite: 'authenticity', test: /refused by the key hash/, reason: /"stage": "signature"|signature KO/ },
  { name: 'signature not verified', file: image('check-tlvs.ts'), find: 'return this.options.engine.verify(this.options.authPublicKey, signature, this.digest);', replace: 'return true;', suite: 'authenticity', test: /signature KO/, reason: /"verdict": "valid"/ },
  { name: 'bytes behind the image not looked at', file: image('slot-pattern.ts'), find: 'const head = slot.read(from, aligned - from).findIndex((byte) => byte !== 0xff);', replace: 'if (slot.size > 0) return undefined;\n  const head = -1;', suite: 'authenticity', test: /behind the TLVs/, reason: /"verdict": "valid"/, also: ['update-overwrite'] },
  { name: 'hash reference not used', file: image('check-tlvs.ts'), find: 'if (hashReference !== undefined && equalBytes(hashReference, this.digest)) {', replace: 'if (hashReference !== undefined && hashReference.length === 0) {', suite: 'boot', test: /accepted before/, reason: /hash ref OK/ },
  { name: 'the installed image not looked at any more', file: rot('bootutil.ts'), find: 'const image = validatePrimaryArea(run, run.hashReference);', replace: "const checked = validatePrimaryArea(run, run.hashReference);\n  const image = checked.kind === 'invalid' ? ({ kind: 'valid', header: run.headers.primary, digest: new Uint8Array(32), signed: true } as unknown as typeof checked) : checked;", suite: 'authenticity', test: /written back with one bit changed/, reason: /an application started where none was expected/ },
  { name: 'image_ok looked over in overwrite mode', file: image('slot-pattern.ts'), find: "build.mode === 'overwrite' ? magicOffset(slot.size) : trailerStart", replace: 'trailerStart', suite: 'update-overwrite', test: /image_ok set/, reason: /"verdict": "valid"/ },

  { name: 'an unconfirmed image stays', on: swap, file: rot('swap-type.ts'), find: "{ type: 'revert', primary: { magic: 'good', imageOk: 'unset', copyDone: 'set' }", replace: "{ type: 'revert', primary: { magic: 'good', imageOk: 'bad', copyDone: 'set' }", suite: 'confirmation', test: /goes back/, reason: /Expected: "revert"/, also: ['update-swap', 'power-cut', 'authenticity', 'encryption'] /* all of them count on the way back */ },
  { name: 'the flag is taken over whatever the trailer says', on: swap, file: rot('confirmation.ts'), find: "if (magic === 'bad' || (magic === 'good' && copyDone === 'unset')) {", replace: "if (magic === 'set') {", suite: 'confirmation', test: /at the flag|at it/, reason: /Confirm Flag Not Correctly Written/ },
  { name: 'one bit of the flag does not count', on: swap, file: rot('confirmation.ts'), find: 'byte === confirmationPattern[i]', replace: '(byte | 1) === (confirmationPattern[i]! | 1)', suite: 'confirmation', test: /one bit of its first word off/, reason: /Expected: "revert"/ },
  { name: 'a permanent image is taken for a test image', on: swap, file: rot('swap-type.ts'), find: "{ type: 'perm', primary: {}", replace: "{ type: 'test', primary: {}", suite: 'update-swap', test: /image_ok set/, reason: /Expected: "perm"/ },
  { name: 'a refused image stays in the secondary slot', on: swap, file: rot('boot-run.ts'), find: "    secondary.eraseAll();\n    log('[ERR] Image in the secondary", replace: "    log('[ERR] Image in the secondary", suite: 'update-swap', test: /refused by the (counter|hash)/, reason: /Expected: "ffff/, also: ['authenticity'] },
  { name: 'the counter of an image that nobody confirmed is stored', on: swap, file: rot('boot-run.ts'), find: "readTrailer(primary, layout).imageOk !== 'unset' && headerValid", replace: 'headerValid', suite: 'update-swap', test: /not confirmed, reset|went back/, reason: /./, also: ['confirmation', 'encryption', 'authenticity', 'rollback', 'power-cut'] },

  // Overwrite.
  { name: 'an installed image leaves its first page behind', file: rot('bootutil.ts'), find: 'if (copied) run.secondary.eraseAll();', replace: 'if (copied) run.secondary.eraseSector(run.secondary.size - run.secondary.sectorSize);', suite: 'update-overwrite', test: /secondary slot read/, reason: /Expected: "ffff/ },
  { name: 'a refused image stays', file: rot('boot-run.ts'), find: "    secondary.eraseAll();\n    log('[ERR] Image in the secondary", replace: "    log('[ERR] Image in the secondary", suite: 'update-overwrite', test: /older image with its older counter/, reason: /Expected: "ffff/, also: ['authenticity'] },

  { name: 'content key taken whatever its tag says', file: image('ecies.ts'), find: "return 'wrong-tag';", replace: 'engine.aesCtr(keys.wrapping, wrapped, 0);', suite: 'authenticity', test: /content key flipped/, reason: /"stage": "(hash|tlv)"|decrypt-key/ },
  { name: 'a confirmation stays in the RAM', on: swap, file: rot('confirmation.ts'), find: '  flag.clear();\n}', replace: '}', suite: 'confirmation', test: /taken over into the trailer/, reason: /Expected: 0/, also: ['update-swap', 'power-cut', 'encryption', 'authenticity', 'rollback'] },

  // The hash reference.
  { name: 'a hash reference is good for one start', file: rot('oemirot.ts'), find: 'if (digest.every((byte, i) => byte === current[i])) return;', replace: 'if (digest.every((byte, i) => byte === current[i])) digest = new Uint8Array(32);', suite: 'soak', test: /resets by the (pin|application)/, reason: /hash ref OK/, also: ['boot'] },
  { name: 'the hash reference is stored at every start', file: rot('oemirot.ts'), find: '  if (digest.every((byte, i) => byte === current[i])) return;\n', replace: '', suite: 'soak', test: /nothing to install/, reason: /Expected: 0/ },

  // Counters.
  { name: 'security counters compared as signed numbers', file: image('check-tlvs.ts'), find: 'if (counter < stored) return', replace: 'if ((counter | 0) < (stored | 0)) return', suite: 'rollback', test: /highest counter/, reason: /./ },
  { name: 'an older version is not installed', file: rot('boot-run.ts'), find: "if (image.kind === 'valid') return undefined;", replace: "const { primary, secondary: pending } = run.headers;\n  if (image.kind === 'valid' && (pending.version.minor >= primary.version.minor || pending.magic !== primary.magic)) return undefined;", suite: 'rollback', test: /versions are not compared/, reason: /"version"/, also: ['update-overwrite', 'authenticity', 'power-cut', 'encryption'] },

  // The power fails.
  { name: 'an update is forgotten before it is installed', file: rot('install-overwrite.ts'), find: '  primary.eraseAll();\n', replace: '  secondary.eraseSector(secondary.size - secondary.sectorSize);\n  primary.eraseAll();\n', suite: 'power-cut', test: /cut at/, reason: /found no image/ },
  { name: 'a swap goes on one step too far', on: swap, file: rot('boot-status.ts'), find: 'status.step = (end % statusSteps) + 1;', replace: 'status.step = Math.min(statusSteps, (end % statusSteps) + 2);', suite: 'power-cut', test: /cut at/, reason: /./ },
  { name: 'a swap that was cut is not brought to its end', on: swap, file: rot('install-swap.ts'), find: '  finishSwap(run, type);\n  run.headers', replace: '  run.headers', suite: 'power-cut', test: /cut at/, reason: /./ },
  { name: 'a way back that was cut does not count as confirmed', on: swap, file: rot('install-swap.ts'), find: '  finishSwap(run, type);\n  run.headers', replace: "  finishSwap(run, type === 'revert' ? 'test' : type);\n  run.headers", suite: 'power-cut', test: /goes back › cut at/, reason: /./ },
];
