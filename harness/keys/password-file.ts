import { HarnessError } from '../errors/index.js';

/** Type word of password.bin (STM32CubeH7RS, ROT_Provisioning/DA/Binary/password.bin). */
const passwordType = 0x80000000;
const headerSize = 8;
/** The one length of which ST's files show what becomes of it. */
export const passwordSize = 16;

/**
 * The bytes of a password: 16 printable ASCII characters. ST's XML allows 4 to 16, but no shipped file shows what a shorter one becomes; a device closed
 * with a guess might never open again.
 * @throws HarnessError `password` (usage); the password is not in it
 */
export function encodePassword(password: string): Uint8Array {
  if (!/^[\x20-\x7e]*$/.test(password)) throw invalid('a password of debug authentication has printable ASCII characters only');
  if (password.length !== passwordSize) throw invalid(`a password of debug authentication has ${passwordSize} characters, this one ${password.length}`);
  return new TextEncoder().encode(password);
}

/** password.bin as `STM32_Programmer_CLI pwd=` reads it: type word, length, password; 24 bytes. @throws HarnessError `password` (usage) */
export function buildPasswordFile(password: string): Uint8Array {
  const out = new Uint8Array(headerSize + passwordSize);
  const view = new DataView(out.buffer);
  view.setUint32(0, passwordType, true);
  view.setUint32(4, passwordSize, true);
  out.set(encodePassword(password), headerSize);
  return out;
}

/** The password in a password.bin. @throws HarnessError `password-file` (usage) */
export function readPasswordFile(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sound = bytes.length === headerSize + passwordSize && view.getUint32(0, true) === passwordType && view.getUint32(4, true) === passwordSize;
  if (sound) return bytes.slice(headerSize);
  throw new HarnessError({
    code: 'password-file',
    kind: 'usage',
    message: `no password.bin: it has ${headerSize + passwordSize} bytes, the words 0x80000000 and ${passwordSize} and the password`,
    nextStep: 'build it again from DA_ConfigWithPassword.xml with `rot-hil obk build`',
  });
}

function invalid(message: string): HarnessError {
  return new HarnessError({ code: 'password', kind: 'usage', message, nextStep: 'choose 16 characters from space to tilde' });
}
