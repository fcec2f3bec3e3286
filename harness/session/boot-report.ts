import type { ConsoleLine, ConsoleMark } from '../console/index.js';
import type { Milliseconds } from '../units/index.js';
import { parseFixtureLine } from './fixture-line.js';

/** One start of the board, as its console told it. */
export interface BootReport {
  /** Every line from the reset on. */
  readonly lines: readonly ConsoleLine[];
  /** Lines of the root of trust, `[INF]`, `[WRN]` and `[ERR]`. */
  readonly rotLines: readonly string[];
  /** Fields of the application's banner; null when there was none. */
  readonly banner: Readonly<Record<string, string>> | null;
  /** The banner as printed. */
  readonly bannerLine: string | null;
  /** `none`, `test`, `perm`, `revert`: what the root of trust found to be asked for; null when it did not say. */
  readonly swapType: string | null;
  /** What the root of trust said about its images: counters, keys, signatures, rejections, installation. */
  readonly verdictLines: readonly string[];
  /** Whether the root of trust said that it starts the application. */
  readonly jumped: boolean;
  /** How often the root of trust began. */
  readonly starts: number;
  /** From the first line to the one that decided, in ms. */
  readonly durationMs: Milliseconds;
  /** The point before the first line. */
  readonly from: ConsoleMark;
}

// Unanchored: an application that was cut short by a reset leaves its unfinished line in front.
export const rotStart = /\[INF\] Starting bootloader/;
export const noImage = /^\[ERR\] Unable to find bootable image/;
export const rotJump = /^\[INF\] Jumping to the first image slot/;
/** Lines after which a development build of the root of trust stands still (OEMiROT_Boot: Error_Handler). */
export const rotHalt = /^\[ERR\] (?:Unexpected value for|Wrong OBK|read: Wrong OBK|verify: Wrong OBK|Error while|Platform init failed|Confirm Flag Not|panic!|Security counter update failed)/;
const rotLine = /^\[(?:INF|WRN|ERR)\] /;
const verdictLine = /^\[(?:INF|WRN|ERR)\] (?:verify |counter |checking public key|verifying signature|signature |hash ref|unexpected TLV|data wrong|read failed|Image |Erasing |Copying |Swapping|Security counter|Unable to find|Unexpected value)/;

/** Sums up the lines of one start. `isBanner` finds the application's first line; the fixtures' by default. */
export function reportBoot(lines: readonly ConsoleLine[], from: ConsoleMark, isBanner: (text: string) => boolean = isFixtureBanner): BootReport {
  const texts = lines.map(({ text }) => text);
  const bannerLine = texts.find(isBanner) ?? null;
  const parsed = bannerLine === null ? undefined : parseFixtureLine(bannerLine);
  const swapTypes = texts.flatMap((text) => /^\[INF\] Swap type: (\w+)/.exec(text)?.[1] ?? []);
  return {
    lines,
    rotLines: texts.filter((text) => rotLine.test(text)),
    banner: typeof parsed === 'object' && parsed.kind === 'banner' ? parsed.fields : null,
    bannerLine,
    swapType: swapTypes.at(-1) ?? null,
    verdictLines: texts.filter((text) => verdictLine.test(text)),
    jumped: texts.some((text) => rotJump.test(text)),
    starts: texts.filter((text) => rotStart.test(text)).length,
    durationMs: lines.length === 0 ? 0 : lines.at(-1)!.at - lines[0]!.at,
    from,
  };
}

export function isFixtureBanner(text: string): boolean {
  const parsed = parseFixtureLine(text);
  return typeof parsed === 'object' && parsed.kind === 'banner';
}
