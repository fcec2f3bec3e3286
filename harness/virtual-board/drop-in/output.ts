/** The forms in which the tool prints. Line forms: public transcripts of STM32CubeProgrammer 2.4 to 2.23. */
import { hex } from '../../units/index.js';

export const toolVersion = 'v2.21.0';

/** Writes one line. */
export type PrintLine = (line?: string) => void;

const rule = `      ${'-'.repeat(67)}`;
export const fullBar = `${'█'.repeat(50)} 100%`;

export function banner(print: PrintLine): void {
  print(rule);
  print(`                        STM32CubeProgrammer ${toolVersion}`);
  print(rule);
  print();
}

/** An address as the tool prints it: 0x and 8 upper-case digits. */
export function address(value: number): string {
  return '0x' + hex(value, 8).slice(2).toUpperCase();
}

/** A register value as the tool prints it: 0x and upper-case digits. */
export function upperHex(value: number): string {
  return '0x' + hex(value).slice(2).toUpperCase();
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${String(bytes)} Bytes`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(2)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(2)} MB`;
}

/** A duration as `00:00:06.701`. */
export function elapsed(sinceMs: number): string {
  return new Date(Math.max(0, performance.now() - sinceMs)).toISOString().slice(11, 23);
}
