import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { boot, craft, testKeys } from '../image/testing/craft-image.js';
import { nobleEngine } from '../image/engine-noble.js';
import { buildSignedImage, checkImage, inspectImage, readIntelHex, slotContent, toIntelHex } from '../image/index.js';
import type { SignOptions } from '../image/index.js';
import { readPrivateKeyPem, readPublicKeyPem, toPrivateKeyPem, toPublicKeyPem } from './index.js';

const require = createRequire(import.meta.url);
/** Everything a bundler would follow: imports and re-exports with values, and dynamic imports. Imports of types are gone by then. */
const specifiers = /(?:^|\n)\s*(?:import|export)\s(?!type\s)[^;'"`]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|\brequire\(\s*['"]([^'"]+)['"]\s*\)/g;
/** The one file that knows Node; it asks for node:crypto at run time. */
const nativeEngine = fileURLToPath(new URL('../image/engine-native.ts', import.meta.url));

interface Module {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/** All modules that a bundle of these entries holds, libraries included. */
function reachable(entries: readonly string[]): Module[] {
  const modules = new Map<string, Module>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (modules.has(file)) continue;
    const text = readFileSync(file, 'utf8').replace(/\/\*[^]*?\*\//g, '');
    const imports = [...text.matchAll(specifiers)].map((match) => match.slice(1).find((part) => part !== undefined) ?? '');
    modules.set(file, { file, text, imports });
    for (const specifier of imports) if (!isNode(specifier)) open.push(resolve(specifier, file));
  }
  return [...modules.values()];
}

const isNode = (specifier: string): boolean => specifier.startsWith('node:') || require('node:module').builtinModules.includes(specifier);
const resolve = (specifier: string, from: string): string => (specifier.startsWith('.') && from.endsWith('.ts') ? fileURLToPath(new URL(specifier.replace(/\.js$/, '.ts'), pathToFileURL(from))) : createRequire(from).resolve(specifier));

const harness = fileURLToPath(new URL('../', import.meta.url));
const modules = reachable(['../image/index.ts', '../image/engine-noble.ts', 'index.ts'].map((file) => fileURLToPath(new URL(file, import.meta.url))));
const own = modules.filter(({ file }) => file.startsWith(harness)).map((each) => ({ ...each, name: each.file.slice(harness.length) }));
const libraries = modules.filter(({ file }) => !file.startsWith(harness));

describe('image/ and keys/ for a browser', () => {
  it('the modules a bundle holds -> both rooms and the libraries of the noble engine', () => {
    expect(own.length).toBeGreaterThan(35);
    for (const part of ['/image/check-image.ts', '/keys/p256-keys.ts', '/errors/', '@noble/curves/', '@noble/ciphers/', '@noble/hashes/']) expect(modules.map(({ file }) => file).some((file) => file.includes(part))).toBe(true);
  });

  it('a Node import in front of a browser -> found by this spec', () => {
    expect([...`import { x } from './a.js';\nimport type { T } from 'node:fs';\nimport { readFile } from 'node:fs';\nawait import('node:path')`.matchAll(specifiers)].flatMap((match) => match.slice(1)).filter((part) => part !== undefined && isNode(part))).toEqual(['node:fs', 'node:path']);
  });

  it.each(own)('$name -> imports nothing of Node', ({ imports }) => {
    expect(imports.filter(isNode)).toEqual([]);
  });

  it('the libraries -> import nothing of Node', () => {
    expect(libraries.filter(({ imports }) => imports.some(isNode)).map(({ file }) => file)).toEqual([]);
  });

  it.each(own.filter(({ file }) => file !== nativeEngine))("$name -> uses nothing of Node's globals", ({ text }) => {
    expect(text.match(/\b(Buffer|process|require|__dirname)\b[.(]/g)).toBeNull();
  });

  it("without Node's globals -> the noble engine signs, verifies, inspects and reads keys", () => {
    const { slot } = craft({ encrypted: true });
    const options: SignOptions = { mode: 'overwrite', version: '1.0.0', headerSize: 0x400, slotSize: slot.length, align: 4, securityCounter: 5, signKey: testKeys.auth.privateKey, encryptionKey: testKeys.enc.publicKey, pad: true, engine: nobleEngine };
    const hidden = ['Buffer', 'process', 'require', 'global'].map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
    for (const [name] of hidden) Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
    let seen: unknown;
    try {
      const signed = slotContent(buildSignedImage(new Uint8Array(100).fill(7), options));
      const keys = {
        authPublicKey: readPublicKeyPem(toPublicKeyPem(testKeys.auth.publicKey), nobleEngine),
        encPrivateKey: readPrivateKeyPem(toPrivateKeyPem(testKeys.enc.privateKey), nobleEngine),
      };
      seen = {
        globals: [typeof Buffer, typeof process],
        verdicts: [slot, signed].map((bytes) => checkImage(bytes, { ...boot, ...keys, engine: nobleEngine }).verdict),
        version: inspectImage(signed, { slotSize: signed.length }).image?.version,
        hex: readIntelHex(toIntelHex([{ address: 0x90000000, bytes: signed }])).bytes.length,
      };
    } finally {
      for (const [name, descriptor] of hidden) {
        if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
        else Object.defineProperty(globalThis, name, descriptor);
      }
    }
    expect(seen).toEqual({ globals: ['undefined', 'undefined'], verdicts: ['valid', 'valid'], version: '1.0.0', hex: slot.length });
  });
});
