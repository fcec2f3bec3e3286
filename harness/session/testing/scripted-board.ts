import type { TerminalPair } from '../../console/testing/terminal-pair.js';
import { terminalPair } from '../../console/testing/terminal-pair.js';
import { lineCrc } from '../fixture-line.js';

/** A line of the fixture protocol with its checksum. */
export const withCrc = (text: string): string => `${text} crc=${lineCrc(text)}`;

export const bootLog = (swapType = 'none'): string[] => [
  '[INF] Starting bootloader OEMiROT',
  `[INF] Swap type: ${swapType}`,
  '[INF] Starting validation of primary slot(s)',
  '[INF] verify counter  0 1000000 1000000',
  '[INF] counter  0 : ok',
  '[INF] hash ref OK',
  '[INF] Bootloader chainload address offset: 0x0',
  '[INF] Jumping to the first image slot',
];

export const banner = (version: string): string => withCrc(`$rot-hil fixture=app version=${version} kit=stm32h7s78-dk run=0x70000400 vtor=0x70000400 msp=0x30007000 boot_cycles=0x00000002 proto=1`);

/** The other end of a console: answers requests as the spec says. */
export class ScriptedBoard {
  private readonly terminal: TerminalPair = terminalPair();
  /** Requests received so far, without sequence number and checksum. */
  readonly requests: string[] = [];
  private seen = 0;
  private readonly timer: NodeJS.Timeout;

  /** @param answer lines for one request: `seq` and the words behind it; undefined: silence */
  constructor(private readonly answer: (seq: number, words: string[]) => readonly string[] | undefined = () => undefined) {
    this.timer = setInterval(() => this.serve(), 2);
  }

  get path(): string {
    return this.terminal.path;
  }

  print(...lines: readonly string[]): void {
    this.terminal.print(lines.map((line) => line + '\r\n').join(''));
  }

  printRaw(text: string): void {
    this.terminal.print(text);
  }

  remove(): void {
    clearInterval(this.timer);
    this.terminal.remove();
  }

  private serve(): void {
    const text = this.terminal.received();
    for (let end = text.indexOf('\n', this.seen); end >= 0; end = text.indexOf('\n', this.seen)) {
      const line = text.slice(this.seen, end);
      this.seen = end + 1;
      const [body, crc] = line.split('*') as [string, string | undefined];
      if (crc !== lineCrc(body)) throw new Error(`the harness sent a wrong checksum: ${line}`);
      const [seq, ...words] = body.split(' ');
      this.requests.push(words.join(' '));
      this.print(...(this.answer(Number(seq), words) ?? []));
    }
  }
}
