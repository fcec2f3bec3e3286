import { Command } from 'commander';
import pc from 'picocolors';
import { HarnessError } from '../errors/index.js';
import { daCredential } from './da-credential.js';
import type { CredentialArguments } from './da-credential.js';
import { readBinaryFile } from './image-file.js';
import { action, ExitCode, print, printJson } from './io.js';
import { obkFileLimit } from './obk-inspect.js';

interface Arguments extends CredentialArguments {
  readonly obk: string;
  readonly json?: boolean;
}

/** `rot-hil keys check` */
export function keysCheckCommand(): Command {
  return new Command('check')
    .description('would this key and chain (or password) open a device that was provisioned with that debug-authentication OBKey, and bring it back to OPEN?')
    .requiredOption('--obk <file>', 'DA_Config.obk or DA_ConfigWithPassword.obk, as it was sent to the device')
    .option('--chain <b64>', 'certificate chain from root to leaf')
    .option('--key <pem>', 'private key of the leaf')
    .option('--password-file <bin>', 'password.bin')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (args: Arguments) => args.json === true,
        async (args) => {
          const { formatPermissions, opensDevice, permissionNames, readDaObk } = await import('../keys/index.js');
          const device = readDaObk(await readBinaryFile(args.obk, obkFileLimit));
          const credential = await daCredential(args);
          if (credential === undefined) throw new HarnessError({ code: 'credential-arguments', kind: 'usage', message: 'nothing to open the device with', nextStep: 'give --chain <b64> with --key <pem>, or --password-file <bin>' });
          const opening = opensDevice(device, credential);
          const permissions = opening.opens ? opening.permissions : undefined;
          if (args.json === true) {
            printJson({
              opens: opening.opens,
              method: credential.method,
              refusal: opening.opens ? null : opening.refusal,
              reason: opening.opens ? '' : opening.reason,
              permissions: permissions === undefined ? null : formatPermissions(permissions),
            });
          } else if (opening.opens) {
            print(pc.green(`it opens the device (${credential.method})`));
            if (permissions !== undefined) print(`  permits   ${permissionNames(permissions).join(', ')}`);
          } else {
            print(pc.red(`it does not open the device: ${opening.reason}`));
          }
          return opening.opens ? ExitCode.ok : ExitCode.subject;
        },
      ),
    );
}
