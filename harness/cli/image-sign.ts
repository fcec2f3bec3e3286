import { Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import { HarnessError } from '../errors/index.js';
import { hex, hex32, parseNumber } from '../units/index.js';
import type { SignedImage, SignOptions } from '../image/index.js';
import { isHexName, readApplicationFile, readKeyFile, writeOutput } from './image-file.js';
import type { ImageFile } from './image-file.js';
import { numberChoice, numberOption } from './image-options.js';
import { action, ExitCode, print, printJson } from './io.js';

interface Arguments {
  readonly key?: string;
  readonly encrypt?: string;
  readonly version: string;
  readonly securityCounter?: number | 'auto';
  readonly slotSize: number;
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
  readonly force?: boolean;
  readonly json?: boolean;
}

/** imgtool of ST has a short option of two letters, which commander does not know. */
class ImgtoolCommand extends Command {
  override parseOptions(argv: string[]): ReturnType<Command['parseOptions']> {
    return super.parseOptions(argv.map((argument) => (argument === '-ma' ? '--magic-val' : argument)));
  }
}

const alignment = numberChoice(1, 2, 4, 8, 16, 32);

function counterOption(text: string): number | 'auto' {
  if (text.toLowerCase() === 'auto') return 'auto';
  const value = parseNumber(text);
  if (value === undefined || value > 0xffffffff) throw new InvalidArgumentError('give auto or a number of 32 bits, decimal or 0x…');
  return value;
}

/** `rot-hil image sign` */
export function imageSignCommand(): Command {
  return new ImgtoolCommand('sign')
    .description("sign and encrypt an application as ST's imgtool and STM32TrustedPackageCreator do")
    .argument('<in>', 'application: .bin, .hex or the linked ELF file')
    .argument('<out>', 'signed image: .bin or .hex')
    .option('-k, --key <pem>', 'private authentication key; without it the image is not signed')
    .option('-E, --encrypt <pem>', 'public encryption key (or the private key file)')
    .requiredOption('-v, --version <version>', 'major.minor.revision+build, later parts optional')
    .option('-s, --security-counter <n>', 'security counter, or auto: made from the version', counterOption)
    .requiredOption('-S, --slot-size <bytes>', 'size of the slot', numberOption(1, 0x10000000))
    .option('-H, --header-size <bytes>', 'bytes in front of the application', numberOption(32, 0xffff), 0x400)
    .option('--pad-header', 'put the header in front; without it the application begins with that many zero bytes')
    .option('--pad', 'fill the slot and put the trailer magic at its end: asks for the installation')
    .option('--confirm', 'pad, and mark the image as confirmed (swap mode)')
    .option('--align <bytes>', 'program unit of the flash', alignment, 16)
    .option('--max-align <bytes>', 'pitch of the trailer fields (default: the larger of 8 and --align)', alignment)
    .option('-M, --max-sectors <n>', 'sectors that the swap trailer is reserved for (default 128)', numberOption(1, 0x10000))
    .option('-x, --hex-addr <address>', 'address of the slot, for .hex output', numberOption(0, 0xffffffff))
    .option('--overwrite-only', 'for a boot in overwrite mode; without it for swap mode')
    .option('-P, --primary-only', 'for STiROT: hash and signature over the header without the encryption flag')
    .option('--magic-val <magic>', 'header magic, also -ma; STiROT images need 0xc1592ee9', numberOption(0, 0xffffffff), 0x96f3b83d)
    .option('-c, --clear', 'encryption TLV and flag, but the payload in the clear')
    .option('--non-bootable', 'mark the image as not bootable')
    .addOption(new Option('-e, --endian <order>', 'byte order').choices(['little']).default('little'))
    .option('--force', "write the image even if ST's boot would never install it")
    .option('--json', 'print one JSON document')
    .action(
      action(
        (_in: string, _out: string, args: Arguments) => args.json === true,
        async (input, output, args) => {
          const { buildSignedImage, installationObjection, signedImageToHex, slotContent } = await import('../image/index.js');
          const file = await readApplicationFile(input, args.slotSize);
          const options = await signOptions(args);
          const signed = buildSignedImage(file.bytes, options);
          const objection = installationObjection(signed, options);
          if (objection !== undefined && args.force !== true) throw neverInstalled(objection);
          const base = isHexName(output) ? outputBase(args, file) : undefined;
          await writeOutput(output, base === undefined ? slotContent(signed) : signedImageToHex(signed, base));
          if (args.json === true) printJson(summary(output, base, signed, options, objection));
          else printSummary(output, base, signed, options, objection);
          return ExitCode.ok;
        },
      ),
    );
}

async function signOptions(args: Arguments): Promise<SignOptions> {
  if (args.overwriteOnly === true && args.primaryOnly === true) {
    throw new HarnessError({ code: 'image-sign-options', kind: 'usage', message: '--overwrite-only and --primary-only exclude each other', nextStep: 'leave one of them out' });
  }
  const { readPrivateKeyPem, readPublicKeyPem } = await import('../keys/index.js');
  return {
    mode: args.overwriteOnly === true ? 'overwrite' : args.primaryOnly === true ? 'primary-only' : 'swap',
    version: args.version,
    headerSize: args.headerSize,
    slotSize: args.slotSize,
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
  };
}

/** Address of the slot: as told, or that of the input, less the header put in front of it. */
function outputBase(args: Arguments, file: ImageFile): number {
  const base = args.hexAddr ?? (file.base === undefined ? undefined : file.base - (args.padHeader === true ? args.headerSize : 0));
  if (base !== undefined && base >= 0) return base;
  throw new HarnessError({ code: 'hex-address', kind: 'usage', message: 'a .hex file needs the address of the slot', nextStep: 'give it with -x, for example -x 0x90200000' });
}

function neverInstalled(objection: string): HarnessError {
  return new HarnessError({ code: 'never-installed', kind: 'usage', message: `ST's boot would not install this image: ${objection}`, nextStep: 'change the options, or add --force to have it all the same' });
}

function summary(output: string, base: number | undefined, signed: SignedImage, options: SignOptions, objection: string | undefined): object {
  return {
    file: output,
    address: base ?? null,
    imageSize: signed.image.length,
    slotSize: signed.slotSize,
    version: options.version,
    signed: options.signKey !== undefined,
    encrypted: options.encryptionKey !== undefined && options.clear !== true,
    padded: signed.trailer.length > 0,
    objection: objection ?? null,
  };
}

function printSummary(output: string, base: number | undefined, signed: SignedImage, options: SignOptions, objection: string | undefined): void {
  const kind = [options.signKey === undefined ? pc.yellow('unsigned') : 'signed', options.encryptionKey === undefined || options.clear === true ? 'not encrypted' : 'encrypted'];
  print(`${output}: ${kind.join(', ')}, ${options.mode}`);
  print(`  image     ${hex(signed.image.length)} of ${hex(signed.slotSize)} bytes`);
  if (base !== undefined) print(`  address   ${hex32(base)}`);
  print(`  trailer   ${signed.trailer.length === 0 ? 'none: nothing asks for the installation' : 'magic'}${signed.trailer.length > 1 ? ' and image_ok' : ''}`);
  if (objection !== undefined) print(pc.yellow(`  forced    ${objection}`));
}
