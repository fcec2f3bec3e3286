import { keyError, makeP256Key } from './key-error.js';

/** No key in PEM comes near. */
const sizeLimit = 0x10000;

export interface PemBlock {
  /** `PRIVATE KEY`. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

/**
 * The first key block of a PEM text (RFC 7468); other text around it and a leading `EC PARAMETERS` block are passed over.
 * @throws HarnessError `key-file` (usage)
 */
export function readPem(text: string): PemBlock {
  if (text.length > sizeLimit) throw keyError('key-file', `a key file has at most ${sizeLimit} characters`, makeP256Key);
  const begin = /-----BEGIN ([A-Z0-9 ]{1,60})-----/g;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const label = match[1];
    const end = text.indexOf(`-----END ${label}-----`, begin.lastIndex);
    if (end < 0) throw keyError('key-file', `the PEM block ${label} has no end line`, 'the file is cut off: copy it again');
    if (label !== 'EC PARAMETERS') return { label, bytes: readBase64(text.slice(begin.lastIndex, end), label) };
    begin.lastIndex = end;
  }
  throw keyError('key-file', 'no PEM block in the file', makeP256Key);
}

function readBase64(text: string, label: string): Uint8Array {
  if (/^\s*(Proc-Type|DEK-Info):/m.test(text)) throw keyError('key-encrypted', `the ${label} is protected by a passphrase`, makeP256Key);
  const packed = text.replace(/\s/g, '');
  if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(packed)) throw keyError('key-file', `the PEM block ${label} is not base64`, 'the file is damaged: copy it again');
  return Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
}

/** A PEM text with lines of 64 characters, LF. */
export function writePem(label: string, bytes: Uint8Array): string {
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return `-----BEGIN ${label}-----\n${(base64.match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;
}
