import { Command, Option } from 'commander';
import Table from 'cli-table3';
import pc from 'picocolors';
import { hex, hex32 } from '../units/index.js';
import type { BootMode, CheckResult, ImageInspection } from '../image/index.js';
import { readImageFile } from './image-file.js';
import { checkOptions, modes, numberOption } from './image-options.js';
import { printVerdict, verdictDocument } from './image-verify.js';
import { action, ExitCode, print, printJson } from './io.js';

interface Arguments {
  readonly slotSize?: number;
  readonly mode?: BootMode;
  readonly authPub?: string;
  readonly encKey?: string;
  readonly json?: boolean;
}

/** `rot-hil image inspect` */
export function imageInspectCommand(): Command {
  return new Command('inspect')
    .description('explain an image: header, TLVs, trailer, and with a key where the boot would stop')
    .argument('<file>', 'signed image, .bin or .hex')
    .option('--slot-size <bytes>', 'size of the slot (default: what the file covers)', numberOption(32, 0x10000000))
    .addOption(new Option('--mode <mode>', 'how the boot updates (default: by the magic, overwrite or primary-only)').choices(modes))
    .option('--auth-pub <pem>', 'authentication key: also say whether the boot would take the image')
    .option('--enc-key <pem>', 'private encryption key, needed for that with encrypted images')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (_file: string, args: Arguments) => args.json === true,
        async (file, args) => {
          const { bytes, base } = await readImageFile(file);
          const { inspectImage } = await import('../image/inspect-image.js');
          const slotSize = args.slotSize ?? Math.max(bytes.length, 32);
          const inspection = inspectImage(bytes, slotSize);
          const mode = args.mode ?? inspection.mode;
          let check: CheckResult | undefined;
          if (args.authPub !== undefined) {
            const { checkImage } = await import('../image/check-image.js');
            const boot = { ...args, authPub: args.authPub, mode, slotSize, area: 'secondary', storedCounter: 0, writeUnit: 16, maxAlign: 16, engine: 'native' } as const;
            check = checkImage(bytes, await checkOptions(boot));
          }
          if (args.json === true) printJson({ file, base: base ?? null, ...inspection, check: check === undefined ? null : verdictDocument(check) });
          else printInspection(file, base, inspection, check);
          return ExitCode.ok;
        },
      ),
    );
}

function printInspection(file: string, base: number | undefined, inspection: ImageInspection, check: CheckResult | undefined): void {
  const { header, image, trailer } = inspection;
  const row = (name: string, value: string): void => {
    print(`  ${name.padEnd(16)} ${value}`);
  };
  print(pc.bold(file) + (base === undefined ? '' : ` at ${hex32(base)}`));
  row('magic', `${hex32(header.magic)} (${inspection.magicMeaning})`);
  if (image !== null) {
    row('version', image.version);
    row('security counter', image.securityCounter === null ? 'none: the boot refuses the image' : hex(image.securityCounter));
    row('header', `${hex(header.headerSize)} bytes`);
    row('payload', `${hex(header.imageSize)} bytes (${header.imageSize})`);
    row('protected TLVs', `${header.protectedTlvSize} bytes`);
    row('flags', `${hex(header.flags)} ${image.flagNames.join(' ')}`);
    row('load address', hex32(header.loadAddress));
    const table = new Table({ head: ['TLV', 'type', 'at', 'bytes', 'protected', 'value'], style: { head: [], border: [], compact: true } });
    for (const tlv of image.tlvs) table.push([tlv.name, hex(tlv.type, 2), hex(tlv.offset), tlv.length, tlv.protected ? 'yes' : 'no', inspection.values[tlv.offset] ?? '']);
    print(table.toString());
  }
  row('trailer magic', trailer.magic);
  row('image_ok', trailer.imageOk);
  row('asks for', trailer.swapType === 'none' ? 'nothing' : `installation (${trailer.swapType})`);
  if (check !== undefined) printVerdict('verdict', check);
}
