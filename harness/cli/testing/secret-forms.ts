import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deriveKeyPair, readPasswordFile } from '../../keys/index.js';
import { derivedCredential } from '../../provisioning/index.js';

/** Enough of a secret that nothing else looks like it: bytes. */
const part = 12;

/** The forms in which bytes end up in texts and files, each as bytes to search for; the first part of the secret is enough. */
export function formsOf(secret: Uint8Array): ReadonlyMap<string, Buffer> {
  const bytes = Buffer.from(secret).subarray(0, 24);
  const head = [...bytes.subarray(0, part)];
  const hex = head.map((byte) => byte.toString(16).padStart(2, '0'));
  const words = (read: (at: number) => number): string[] => [0, 4, 8].map((at) => (read(at) >>> 0).toString(16).padStart(8, '0'));
  const joined = (list: readonly string[], ...separators: readonly string[]): string[] => separators.map((separator) => list.join(separator));
  const texts: Record<string, readonly string[]> = {
    hexadecimal: [...joined(hex, '', ' ', ':', ', ', ','), ...joined(hex.map((one) => `0x${one}`), ', ', ',', ' ')],
    'escaped bytes': [hex.map((one) => `\\x${one}`).join(''), hex.map((one) => `\\u00${one}`).join(''), hex.map((one) => `%${one}`).join('')],
    'decimal bytes': joined(head.map(String), ',', ', ', ' ', ',\n'),
    'words of a memory dump': [...joined(words((at) => bytes.readUInt32LE(at)), '', ' ', ', 0x'), ...joined(words((at) => bytes.readUInt32BE(at)), ' ', ', 0x')],
    // In the middle of a longer text base64 begins at any of three places.
    'base64, PEM': [0, 1, 2].map((at) => bytes.subarray(at, at + 21 - (at === 0 ? 0 : 3)).toString('base64').replace(/=+$/, '').slice(0, 24)),
    base64url: [0, 1, 2].map((at) => bytes.subarray(at, at + 18).toString('base64url')),
  };
  const forms = new Map<string, Buffer>([
    ['bytes', bytes.subarray(0, part)],
    ['bytes, the last first', Buffer.from(bytes.subarray(0, part)).reverse()],
    ['UTF-16', Buffer.from(bytes.subarray(0, part).toString('latin1'), 'utf16le')],
  ]);
  for (const [name, list] of Object.entries(texts)) {
    for (const [at, text] of [...list, ...list.map((one) => one.toUpperCase())].entries()) if (!name.startsWith('base64') || at < list.length) forms.set(`${name} ${at}`, Buffer.from(text, 'latin1'));
  }
  return forms;
}

export interface Secret {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Which secrets stand in which of the given texts and files, in words. @param where by name */
export function found(secrets: readonly Secret[], where: ReadonlyMap<string, Uint8Array>): string[] {
  const needles = secrets.flatMap(({ name, bytes }) => [...formsOf(bytes)].map(([form, needle]) => ({ name, form, needle })));
  return [...where].flatMap(([place, content]) => {
    const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    return needles.filter(({ needle }) => buffer.includes(needle)).map(({ name, form }) => `${name} as ${form} in ${place}`);
  });
}

/** Every file below a folder. */
export function filesBelow(folder: string): Map<string, Uint8Array> {
  const paths = (path: string): string[] => readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? paths(join(path, entry.name)) : entry.isFile() ? [join(path, entry.name)] : []));
  return new Map(paths(folder).map((path) => [path, readFileSync(path)]));
}

/** Collects the command lines of all processes, as anybody on this machine can read them, until it is stopped. Linux only. */
export function watchProcesses(): () => string {
  const lines = new Set<string>();
  const look = (): void => {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        lines.add(readFileSync(`/proc/${name}/cmdline`, 'latin1'));
      } catch {
        // It has ended meanwhile.
      }
    }
  };
  const timer = setInterval(look, 30);
  return () => {
    clearInterval(timer);
    return [...lines].join('\n');
  };
}

/** Everything secret that follows from a seed: private keys, the password, and the certificate chain, which is to stay with its owner. */
export function secretsOf(seed: string): Secret[] {
  const labels = ['authentication', 'encryption', 'first-authentication', 'first-encryption', 'da-root', 'da-intermediate', 'da-leaf'];
  const files = derivedCredential(seed);
  const chain = Buffer.from(files['chain.b64'], 'base64');
  return [
    ...labels.map((label) => ({ name: `private key ${label} of seed ${seed}`, bytes: deriveKeyPair(seed, `board/${label}`).privateKey })),
    { name: `password of seed ${seed}`, bytes: readPasswordFile(files['password.bin']) },
    { name: `chain of seed ${seed}`, bytes: chain.subarray(Math.floor(chain.length / 2)) },
  ];
}
