import { Command, InvalidArgumentError, Option } from 'commander';
import { HarnessError } from '../errors/index.js';
import { parseNumber } from '../units/index.js';
import type { ImageDependency, SignOptions } from '../image/index.js';
import { readKeyFile } from './image-file.js';
import { numberChoice, numberOption } from './image-options.js';

/** Options of `image sign`, as commander gives them. Those with a default of imgtool's stand at it. */
export interface SignArguments {
  readonly xml?: string;
  readonly key?: string;
  readonly encrypt?: string;
  readonly version?: string;
  readonly securityCounter?: number | 'auto';
  readonly slotSize?: number;
  readonly headerSize: number;
  readonly padHeader?: boolean;
  readonly pad?: boolean;
  readonly confirm?: boolean;
  readonly align: number;
  readonly maxAlign?: number;
  readonly maxSectors?: number;
  readonly hexAddr?: number;
  readonly overwriteOnly?: boolean;
  readonly primaryOnly?: boolean;
  readonly magicVal: number;
  readonly clear?: boolean;
  readonly nonBootable?: boolean;
  readonly loadAddr?: number;
  readonly romFixed?: number;
  readonly dependencies?: readonly string[];
  readonly bootRecord?: string;
  readonly customTlv?: readonly string[];
  readonly publicKeyFormat: 'hash' | 'full';
  readonly force?: boolean;
  readonly json?: boolean;
}

/** imgtool has a short option of two letters and one with two values, which commander does not know. */
export class ImgtoolCommand extends Command {
  override parseOptions(argv: string[]): ReturnType<Command['parseOptions']> {
    const known: string[] = [];
    for (let at = 0; at < argv.length; at++) {
      const argument = argv[at]!;
      if (argument === '--custom-tlv' && at + 2 < argv.length) {
        known.push(`--custom-tlv=${argv[at + 1]} ${argv[at + 2]}`);
        at += 2;
      } else known.push(argument === '-ma' ? '--magic-val' : argument);
    }
    return super.parseOptions(known);
  }
}

const alignment = numberChoice(1, 2, 4, 8, 16, 32);
const address = numberOption(0, 0xffffffff);
const collected = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text];

function counterOption(text: string): number | 'auto' {
  if (text.toLowerCase() === 'auto') return 'auto';
  const value = parseNumber(text);
  if (value === undefined || value > 0xffffffff) throw new InvalidArgumentError('give auto or a number of 32 bits, decimal or 0x…');
  return value;
}

/** The options of imgtool's `sign`. */
export function withSignOptions(command: ImgtoolCommand): ImgtoolCommand {
  command
    .option('-k, --key <pem>', 'private authentication key; without it the image is not signed')
    .option('-E, --encrypt <pem>', 'public encryption key (or the private key file)')
    .option('-v, --version <version>', 'major.minor.revision+build, later parts optional')
    .option('-s, --security-counter <n>', 'security counter, or auto: made from the version', counterOption)
    .option('-S, --slot-size <bytes>', 'size of the slot', numberOption(1, 0x10000000))
    .option('-H, --header-size <bytes>', 'bytes in front of the application', numberOption(32, 0xffff), 0x400)
    .option('--pad-header', 'put the header in front; without it the application begins with that many zero bytes')
    .option('--pad', 'fill the slot and put the trailer magic at its end: asks for the installation')
    .option('--confirm', 'pad, and mark the image as confirmed (swap mode)')
    .option('--align <bytes>', 'program unit of the flash', alignment, 16)
    .option('--max-align <bytes>', 'pitch of the trailer fields (default: the larger of 8 and --align)', alignment)
    .option('-M, --max-sectors <n>', 'sectors that the swap trailer is reserved for; 0 with --overwrite-only (default 128)', numberOption(0, 0x10000))
    .option('-x, --hex-addr <address>', 'address of the slot, for .hex output', address)
    .option('--overwrite-only', 'for a boot in overwrite mode; without it for swap mode')
    .option('-P, --primary-only', 'for STiROT: hash and signature over the header without the encryption flag')
    .option('--magic-val <magic>', 'header magic, also -ma; STiROT images need 0xc1592ee9', address, 0x96f3b83d)
    .option('-c, --clear', 'encryption TLV and flag, but the payload in the clear')
    .option('-d, --dependencies <list>', 'images that must be there: (image,version)…; may be repeated', collected)
    .option('--boot-record <type>', 'CBOR boot record with this software type, 12 bytes at most')
    .option('--custom-tlv <tag value>', 'protected TLV: a tag, and 0x… bytes or text; may be repeated', collected)
    .option('-L, --load-addr <address>', 'the image runs from RAM at this address', address)
    .option('-F, --rom-fixed <address>', 'flash address that the image is built for', address)
    .option('--non-bootable', 'mark the image as not bootable')
    .addOption(new Option('--public-key-format <format>', 'the key in the image: its hash, or the whole key').choices(['hash', 'full']).default('hash'))
    .addOption(new Option('-R, --erased-val <value>', 'what erased flash reads as').choices(['0xff']).default('0xff'))
    .addOption(new Option('--sha <algorithm>', 'hash').choices(['auto', '256']).default('auto'))
    .addOption(new Option('--encrypt-keylen <bits>', 'length of the content key').choices(['128']).default('128'))
    .addOption(new Option('-e, --endian <order>', 'byte order').choices(['little']).default('little'));
  return command;
}

/** Reads the key files and turns arguments into what `buildSignedImage` takes. @throws HarnessError `image-sign-options` (usage) and those of the files */
export async function signOptions(args: SignArguments): Promise<SignOptions & { readonly protectedTlvs: NonNullable<SignOptions['protectedTlvs']> }> {
  const { version, slotSize } = args;
  if (version === undefined) throw invalid('the version is missing', 'give it with -v, for example -v 1.0.0');
  if (slotSize === undefined) throw invalid('the size of the slot is missing', 'give it with -S, for example -S 0x200000');
  if (args.overwriteOnly === true && args.primaryOnly === true) throw invalid('--overwrite-only and --primary-only exclude each other', 'leave one of them out');
  const { readPrivateKeyPem, readPublicKeyPem } = await import('../keys/index.js');
  const { customTlv, parseDependencies } = await import('../image/index.js');
  const dependencies: ImageDependency[] = (args.dependencies ?? []).flatMap((text) => parseDependencies(text));
  return {
    mode: args.overwriteOnly === true ? 'overwrite' : args.primaryOnly === true ? 'primary-only' : 'swap',
    version,
    headerSize: args.headerSize,
    slotSize,
    align: args.align,
    maxAlign: args.maxAlign,
    maxSectors: args.maxSectors,
    magic: args.magicVal,
    securityCounter: args.securityCounter,
    signKey: args.key === undefined ? undefined : readPrivateKeyPem(await readKeyFile(args.key)),
    encryptionKey: args.encrypt === undefined ? undefined : readPublicKeyPem(await readKeyFile(args.encrypt)),
    clear: args.clear,
    padHeader: args.padHeader === true,
    pad: args.pad,
    confirm: args.confirm,
    nonBootable: args.nonBootable,
    loadAddress: args.loadAddr,
    romFixed: args.romFixed,
    bootRecord: args.bootRecord,
    dependencies,
    fullPublicKey: args.publicKeyFormat === 'full',
    protectedTlvs: (args.customTlv ?? []).map((text) => {
      const space = text.indexOf(' ');
      return customTlv(parseNumber(text.slice(0, space)), text.slice(space + 1));
    }),
  };
}

function invalid(message: string, nextStep: string): HarnessError {
  return new HarnessError({ code: 'image-sign-options', kind: 'usage', message, nextStep });
}
