import { dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { HarnessError } from '../errors/index.js';
import { hex } from '../units/index.js';
import { readBinaryFile, readKeyFile } from './image-file.js';
import { action, ExitCode, log, print, printJson } from './io.js';
import { writeSecret } from './secret-file.js';

interface Arguments {
  readonly kind?: Kind;
  readonly out?: string;
  readonly passwordOut?: string;
  readonly doEncryption?: '0' | '1';
  readonly json?: boolean;
}

/** OBKey files that ST ships and no XML describes. */
const kinds = ['oemirot-data', 'oemurot-data', 'stirot-data', 'oemirot-ahk-open', 'da-lock'] as const;
type Kind = (typeof kinds)[number];

/** ST's largest file has 9 KB. */
const xmlLimit = 0x40000;

/** `rot-hil obk build` */
export function obkBuildCommand(): Command {
  return new Command('build')
    .description("build an OBKey file from one of ST's *_Config.xml, byte for byte as STM32TrustedPackageCreator does; or one that no XML describes")
    .argument('[config]', 'OEMiROT_Config.xml, OEMuROT_Config.xml, STiROT_Config.xml, DA_Config.xml or DA_ConfigWithPassword.xml; paths inside are relative to it')
    .option('--out <obk>', 'where to write (default: the Output of the XML)')
    .addOption(new Option('--kind <kind>', 'a file without XML: empty data areas, the public hardware keys of product state OPEN, or the file that locks debug authentication for ever').choices(kinds))
    .addOption(new Option('--do-encryption <0|1>', 'in place of DoEncryption in the XML; 0 for product state OPEN').choices(['0', '1']))
    .option('--password-out <bin>', 'where to write password.bin of a configuration with password (default: beside the .obk)')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (_config: string | undefined, args: Arguments) => args.json === true,
        async (config, args) => {
          if ((config === undefined) === (args.kind === undefined)) throw usage('give either an XML file or --kind', 'see `rot-hil obk build --help`');
          const built = config === undefined ? await fromKind(args) : await fromXml(config, args);
          await writeSecret(built.out, built.bytes);
          if (built.password !== undefined) await writeSecret(built.password.path, built.password.bytes);
          if (args.json === true) printJson({ file: built.out, size: built.bytes.length, passwordFile: built.password?.path ?? null });
          else {
            print(`${built.out}: ${hex(built.bytes.length)} bytes`);
            if (built.password !== undefined) print(`${built.password.path}: password for STM32CubeProgrammer (secret)`);
          }
          if (args.kind === 'da-lock') log(pc.yellow('warning: a device that gets this file can never be opened again, by no key and no password'));
          return ExitCode.ok;
        },
      ),
    );
}

interface Built {
  readonly out: string;
  readonly bytes: Uint8Array;
  readonly password?: { readonly path: string; readonly bytes: Uint8Array };
}

async function fromXml(config: string, args: Arguments): Promise<Built> {
  const { buildObkFromXml } = await import('../keys/index.js');
  const folder = dirname(config);
  const built = await buildObkFromXml(await readBinaryFile(config, xmlLimit), {
    readKey: (path) => readKeyFile(resolve(folder, path)),
    ...(args.doEncryption === undefined ? {} : { doEncryption: args.doEncryption === '1' }),
  });
  const out = args.out ?? (built.output === undefined ? undefined : join(folder, built.output));
  if (out === undefined) throw usage('the XML names no output file', 'give one with --out');
  if (built.passwordFile === undefined) return { out, bytes: built.bytes };
  return { out, bytes: built.bytes, password: { path: args.passwordOut ?? join(dirname(out), 'password.bin'), bytes: built.passwordFile } };
}

async function fromKind({ kind, out, doEncryption }: Arguments): Promise<Built> {
  if (out === undefined) throw usage('--kind needs a file to write to', 'give one with --out');
  const { buildDataObk, daLockObk, oemirotAhkOpenObk } = await import('../keys/index.js');
  const encrypted = doEncryption !== '0';
  switch (kind) {
    case 'oemirot-data':
    case 'oemurot-data':
    case 'stirot-data':
      return { out, bytes: buildDataObk({ owner: kind.slice(0, -'-data'.length) as 'oemirot' | 'oemurot' | 'stirot', doEncryption: encrypted }) };
    case 'oemirot-ahk-open':
      return { out, bytes: oemirotAhkOpenObk() };
    default:
      return { out, bytes: daLockObk() };
  }
}

function usage(message: string, nextStep: string): HarnessError {
  return new HarnessError({ code: 'obk-arguments', kind: 'usage', message, nextStep });
}
