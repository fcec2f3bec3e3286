/** `0x` and at least `digits` lower-case hexadecimal digits of a value taken as unsigned 32 bits. */
export function hex(value: number, digits = 1): string {
  return '0x' + (value >>> 0).toString(16).padStart(digits, '0');
}

/** An address or register value as this project prints it: `0x` and 8 digits. */
export function hex32(value: number): string {
  return hex(value, 8);
}

/**
 * Reads a non-negative integer written in decimal or as 0x….
 * Returns undefined for anything else (signs, fractions, trailing text, more than 53 bits).
 */
export function parseNumber(text: string): number | undefined {
  if (!/^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
