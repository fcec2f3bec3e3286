import { Command } from 'commander';
import pc from 'picocolors';
import { HarnessError } from '../errors/index.js';
import type { ConfiguredKeys, ObkMatch, ObkMeaning } from '../keys/index.js';
import { daCredential, openingAsMatch } from './da-credential.js';
import type { CredentialArguments } from './da-credential.js';
import { readBinaryFile, readImageFile, readKeyFile } from './image-file.js';
import { action, ExitCode, print, printJson } from './io.js';
import { obkFileLimit } from './obk-inspect.js';

interface Arguments extends CredentialArguments {
  readonly image?: string;
  readonly authPub?: string;
  readonly encKey?: string;
  readonly json?: boolean;
}

interface Finding {
  readonly what: string;
  readonly file: string;
  readonly match: ObkMatch;
}

/** `rot-hil obk verify` */
export function obkVerifyCommand(): Command {
  return new Command('verify')
    .description('does an image, a key, a certificate chain or a password belong to a device that got this OBKey file? without any: its hash alone')
    .argument('<file>', 'OBKey file')
    .option('--image <file>', 'signed image, .bin or .hex: would this device take it')
    .option('--auth-pub <pem>', 'authentication key, public or private')
    .option('--enc-key <pem>', 'encryption key, public or private')
    .option('--chain <b64>', 'debug-authentication chain, with --key')
    .option('--key <pem>', 'private key of the last certificate of the chain')
    .option('--password-file <bin>', 'password.bin')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (_file: string, args: Arguments) => args.json === true,
        async (file, args) => {
          const { readObkMeaning } = await import('../keys/index.js');
          const meaning = readObkMeaning(await readBinaryFile(file, obkFileLimit));
          const findings = meaning.kind === 'debug-authentication' ? await daFindings(meaning, args) : await keyFindings(meaning, args);
          const matches = findings.every(({ match }) => match.matches);
          if (args.json === true) {
            printJson({ file, hash: 'good', matches, findings: findings.map(({ what, file: subject, match }) => ({ what, file: subject, matches: match.matches, reason: match.matches ? '' : match.reason })) });
          } else {
            print(`${file}: its hash is good`);
            for (const { what, file: subject, match } of findings) print(`  ${what} ${subject}: ${match.matches ? pc.green('matches') : pc.red(`does not match: ${match.reason}`)}`);
          }
          return matches ? ExitCode.ok : ExitCode.subject;
        },
      ),
    );
}

async function daFindings(meaning: Extract<ObkMeaning, { kind: 'debug-authentication' }>, args: Arguments): Promise<Finding[]> {
  if (args.image !== undefined || args.authPub !== undefined || args.encKey !== undefined) throw notOfThisKind('debug authentication knows neither images nor their keys', '--chain with --key, or --password-file');
  const credential = await daCredential(args);
  if (credential === undefined) return [];
  const { opensDevice } = await import('../keys/index.js');
  const what = credential.method === 'certificate' ? 'certificate chain' : 'password';
  return [{ what, file: args.chain ?? args.passwordFile ?? '', match: openingAsMatch(opensDevice(meaning.configuration, credential)) }];
}

async function keyFindings(meaning: ObkMeaning, args: Arguments): Promise<Finding[]> {
  if (args.chain !== undefined || args.passwordFile !== undefined || args.key !== undefined) throw notOfThisKind('it does not configure debug authentication', '--image, --auth-pub or --enc-key');
  if (args.image === undefined && args.authPub === undefined && args.encKey === undefined) return [];
  const keys: ConfiguredKeys | undefined = meaning.kind === 'rot-config' || meaning.kind === 'stirot-config' ? meaning.config : undefined;
  if (keys === undefined) throw notOfThisKind('it holds no keys for images', 'a *_Config.obk file');
  const { authenticationKeyMatches, encryptionKeyMatches, imageMatches, readPublicKeyPem } = await import('../keys/index.js');
  const findings: Finding[] = [];
  if (args.authPub !== undefined) findings.push({ what: 'authentication key', file: args.authPub, match: authenticationKeyMatches(keys, readPublicKeyPem(await readKeyFile(args.authPub))) });
  if (args.encKey !== undefined) findings.push({ what: 'encryption key', file: args.encKey, match: encryptionKeyMatches(keys, readPublicKeyPem(await readKeyFile(args.encKey))) });
  if (args.image !== undefined) findings.push({ what: 'image', file: args.image, match: imageMatches(keys, (await readImageFile(args.image)).bytes) });
  return findings;
}

function notOfThisKind(message: string, give: string): HarnessError {
  return new HarnessError({ code: 'obk-arguments', kind: 'usage', message: `nothing to compare: ${message}`, nextStep: `give ${give}` });
}
