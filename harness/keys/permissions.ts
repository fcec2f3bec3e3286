import { HarnessError } from '../errors/index.js';

/** A 128 bit set of permissions of debug authentication (Arm ADAC 1.0, certificate header; `Permission` of ST's DA_Config.xml). */
export type Permissions = bigint;

export const permissionSize = 16;
/** `Permission` of ST's DA_Config.xml (STM32CubeH7RS, ROT_Provisioning/DA/Config): what the device may grant. */
export const shippedDevicePermissions: Permissions = 0x80000000000000000000000000004007n;
/** Permissions of the three certificates that ST ships (ROT_Provisioning/DA/Certificates). */
export const shippedCertificatePermissions: Permissions = 0x80000000000000000000000000005007n;

const maxPermissions: Permissions = (1n << 128n) - 1n;

/** Bit of the full regression: STM32CubeProgrammer's discovery prints it as `(a/14) ==> Full Regression`. */
export const fullRegressionBit = 14;

/** What a bit stands for. unverified: all but bit 14, which follow the order of ST's Trusted Package Creator for STM32H5 and H7RS. */
const meanings = new Map<number, string>([
  [0, 'intrusive debug at HDPL1'],
  [1, 'intrusive debug at HDPL2'],
  [2, 'intrusive debug at HDPL3'],
  [12, 'partial regression'],
  [fullRegressionBit, 'full regression'],
  [127, 'forced download'],
]);

export function hasPermission(permissions: Permissions, bit: number): boolean {
  return ((permissions >> BigInt(bit)) & 1n) === 1n;
}

/** Each permission in words, lowest bit first; `bit 7` where the bit has no known meaning. */
export function permissionNames(permissions: Permissions): string[] {
  const bits = Array.from({ length: 128 }, (_, bit) => bit).filter((bit) => hasPermission(permissions, bit));
  return bits.map((bit) => meanings.get(bit) ?? `bit ${bit}`);
}

/** `0x` and 32 digits, as ST's XML writes it. */
export function formatPermissions(permissions: Permissions): string {
  return '0x' + permissions.toString(16).padStart(2 * permissionSize, '0');
}

/** Reads `0x` and up to 32 hexadecimal digits. @throws HarnessError `permissions` (usage) */
export function parsePermissions(text: string): Permissions {
  if (/^0[xX][0-9a-fA-F]{1,32}$/.test(text)) return BigInt(text);
  throw new HarnessError({
    code: 'permissions',
    kind: 'usage',
    message: 'permissions are 0x and up to 32 hexadecimal digits',
    nextStep: `for example ${formatPermissions(shippedDevicePermissions)}, which ST's DA_Config.xml has`,
  });
}

/** 16 bytes, lowest bit first. @throws HarnessError `permissions` (usage) */
export function encodePermissions(permissions: Permissions): Uint8Array {
  if (permissions < 0n || permissions > maxPermissions) {
    throw new HarnessError({ code: 'permissions', kind: 'usage', message: 'permissions have 128 bits', nextStep: 'give 0x and at most 32 hexadecimal digits' });
  }
  return Uint8Array.from({ length: permissionSize }, (_, i) => Number((permissions >> BigInt(8 * i)) & 0xffn));
}

/** @param bytes 16, lowest bit first */
export function decodePermissions(bytes: Uint8Array): Permissions {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
