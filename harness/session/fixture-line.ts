import { crc32 } from 'node:zlib';

/** One line of the firmware fixtures' console protocol (firmware-fixtures/PROTOCOL.md), its CRC checked. */
export interface FixtureLine {
  readonly kind: 'banner' | 'ok' | 'error' | 'fault' | 'interrupt';
  /** Sequence number of the request that it answers or that was being served; 0 for none. */
  readonly seq: number;
  /** `key=value` pairs in the order printed, without `crc`. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Whether an application can print the protocol's banner: its text stands in the program. */
export function speaksProtocol(program: Buffer): boolean {
  return program.includes('$rot-hil');
}

/** CRC-32 of ASCII text as the protocol writes it: 8 hexadecimal digits. */
export function lineCrc(text: string): string {
  return crc32(Buffer.from(text, 'latin1')).toString(16).padStart(8, '0');
}

function fieldsOf(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const word of text.split(' ')) {
    const equals = word.indexOf('=');
    if (equals > 0) fields[word.slice(0, equals)] = word.slice(equals + 1);
  }
  return fields;
}

/**
 * Reads one console line. `corrupt`: it begins like a line of the protocol and carries a checksum that does not match.
 * undefined: it is none (a line of the root of trust or of another application, or one that a fault or reset cut short).
 */
export function parseFixtureLine(line: string): FixtureLine | 'corrupt' | undefined {
  // STiRoT, in ROM, prints nothing: behind it a banner follows at once upon whatever line the reset cut short.
  const text = line.slice(Math.max(0, line.lastIndexOf('$rot-hil ')));
  if (!/^(?:\$rot-hil |@\d{1,6} |!fault |!irq )/.test(text)) return undefined;
  const match = /^(.*) crc=([0-9a-fA-F]{8})$/.exec(text);
  if (match === null) return undefined;
  if (lineCrc(match[1]!) !== match[2]!.toLowerCase()) return 'corrupt';
  const body = match[1]!;
  if (body.startsWith('$')) return { kind: 'banner', seq: 0, fields: fieldsOf(body) };
  if (body.startsWith('!')) {
    const fields = fieldsOf(body);
    return { kind: body.startsWith('!fault') ? 'fault' : 'interrupt', seq: Number(fields['seq'] ?? 0) || 0, fields };
  }
  const answer = /^@(\d{1,6}) (ok|error)(?: (.*))?$/.exec(body);
  if (answer === null) return 'corrupt';
  return { kind: answer[2] as 'ok' | 'error', seq: Number(answer[1]), fields: fieldsOf(answer[3] ?? '') };
}
