// Defects of what lies enciphered where: the memory cipher engine's model, the external memories, and the signing of images.
const board = (file) => `harness/virtual-board/${file}`;

export const enciphering = [
  { name: 'primary slot in clear', file: board('flash-cipher.ts'), find: 'const areas: MemoryArea[] = [primary];', replace: 'const areas: MemoryArea[] = [];', suite: 'encryption', test: /no header, no block/, reason: /not\.toBe|Expected: not/ },
  { name: 'scratch area in clear', on: { mode: 'swap' }, file: board('flash-cipher.ts'), find: "configuration.mode === 'swap' && scratch !== undefined", replace: "configuration.mode !== 'swap' && scratch !== undefined", suite: 'encryption', test: /after swaps/, reason: /\+ {3}\d/ },
  { name: 'the same key of the run slot at every start', file: board('external-memories.ts'), find: "    this.#keys += 1;\n", replace: "    if (this.#keys > 0) return;\n    this.#keys += 1;\n", suite: 'encryption', test: /text of the running image/, reason: /Expected: not/ },
  { name: 'the cipher does not depend on the address', file: 'harness/flash/mce-layer.ts', find: '^ (offset + at)) >>> 0', replace: '^ offset * 0) >>> 0', suite: 'encryption', test: /depends on the address/, reason: /Expected: \d+/ },
  { name: 'images signed in clear', file: 'harness/session/signed-application.ts', find: 'encryptionKey: orNothing(request.encryptionKey, keys.encryption.publicKey)', replace: 'encryptionKey: request.encryptionKey ?? undefined', suite: 'encryption', test: /secondary slot › an update written/, reason: /Expected: 0/, also: ['authenticity', 'provisioning'] },
  { name: 'the cipher is on although the root of trust was built without it', on: { mce: 'off' }, file: board('flash-cipher.ts'), find: "cipher === 'off' ? flash", replace: "cipher === undefined ? flash", suite: 'encryption', test: /primary slot › its twin/, reason: /Expected: 2532554813/ },
];
