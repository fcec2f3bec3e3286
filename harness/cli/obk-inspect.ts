import { Command } from 'commander';
import type { DaConfiguration, ObkFile, ObkMeaning } from '../keys/index.js';
import { hex, hex32 } from '../units/index.js';
import { readBinaryFile } from './image-file.js';
import { action, ExitCode, print, printJson } from './io.js';

/** All of a level's 32 slots and the head are 1036 bytes. */
export const obkFileLimit = 0x10000;

/** `rot-hil obk inspect` */
export function obkInspectCommand(): Command {
  return new Command('inspect')
    .description('explain an OBKey file and check its hash; private keys and passwords are never shown')
    .argument('<file>', 'OBKey file')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (_file: string, args: { readonly json?: boolean }) => args.json === true,
        async (file, args) => {
          const { parseObk, readObkMeaning } = await import('../keys/index.js');
          const bytes = await readBinaryFile(file, obkFileLimit);
          const obk = parseObk(bytes);
          const meaning = await explained(readObkMeaning(bytes));
          if (args.json === true) printJson({ file, level: obk.hdpl, index: obk.index, size: obk.payload.length, doEncryption: obk.doEncryption, ...meaning });
          else printExplanation(file, obk, meaning);
          return ExitCode.ok;
        },
      ),
    );
}

/** What may be shown: hashes and public facts only. */
interface Explanation {
  readonly kind: string;
  readonly fields: Readonly<Record<string, string | number | boolean | readonly string[] | null>>;
}

async function explained(meaning: ObkMeaning): Promise<Explanation> {
  const { keyIdOf, publicKeyOf } = await import('../keys/index.js');
  const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const keys = (config: { readonly authPublicKey: Uint8Array; readonly encPrivateKey: Uint8Array }): Explanation['fields'] => ({
    authenticationKeyHash: hexOf(keyIdOf(config.authPublicKey)),
    encryptionKeyHash: hexOf(keyIdOf(publicKeyOf(config.encPrivateKey))),
  });
  switch (meaning.kind) {
    case 'rot-config':
      return { kind: `${meaning.owner}-config`, fields: keys(meaning.config) };
    case 'stirot-config': {
      const { config } = meaning;
      return {
        kind: 'stirot-config',
        fields: {
          ...keys(config),
          runAddress: hex32(config.runAddress),
          areaSize: hex(config.areaSize),
          installAddress: hex32(config.installAddress),
          downloadAddress: hex32(config.downloadAddress),
          minimumProductState: hex(config.minimumProductState),
          clockMHz: config.clock === 0 ? 64 : 380,
          sramEcc: config.sramEcc,
          iLoaderOffset: hex(config.iLoaderOffset),
          iLoaderSize: hex(config.iLoaderSize),
          mce: config.mce + 1,
        },
      };
    }
    case 'data':
      return {
        kind: `${meaning.owner}-data`,
        fields: Object.fromEntries(
          meaning.areas.flatMap((area, index) => {
            const name = index === 0 ? 'A' : 'B';
            return [
              [`codeHash${name}`, area.codeHash.every((byte) => byte === 0) ? null : hexOf(area.codeHash)],
              [`securityCounter${name}`, area.codeVersion],
              [`previousCounter${name}`, area.previousVersion],
            ];
          }),
        ),
      };
    case 'debug-authentication':
      return { kind: `da-${meaning.configuration.method}`, fields: await daFields(meaning.configuration, hexOf) };
    case 'hardware-keys':
      return { kind: 'oemirot-ahk', fields: { publicStandIn: meaning.publicStandIn } };
  }
}

async function daFields(configuration: DaConfiguration, hexOf: (bytes: Uint8Array) => string): Promise<Explanation['fields']> {
  if (configuration.method !== 'certificate') return {};
  const { formatPermissions, permissionNames } = await import('../keys/index.js');
  return { rootKeyHash: hexOf(configuration.rootKeyHash), permissions: formatPermissions(configuration.permissions), permits: permissionNames(configuration.permissions) };
}

const titles: Readonly<Record<string, string>> = {
  'oemirot-config': 'configuration of OEMiROT: its two keys',
  'oemurot-config': 'configuration of OEMuROT: its two keys',
  'stirot-config': 'configuration of STiROT: its two keys and where images go',
  'oemirot-data': "OEMiROT's memory of the installed image, two areas",
  'oemurot-data': "OEMuROT's memory of the installed image, two areas",
  'stirot-data': "STiROT's memory of the installed image, two areas",
  'da-certificate': 'debug authentication by certificate',
  'da-password': 'debug authentication by password; the file holds only its SHA-256',
  'da-locked': 'debug authentication locked: a device with it is never opened again',
  'oemirot-ahk': 'hardware keys for product state OPEN',
};

function printExplanation(file: string, obk: ObkFile, { kind, fields }: Explanation): void {
  print(`${file}: ${titles[kind] ?? kind}`);
  const rows: [string, string][] = [
    ['stored at', `HDPL${obk.hdpl}, index ${obk.index}, ${obk.payload.length} bytes${obk.debugAuthentication === 0 ? '' : `, DBG_AUTH ${hex(obk.debugAuthentication)}`}`],
    ['encryption', obk.doEncryption ? 'by the device, with its hardware key' : 'none (product state OPEN)'],
  ];
  for (const [name, value] of Object.entries(fields)) rows.push([words(name), shown(value)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) print(`  ${name.padEnd(width)}  ${value}`);
}

const labels: Readonly<Record<string, string>> = {
  clockMHz: 'clock in MHz',
  sramEcc: 'SRAM ECC',
  iLoaderOffset: 'iLoader offset',
  iLoaderSize: 'iLoader size',
  mce: 'MCE',
  publicStandIn: "ST's public keys",
  codeHashA: 'A: installed image',
  securityCounterA: 'A: counter',
  previousCounterA: 'A: previous counter',
  codeHashB: 'B: installed image',
  securityCounterB: 'B: counter',
  previousCounterB: 'B: previous counter',
};
const words = (name: string): string => labels[name] ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function shown(value: Explanation['fields'][string]): string {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' ? value.join(', ') : String(value);
}
