import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Command } from 'commander';
import { HarnessError } from '../errors/index.js';
import type { AdacRole, KeyPair } from '../keys/index.js';
import { action, ExitCode, print, printJson } from './io.js';
import { writeNewSecrets } from './secret-file.js';

interface Arguments {
  readonly out?: string;
  readonly pub?: string;
  readonly da?: string;
  readonly permissions?: string;
  readonly json?: boolean;
}

/** Names of ST's files (ROT_Provisioning/DA/Keys, DA/Certificates). */
const keyNames: Readonly<Record<AdacRole, string>> = { root: 'key_1_root', intermediate: 'key_2_intermediate', leaf: 'key_3_leaf' };

/** `rot-hil keys generate` */
export function keysGenerateCommand(): Command {
  return new Command('generate')
    .description("make a P-256 key pair, or a debug-authentication chain of three with the DA_Config.obk for it; PEM files as ST's tools read them, mode 0600, never in place of an old file")
    .option('--out <pem>', 'one pair: file of the private key')
    .option('--pub <pem>', 'file of the public key (default: the name of --out with _pub)')
    .option('--da <folder>', 'a chain: folder for its keys, certificates and DA_Config.obk')
    .option('--permissions <0x…>', "permissions of the chain's certificates, 128 bits (default: those of ST's certificates)")
    .option('--json', 'print one JSON document')
    .action(
      action(
        (args: Arguments) => args.json === true,
        async (args) => {
          if ((args.out === undefined) === (args.da === undefined)) throw invalid('give either --out for a key pair or --da for a debug-authentication chain');
          if (args.da !== undefined && args.pub !== undefined) throw invalid('--pub goes with --out');
          if (args.out !== undefined && args.permissions !== undefined) throw invalid('--permissions goes with --da');
          const files = args.out === undefined ? await chainFiles(args.da!, args.permissions) : await pairFiles(args.out, args.pub ?? publicName(args.out));
          await writeNewSecrets(files);
          if (args.json === true) printJson({ files: files.map(({ path }) => path) });
          else {
            for (const { path, what } of files) print(`${path}  ${what}`);
          }
          return ExitCode.ok;
        },
      ),
    );
}

interface NewFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly what: string;
}

async function pairFiles(privatePath: string, publicPath: string): Promise<NewFile[]> {
  const { toPrivateKeyPem, toPublicKeyPem } = await import('../keys/index.js');
  const pair = await newPair();
  return [
    { path: privatePath, content: toPrivateKeyPem(pair.privateKey), what: 'private key (secret)' },
    { path: publicPath, content: toPublicKeyPem(pair.publicKey), what: 'public key' },
  ];
}

async function chainFiles(folder: string, permissionText: string | undefined): Promise<NewFile[]> {
  const keys = await import('../keys/index.js');
  const permissions = permissionText === undefined ? keys.shippedCertificatePermissions : keys.parsePermissions(permissionText);
  const pairs = { root: await newPair(), intermediate: await newPair(), leaf: await newPair() };
  const { root, intermediate, leaf } = keys.buildAdacChain(pairs, permissions);
  const pairsOf = await Promise.all((['root', 'intermediate', 'leaf'] as const).map((role) => pairFilesOf(join(folder, 'Keys', keyNames[role]), pairs[role], role)));
  const certificate = (name: string, what: string, ...chain: readonly Uint8Array[]): NewFile => ({ path: join(folder, 'Certificates', `${name}.b64`), content: keys.toChainFile(...chain), what });
  return [
    ...pairsOf.flat(),
    certificate('cert_root', 'root certificate', root),
    certificate('cert_intermediate', 'intermediate certificate', intermediate),
    certificate('cert_intermediate_chain', 'chain up to the intermediate', root, intermediate),
    certificate('cert_leaf', 'leaf certificate', leaf),
    certificate('cert_leaf_chain', 'chain up to the leaf: opens the device together with key_3_leaf.pem', root, intermediate, leaf),
    {
      path: join(folder, 'Binary', 'DA_Config.obk'),
      content: keys.buildDaCertificateObk({ rootPublicKey: pairs.root.publicKey, permissions: keys.shippedDevicePermissions }),
      what: "what the device is told, with ST's shipped permissions",
    },
  ];
}

async function pairFilesOf(stem: string, pair: KeyPair, role: AdacRole): Promise<NewFile[]> {
  const { toPrivateKeyPem, toPublicKeyPem } = await import('../keys/index.js');
  return [
    { path: `${stem}.pem`, content: toPrivateKeyPem(pair.privateKey), what: `${role} key (secret)` },
    { path: `${stem}_pub.pem`, content: toPublicKeyPem(pair.publicKey), what: `${role} key, public half` },
  ];
}

/** From the system's random source; about one draw in 2^32 is no scalar of P-256. */
async function newPair(): Promise<KeyPair> {
  const { nativeEngine } = await import('../image/index.js');
  for (;;) {
    const privateKey = Uint8Array.from(randomBytes(32));
    const publicKey = nativeEngine().publicKeyOf(privateKey);
    if (publicKey !== undefined) return { privateKey, publicKey };
  }
}

function publicName(path: string): string {
  return /\.pem$/i.test(path) ? path.replace(/\.pem$/i, '_pub.pem') : `${path}_pub`;
}

function invalid(message: string): HarnessError {
  return new HarnessError({ code: 'keys-arguments', kind: 'usage', message, nextStep: 'for example `rot-hil keys generate --out Keys/OEMiROT_Authentication.pem` or `rot-hil keys generate --da DA`' });
}
