import pc from 'picocolors';
import type { Command } from 'commander';
import { HarnessError } from '../errors/index.js';
import { hex, hex32 } from '../units/index.js';
import type { SignedImage, SignOptions } from '../image/index.js';
import { isHexName, readApplicationFile, writeOutput } from './image-file.js';
import type { ImageFile } from './image-file.js';
import { action, ExitCode, print, printJson } from './io.js';
import { ImgtoolCommand, signOptions, withSignOptions } from './sign-arguments.js';
import type { SignArguments } from './sign-arguments.js';
import { signRequestFromXml } from './sign-from-xml.js';

/** `rot-hil image sign` */
export function imageSignCommand(): Command {
  return withSignOptions(new ImgtoolCommand('sign'))
    .description("sign and encrypt an application as ST's imgtool and STM32TrustedPackageCreator do")
    .argument('[in]', 'application: .bin, .hex or the linked ELF file (default: as the XML says)')
    .argument('[out]', 'signed image: .bin or .hex (default: as the XML says)')
    .option('--xml <file>', "one of ST's *_Code_Image.xml; options given beside it win")
    .option('--force', "write the image even if ST's boot would never install it")
    .option('--json', 'print one JSON document')
    .action(
      action(
        (...[, , args]: [string | undefined, string | undefined, SignArguments, Command]) => args.json === true,
        async (inFile, outFile, given, command: Command) => {
          const request = given.xml === undefined ? { args: given, input: undefined, output: undefined } : await signRequestFromXml(given.xml, command);
          const { args } = request;
          const [input, output] = [named(inFile ?? request.input, 'application'), named(outFile ?? request.output, 'signed image')];
          const { buildSignedImage, installationObjection, installationWarnings, signedImageToHex, slotContent } = await import('../image/index.js');
          const options = await signOptions(args);
          const file = await readApplicationFile(input, options.slotSize);
          const signed = buildSignedImage(file.bytes, options);
          const objection = installationObjection(signed, options);
          if (objection !== undefined && args.force !== true) throw neverInstalled(objection);
          const base = isHexName(output) ? outputBase(args, file) : undefined;
          await writeOutput(output, base === undefined ? slotContent(signed) : signedImageToHex(signed, base));
          const result: Result = { output, base, signed, options, objection, warnings: installationWarnings(options) };
          if (args.json === true) printJson(summary(result));
          else printSummary(result);
          return ExitCode.ok;
        },
      ),
    );
}

interface Result {
  readonly output: string;
  readonly base: number | undefined;
  readonly signed: SignedImage;
  readonly options: SignOptions;
  readonly objection: string | undefined;
  readonly warnings: readonly string[];
}

function named(path: string | undefined, what: string): string {
  if (path !== undefined) return path;
  throw new HarnessError({ code: 'image-sign-options', kind: 'usage', message: `the file of the ${what} is missing`, nextStep: 'give it: rot-hil image sign … <in> <out>' });
}

/** Address of the slot: as told, or that of the input, less the header put in front of it. */
function outputBase(args: SignArguments, file: ImageFile): number {
  const base = args.hexAddr ?? (file.base === undefined ? undefined : file.base - (args.padHeader === true ? args.headerSize : 0));
  if (base !== undefined && base >= 0) return base;
  throw new HarnessError({ code: 'hex-address', kind: 'usage', message: 'a .hex file needs the address of the slot', nextStep: 'give it with -x, for example -x 0x90200000' });
}

function neverInstalled(objection: string): HarnessError {
  return new HarnessError({ code: 'never-installed', kind: 'usage', message: `ST's boot would not install this image: ${objection}`, nextStep: 'change the options, or add --force to have it all the same' });
}

function summary({ output, base, signed, options, objection, warnings }: Result): object {
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
    warnings,
  };
}

function printSummary({ output, base, signed, options, objection, warnings }: Result): void {
  const kind = [options.signKey === undefined ? pc.yellow('unsigned') : 'signed', options.encryptionKey === undefined || options.clear === true ? 'not encrypted' : 'encrypted'];
  print(`${output}: ${kind.join(', ')}, ${options.mode}`);
  print(`  image     ${hex(signed.image.length)} of ${hex(signed.slotSize)} bytes`);
  if (base !== undefined) print(`  address   ${hex32(base)}`);
  print(`  trailer   ${signed.trailer.length === 0 ? 'none: nothing asks for the installation' : 'magic'}${signed.trailer.length > 1 ? ' and image_ok' : ''}`);
  if (objection !== undefined) print(pc.yellow(`  forced    ${objection}`));
  for (const warning of warnings) print(pc.yellow(`  warning   ${warning}`));
}
