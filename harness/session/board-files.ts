import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Kit, RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import { intelHexBytes } from '../image/index.js';
import { buildOemirotConfigObk, buildDataObk, oemirotAhkOpenObk } from '../keys/index.js';
import type { Plan } from '../provisioning/index.js';
import { checkOpenInputs, planOpen } from '../provisioning/index.js';
import { hex32 } from '../units/index.js';
import type { RotKeys } from './session-keys.js';

export type SlotName = 'primary' | 'secondary';

export interface BoardFilesOptions {
  readonly bench: Bench;
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly keys: RotKeys;
  /** Must exist. */
  readonly workDirectory: string;
}

/** The files that the tool is given: slots, OBKeys, the root of trust. Readable by their owner only, since one holds a private key. */
export class BoardFiles {
  private count = 0;

  constructor(private readonly options: BoardFilesOptions) {}

  /** A whole slot as .bin: in Intel HEX it is three times as long, for us to write and for the tool to read. @throws HarnessError `image-too-large`, `work-directory` (usage) */
  slot(slot: SlotName, bytes: Uint8Array): string {
    return this.write(`${slot}.bin`, this.content(slot, bytes));
  }

  /**
   * The provisioning of product state OPEN with its files, everything checked before anything is erased.
   * @param image content of the secondary slot
   * @param keys what the root of trust is to check images with; default: the board's
   * @throws HarnessError `rot-binary-missing` (usage) and those of `checkOpenInputs`
   */
  openPlan(image: Uint8Array | undefined, keys = this.options.keys): Plan {
    const { bench, kit, configuration } = this.options;
    const config = buildOemirotConfigObk({ authPublicKey: keys.authentication.publicKey, encPrivateKey: keys.encryption.privateKey, doEncryption: false });
    const data = buildDataObk({ owner: 'oemirot', doEncryption: false });
    const hardwareKeys = oemirotAhkOpenObk();
    checkOpenInputs(configuration, {
      rotBinary: this.rotBinary(),
      config,
      data,
      ...(kit.device.memoryCipherEngine ? { hardwareKeys } : {}),
      ...(image === undefined ? {} : { image }),
    });
    return planOpen({
      kit,
      configuration,
      externalLoader: bench.externalLoader,
      files: {
        rotBinary: bench.rotBinary.path,
        hardwareKeys: this.write('OEMiROT_AHK_OPEN.obk', hardwareKeys),
        config: this.write('OEMiROT_Config.obk', config),
        data: this.write('OEMiROT_Data_OPEN.obk', data),
        ...(configuration.mode === 'swap' ? { blankSector: this.write('blank-sector.bin', new Uint8Array(kit.externalFlash.sectorSize).fill(0xff)) } : {}),
        ...(image === undefined ? {} : { image: this.write('secondary.hex', intelHexBytes([{ address: configuration.layout.secondary.base, bytes: this.content('secondary', image) }])) }),
      },
    });
  }

  /** Nothing of an older image is left behind a shorter one, whatever the sector size of the loader. */
  private content(slot: SlotName, bytes: Uint8Array): Uint8Array {
    const area = this.options.configuration.layout[slot];
    if (bytes.length > area.size) {
      throw new HarnessError({ code: 'image-too-large', kind: 'usage', message: `${bytes.length} bytes do not fit into the ${slot} slot of ${area.size} bytes at ${hex32(area.base)}`, nextStep: 'sign the image for this slot' });
    }
    const content = new Uint8Array(area.size).fill(0xff);
    content.set(bytes);
    return content;
  }

  /** What is programmed at the place of the root of trust. @throws HarnessError `rot-binary-missing` (usage) */
  rotBinary(): Uint8Array {
    return readBinary(this.options.bench.rotBinary.path, 'the root of trust', '--rot');
  }

  /** OEMuROT, before it is signed; undefined where the bench names none. @throws HarnessError `rot-binary-missing` (usage) */
  secondStage(): Uint8Array | undefined {
    const { secondStage } = this.options.bench;
    return secondStage === undefined ? undefined : readBinary(secondStage, 'OEMuROT', '--oemurot');
  }

  /** @returns path of a new file that only its owner reads @throws HarnessError `work-directory` (usage) */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.options.workDirectory, `${String(++this.count).padStart(3, '0')}-${name}`);
    try {
      writeFileSync(path, content, { mode: 0o600 });
    } catch (cause) {
      throw new HarnessError({ code: 'work-directory', kind: 'usage', message: `cannot write ${path}`, nextStep: 'check the report folder and the space on its disk', cause });
    }
    return path;
  }
}

function readBinary(path: string, what: string, option: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new HarnessError({ code: 'rot-binary-missing', kind: 'usage', message: `cannot read ${what} ${path}`, nextStep: `give your own build of it with ${option}`, cause });
  }
}
