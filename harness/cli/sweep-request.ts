import { HarnessError } from '../errors/index.js';
import type { RotKeys } from '../rot/index.js';
import type { UpdateMode } from '../board/index.js';
import type { SweepOptions, SweepPlace } from '../rot/sweep/index.js';
import { readImageFile, readKeyFile } from './image-file.js';

/** Options of `sweep`, as commander gives them. */
export interface SweepArguments {
  readonly scenario?: string;
  readonly list?: boolean;
  readonly kit: string;
  readonly bootPath: 'oemirot' | 'stirot-oemurot';
  readonly exec?: 'xip' | 'ext-ram' | 'int-ram';
  readonly mode?: 'overwrite' | 'swap';
  readonly layout?: string;
  readonly install?: string;
  readonly primary?: string;
  readonly secondary?: string;
  readonly authPub?: string;
  readonly encKey?: string;
  readonly storedCounter: number;
  readonly confirm: string;
  readonly boots: number;
  readonly half?: boolean;
  readonly torn?: string;
  readonly mce: 'off' | 'model';
  readonly step: number;
  readonly cut?: number;
  readonly strict?: boolean;
  readonly crc?: boolean;
  readonly trace?: boolean;
  readonly svg?: string;
  readonly json?: boolean;
}

/** One sweep to be run. */
export interface SweepRequest {
  readonly title: string;
  readonly options: SweepOptions;
  /** The same command without the cut. */
  readonly replay: string;
}

/** What the arguments ask for. @param argv the command line, for the replay @throws HarnessError (usage) `sweep-arguments` · `sweep-layout` · `unsupported-configuration` and those of the files */
export async function sweepRequest(args: SweepArguments, argv: readonly string[]): Promise<SweepRequest[]> {
  if (args.half === true && args.torn !== undefined) throw invalid('--half and --torn exclude each other', 'leave one of them out');
  const placeOf = await placesOf(args);
  const place = placeOf(args.mode ?? 'overwrite');
  if (args.mce === 'model' && place.configuration.path.programUnit !== 16) throw invalid('the memory cipher engine programs 16 bytes at a time', 'use unit=16, or a kit whose chip has it');
  const common = {
    tear: args.half === true ? ('half' as const) : args.torn === undefined ? ('nothing' as const) : { seed: args.torn },
    mce: args.mce === 'model',
    strict: args.strict === true,
    cuts: args.cut === undefined ? { step: args.step } : { only: [args.cut] },
    crc: args.crc === true,
  };
  const replay = replayCommand(argv);
  if (args.scenario !== undefined) {
    const { scenarioSweeps } = await import('../rot/sweep/index.js');
    const sweeps = scenarioSweeps(args.scenario, placeOf, args.mode);
    return sweeps.map(({ name, place: own, ...scenario }) => ({
      title: `${name}, ${describe(own)}`,
      options: { ...common, ...own, ...scenario },
      replay: args.scenario === 'all' ? replay.replace('--scenario all', `--scenario ${name}`) : replay,
    }));
  }
  const secondary = await slotImage(args.secondary ?? '-');
  const install = args.install === undefined ? [] : await Promise.all(args.install.split(',').map(async (file) => (await readImageFile(file)).bytes));
  const primary = await primaryOf(args, install.length > 0);
  for (const image of [...install, primary, secondary]) checkFits(image, place.configuration.layout.primary.size);
  const options: SweepOptions = {
    ...place,
    ...common,
    keys: await keysOf(args),
    storedCounter: args.storedCounter,
    install,
    primary,
    secondary,
    confirm: args.confirm === 'secondary' || args.confirm === 'none' ? args.confirm : { version: args.confirm },
    boots: args.boots,
  };
  return [{ title: `update with ${args.secondary ?? 'nothing'}, ${describe(place)}`, options, replay }];
}

export async function scenarioList(): Promise<readonly { readonly name: string; readonly mode: string; readonly description: string }[]> {
  const { scenarios } = await import('../rot/sweep/index.js');
  return scenarios.map(({ name, mode, description }) => ({ name, mode, description }));
}

async function placesOf(args: SweepArguments): Promise<(mode: UpdateMode) => SweepPlace> {
  const { chooseConfiguration, loadKit } = await import('../board/index.js');
  const { configurationOfLayout, parseSweepLayout } = await import('../rot/sweep/index.js');
  const kit = loadKit(args.kit);
  const layout = args.layout === undefined ? undefined : parseSweepLayout(args.layout);
  return (mode) => {
    const configuration = chooseConfiguration(kit, { bootPath: args.bootPath, mode, exec: args.exec });
    if (layout === undefined) return { kit, configuration, sectorSize: kit.externalFlash.sectorSize };
    return { kit, configuration: configurationOfLayout(kit, configuration, layout, mode), sectorSize: layout.sector };
  };
}

async function keysOf({ authPub, encKey }: SweepArguments): Promise<RotKeys> {
  if (authPub === undefined || encKey === undefined) throw invalid('the keys of the root of trust are missing', 'give --auth-pub <pem> and --enc-key <pem>, or a ready-made --scenario');
  const { readPrivateKeyPem, readPublicKeyPem } = await import('../keys/index.js');
  return { authPublicKey: readPublicKeyPem(await readKeyFile(authPub)), encPrivateKey: readPrivateKeyPem(await readKeyFile(encKey)) };
}

async function primaryOf({ primary, install }: SweepArguments, installs: boolean): Promise<Uint8Array | undefined> {
  if ((primary === 'installed') !== installs && (primary !== undefined || !installs)) {
    if (primary === 'installed') throw invalid('--primary installed needs the images', 'give them with --install');
    if (install !== undefined) throw invalid('--install puts its image into the primary slot', 'leave --primary out, or give --primary installed');
  }
  return installs ? undefined : slotImage(primary ?? '-');
}

async function slotImage(file: string): Promise<Uint8Array | undefined> {
  return file === '-' ? undefined : (await readImageFile(file)).bytes;
}

function checkFits(image: Uint8Array | undefined, slot: number): void {
  if (image !== undefined && image.length > slot) throw invalid(`an image of ${image.length} bytes does not fit into a slot of ${slot}`, 'give the layout that the image was made for');
}

function describe({ kit, configuration, sectorSize }: SweepPlace): string {
  const { mode, layout, path } = configuration;
  return `${kit.name}, ${mode}, slots of 0x${layout.primary.size.toString(16)}, sectors of 0x${sectorSize.toString(16)}, unit ${path.programUnit}`;
}

/** The command line as it was given, fit for a shell, without a cut of its own. */
function replayCommand(argv: readonly string[]): string {
  const kept = argv.filter((argument, at) => argument !== '--cut' && argv[at - 1] !== '--cut' && !argument.startsWith('--cut='));
  return ['rot-hil', ...kept.map((argument) => (/^[\w./:=,@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`))].join(' ');
}

function invalid(message: string, nextStep: string): HarnessError {
  return new HarnessError({ code: 'sweep-arguments', kind: 'usage', message, nextStep });
}
