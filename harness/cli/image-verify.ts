import { Command, Option } from 'commander';
import pc from 'picocolors';
import type { CheckResult } from '../image/index.js';
import { readImageFile } from './image-file.js';
import { addBootOptions, checkOptions, modes, numberOption } from './image-options.js';
import type { BootArguments } from './image-options.js';
import { action, ExitCode, print, printJson } from './io.js';

type Arguments = BootArguments & { readonly json?: boolean };

/** The order of `checkImage`. */
const stagesHelp = `
Stages at which an image is refused, in the boot's order (toBeRejected takes the same names):
  trailer           nothing in the secondary slot's trailer asks for an installation
  header            no image there, marked as not bootable, or larger than the slot
  decrypt-key       the key of the payload was not encrypted for this board
  tlv, hash, key, signature, security-counter
                    the first in the order of the image's own list: its form or an entry that the boot refuses; of another payload;
                    somebody else's key; not made with the key; below what the device has stored
  slot-pattern      what lies behind the image in the slot is not what the boot wants there
`;

/** `rot-hil image verify` */
export function imageVerifyCommand(): Command {
  const command = new Command('verify')
    .description("would ST's boot install (or start) this image? the boot's own checks in the boot's own order")
    .argument('<file>', 'signed image, .bin or .hex; its first byte is the first byte of the slot')
    .requiredOption('--auth-pub <pem>', 'authentication key: public, or the private key file')
    .option('--enc-key <pem>', 'private encryption key, needed for encrypted images')
    .addOption(new Option('--mode <mode>', 'how the boot updates; primary-only: STiROT images').choices(modes).makeOptionMandatory())
    .requiredOption('--slot-size <bytes>', 'size of the slot; what the file does not reach reads as erased', numberOption(32, 0x10000000));
  return addBootOptions(command)
    .option('--json', 'print one JSON document')
    .addHelpText('after', stagesHelp)
    .action(
      action(
        (_file: string, args: Arguments) => args.json === true,
        async (file, args) => {
          const options = await checkOptions(args);
          const { bytes } = await readImageFile(file);
          const { checkImage } = await import('../image/check-image.js');
          const result = checkImage(bytes, options);
          if (args.json === true) printJson(verdictDocument(result));
          else printVerdict(file, result);
          return result.verdict === 'valid' ? ExitCode.ok : ExitCode.subject;
        },
      ),
    );
}

/** The outside contract's document. */
export function verdictDocument(result: CheckResult): object {
  const { verdict, stage, reason, slot, image, digest } = result;
  return { verdict, stage, reason, slot, image, digest: digest === undefined ? null : Buffer.from(digest).toString('hex') };
}

export const headlines: Record<CheckResult['verdict'], string> = {
  valid: pc.green('valid: the boot accepts it'),
  invalid: pc.red('invalid: the boot refuses it'),
  'not-installed': pc.yellow('not installed: the boot does not look at it'),
};

function printVerdict(file: string, result: CheckResult): void {
  const { image } = result;
  print(`${file}: ${headlines[result.verdict]}`);
  const rows: [string, string][] = [];
  if (result.stage !== 'ok') rows.push(['stops at', result.stage], ['because', result.reason], ['slot', result.slot]);
  if (image !== null) {
    rows.push(['version', image.version], ['payload', `${image.size} bytes`], ['flags', image.flagNames.join(' ') || 'none']);
    rows.push(['counter', image.securityCounter === null ? 'none' : `0x${image.securityCounter.toString(16)}`]);
  }
  if (result.digest !== undefined) rows.push(['SHA-256', Buffer.from(result.digest).toString('hex')]);
  for (const [name, value] of rows) print(`  ${name.padEnd(9)} ${value}`);
}
