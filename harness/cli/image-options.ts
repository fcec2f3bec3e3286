import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { parseNumber } from '../units/index.js';
import type { BootMode, CheckOptions, CryptoEngine, ForesightOptions, SlotArea } from '../image/index.js';
import { readKeyFile } from './image-file.js';

/** An option's number, decimal or 0x…, within bounds. */
export function numberOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = parseNumber(text);
    if (value === undefined || value < min || value > max) throw new InvalidArgumentError(`give a number from ${min} to 0x${max.toString(16)}, decimal or 0x…`);
    return value;
  };
}

/** One of a few numbers. */
export function numberChoice<Choice extends number>(...choices: readonly Choice[]): (text: string) => Choice {
  return (text) => {
    const value = choices.find((choice) => choice === parseNumber(text));
    if (value === undefined) throw new InvalidArgumentError(`give one of ${choices.join(', ')}`);
    return value;
  };
}

/** Options that describe the boot an image is judged for, as commander gives them. */
export interface BootArguments {
  readonly mode: BootMode;
  readonly slotSize: number;
  readonly authPub: string;
  readonly encKey?: string;
  readonly area: SlotArea;
  readonly storedCounter: number;
  readonly writeUnit: 4 | 16;
  readonly maxAlign: 8 | 16;
  readonly statusEntries?: number;
  readonly engine: 'native' | 'noble';
}

export const modes: readonly BootMode[] = ['overwrite', 'swap', 'primary-only'];

async function loadEngine(name: 'native' | 'noble'): Promise<CryptoEngine> {
  return name === 'noble' ? (await import('../image/engine-noble.js')).nobleEngine : (await import('../image/engine-native.js')).nativeEngine();
}

/** Options that describe the boot's build and state, the same for every command that judges an image. */
export function addBootOptions(command: Command): Command {
  return command
    .addOption(new Option('--area <area>', 'slot that holds the file').choices(['secondary', 'primary']).default('secondary'))
    .option('--stored-counter <n>', 'security counter stored in the device', numberOption(0, 0xffffffff), 0)
    .option('--write-unit <bytes>', 'program unit of the external flash: 16 with the memory cipher engine, else 4', numberChoice(4, 16), 16)
    .option('--max-align <bytes>', "BOOT_MAX_ALIGN of the boot's build: 8 or 16", numberChoice(8, 16), 16)
    .option('--status-entries <n>', "status entries of a swap trailer (default: those of ST's shipped build)", numberOption(1, 0x10000))
    .addOption(new Option('--engine <engine>', 'cryptography: node:crypto or @noble').choices(['native', 'noble']).default('native'));
}

/** Reads the key files and turns arguments into what `checkImage` takes. */
export async function checkOptions(args: BootArguments): Promise<CheckOptions> {
  const { authPublicKey, ...options } = await foresightOptions(args);
  if (authPublicKey === undefined) throw new TypeError('the authentication key is a required option');
  return { ...options, authPublicKey };
}

/** The same for `foreseeVerdict`, which does without the authentication key. */
export async function foresightOptions(args: Omit<BootArguments, 'authPub'> & { readonly authPub?: string }): Promise<ForesightOptions> {
  const engine = await loadEngine(args.engine);
  const { readPrivateKeyPem, readPublicKeyPem } = await import('../keys/index.js');
  return {
    mode: args.mode,
    area: args.area,
    slotSize: args.slotSize,
    authPublicKey: args.authPub === undefined ? undefined : readPublicKeyPem(await readKeyFile(args.authPub), engine),
    encPrivateKey: args.encKey === undefined ? undefined : readPrivateKeyPem(await readKeyFile(args.encKey), engine),
    storedCounter: args.storedCounter,
    writeUnit: args.writeUnit,
    maxAlign: args.maxAlign,
    statusEntries: args.statusEntries,
    engine,
  };
}
