import { Command, Option } from 'commander';
import { readImageFile } from './image-file.js';
import { addBootOptions, foresightOptions, modes, numberOption } from './image-options.js';
import type { BootArguments } from './image-options.js';
import { verdictDocument } from './image-verify.js';
import { action, ExitCode, printJson } from './io.js';

type Arguments = Omit<BootArguments, 'authPub' | 'mode' | 'slotSize'> & {
  readonly mode?: BootArguments['mode'];
  readonly slotSize?: number;
  readonly authPub?: string;
  readonly json?: boolean;
};

/** `rot-hil image inspect` */
export function imageInspectCommand(): Command {
  const command = new Command('inspect')
    .description('explain an image: header, flags, TLVs, trailer, and where the boot would stop as far as the keys given tell')
    .argument('<file>', 'signed image, .bin or .hex')
    .option('--slot-size <bytes>', 'size of the slot (default: what the file covers)', numberOption(32, 0x10000000))
    .addOption(new Option('--mode <mode>', 'how the boot updates (default: by the magic, overwrite or primary-only)').choices(modes))
    .option('--auth-pub <pem>', 'authentication key (public, or the private key file): also judge key and signature')
    .option('--enc-key <pem>', 'private encryption key: also look into an encrypted payload');
  return addBootOptions(command)
    .option('--json', 'print one JSON document')
    .action(
      action(
        (_file: string, args: Arguments) => args.json === true,
        async (file, args) => {
          const { bytes, base } = await readImageFile(file);
          const { foreseeVerdict, inspectImage } = await import('../image/index.js');
          const slotSize = args.slotSize ?? Math.max(bytes.length, 32);
          const inspection = inspectImage(bytes, { ...args, slotSize });
          const { check, missing } = foreseeVerdict(bytes, await foresightOptions({ ...args, mode: inspection.mode, slotSize }));
          if (args.json === true) printJson({ file, base: base ?? null, ...inspection, check: check === null ? null : verdictDocument(check), missingKey: missing });
          else {
            const { printInspection } = await import('./image-explained.js');
            printInspection({ file, base, inspection, check, missing, area: args.area });
          }
          return ExitCode.ok;
        },
      ),
    );
}
