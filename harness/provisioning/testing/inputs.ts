import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BootPathName, Kit, RotConfiguration } from '../../board/index.js';
import { chooseConfiguration, imageModeOf, loadKit } from '../../board/index.js';
import { signImage } from '../../image/index.js';
import { deriveKeyPair, readChainFile, readPasswordFile, readPrivateKeyPem, seededRandom } from '../../keys/index.js';
import type { DaCredential } from '../../keys/index.js';
import type { DaCredentialFiles } from '../../programmer/index.js';
import type { DaMethod } from '../derived-contents.js';
import { derivedContents, derivedCredential, derivedDaContent } from '../derived-contents.js';
import type { FilePaths, FileRole, FinalState } from '../files.js';
import type { ProvisioningInputs, RotBuild } from '../inputs.js';
import { readInputs } from '../inputs.js';

const seed = 'spec';

/** Code that begins with a vector table of its place. */
export function rotBinary(marker = 'Starting bootloader'): Uint8Array {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x20010000, true);
  view.setUint32(4, 0x08000101, true);
  bytes.set(new TextEncoder().encode(marker), 64);
  return bytes;
}

const nameOf = (role: FileRole): string => `${role}.${role === 'image' || role === 'oemurot' ? 'hex' : role === 'rot' || role === 'blank' ? 'bin' : 'obk'}`;

export interface MadeInputs {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly folder: string;
  readonly paths: FilePaths;
  readonly credentialFiles: DaCredentialFiles;
  readonly credential: DaCredential;
  /** The DA_Config.obk that belongs to the credential; a plan for LOCKED holds another one. */
  readonly recoveryObk: string;
  /** Reads the files anew, some of them replaced. */
  read(change?: { paths?: FilePaths; credential?: DaCredential | null; rotBuild?: Exclude<RotBuild, 'unknown'> }): ProvisioningInputs;
  /** Writes another file for a role. */
  replace(role: FileRole, bytes: Uint8Array, name?: string): FilePaths;
  remove(): void;
}

/** Everything that a board is provisioned with, in a folder of its own. */
export function makeInputs(bootPath: BootPathName, state: FinalState, method: DaMethod = 'certificate', kitId = 'stm32h7s78-dk'): MadeInputs {
  const kit = loadKit(kitId);
  // The smallest slots: every cell of the matrix hashes its files.
  const configuration = chooseConfiguration(kit, { bootPath, exec: 'int-ram' });
  const folder = mkdtempSync(join(tmpdir(), 'rot-hil-inputs-'));
  const { path, layout } = configuration;
  const image = signImage(new Uint8Array(3000).fill(7), {
    mode: imageModeOf(configuration),
    version: '1.0.0',
    headerSize: path.headerSize,
    slotSize: layout.secondary.size,
    align: path.programUnit,
    maxAlign: path.maxAlign,
    securityCounter: 'auto',
    signKey: deriveKeyPair(seed, 'board/authentication').privateKey,
    encryptionKey: deriveKeyPair(seed, 'board/encryption').publicKey,
    pad: true,
    random: seededRandom(seed, 'image'),
  });
  const write = (name: string, content: string | Uint8Array): string => {
    const file = join(folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  };
  const contents = derivedContents({ kit, configuration, state, method, seed, rot: rotBinary(), image });
  const paths = Object.fromEntries(Object.entries(contents).map(([role, bytes]) => [role, write(nameOf(role as FileRole), bytes)])) as FilePaths;
  const files = derivedCredential(seed);
  const credentialFiles: DaCredentialFiles =
    method === 'password' ? { method, password: write('password.bin', files['password.bin']) } : { method, key: write('leaf.pem', files['leaf.pem']), chain: write('chain.b64', files['chain.b64']) };
  const credential: DaCredential =
    method === 'password' ? { method, password: readPasswordFile(files['password.bin']) } : { method, chain: readChainFile(new TextEncoder().encode(files['chain.b64'])), privateKey: readPrivateKeyPem(files['leaf.pem']) };
  let count = 0;
  let all: ProvisioningInputs | undefined;
  return {
    kit,
    configuration,
    folder,
    paths,
    credentialFiles,
    credential,
    recoveryObk: write('recovery.obk', derivedDaContent(seed, method)),
    read: (change = {}) => {
      // Read once, so that verdicts on what did not change are known already.
      all ??= readInputs({ kit, configuration, state, paths });
      const fresh = change.paths === undefined ? undefined : readInputs({ kit, configuration, state, paths: change.paths });
      const held = change.credential === null ? undefined : (change.credential ?? credential);
      const rotBuild = change.rotBuild ?? (change.paths?.rot === undefined ? all.rotBuild : fresh!.rotBuild);
      return {
        ...all,
        rotBuild,
        paths: { ...paths, ...change.paths },
        contents: { ...all.contents, ...fresh?.contents },
        digests: { ...all.digests, ...fresh?.digests },
        bases: { ...all.bases, ...fresh?.bases },
        ...(held === undefined ? {} : { credential: held }),
      };
    },
    replace: (role, bytes, name = nameOf(role)) => ({ [role]: write(`${(count += 1)}-${name}`, bytes) }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
