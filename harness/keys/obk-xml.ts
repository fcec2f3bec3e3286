import { nativeEngine, parseStXml, sha256, stXmlChild, stXmlChildren, stXmlError, stXmlPath, stXmlRecord, subjectPublicKeyInfo } from '../image/index.js';
import type { CryptoEngine, StXmlElement, StXmlFields, StXmlRecord } from '../image/index.js';
import { parseNumber } from '../units/index.js';
import { rootKeyHash } from './da-obk.js';
import { encodeMinimalKey } from './minimal-key.js';
import { buildObk } from './obk-file.js';
import { readPrivateKeyPem, readPublicKeyPem } from './p256-keys.js';
import { buildPasswordFile, encodePassword } from './password-file.js';
import { encodePermissions, parsePermissions } from './permissions.js';

/** Fields larger than the 32 slots of a level are refused before they are built. */
const payloadLimit = 1024;
const hashSize = 32;

const anywhere = ['Name', 'Value', 'Default', 'Tooltip', 'Hidden', 'Reserved', 'Slot', 'Align'];
/** What ST's schema allows in each kind of field, as far as its files show (STM32CubeH7RS, ROT_Provisioning, *_Config.xml). */
const fieldKinds: Readonly<Record<string, StXmlFields>> = {
  Data: { once: [...anywhere, 'Width', 'MinWidth'] },
  List: { once: [...anywhere, 'Width'], many: ['Val'] },
  Bool: { once: [...anywhere, 'Width', 'True', 'False'] },
  Permission: { once: [...anywhere, 'Width'] },
  Text: { once: [...anywhere, 'Width', 'MinWidth'] },
  File: { once: [...anywhere, 'KeyType', 'Type'] },
};
const infoFields: StXmlFields = {
  once: ['Title', 'MCU', 'ObDestAddress', 'DoEncryption', 'GlobalAlign', 'FlashStart', 'FlashSize', 'FlashSectorSize', 'OBKStart', 'OBKSize', 'OBKSectorSize', 'AuthOBKStart', 'AuthOBKSize'],
};

export interface ObkXmlOptions {
  /** Reads a key file by the path in the XML, with `/` between folders. */
  readonly readKey: (path: string) => Promise<string>;
  /** In place of what the XML says: false for product state OPEN, where ST's scripts rewrite it to 0. */
  readonly doEncryption?: boolean | undefined;
  readonly engine?: CryptoEngine | undefined;
}

export interface ObkFromXml {
  /** The whole .obk file. */
  readonly bytes: Uint8Array;
  /** Path of the output as the XML gives it, `/` between folders; undefined when it gives none. */
  readonly output: string | undefined;
  /** password.bin, where the file configures a password. Secret. */
  readonly passwordFile?: Uint8Array | undefined;
}

/**
 * Builds an OBKey file from one of ST's configuration files: OEMiROT, OEMuROT, STiROT, debug authentication with certificate or password.
 * The fields lie in the order of the file under the SHA-256 of all of them and of the zeros that fill them up to `GlobalAlign`.
 * @throws HarnessError (usage) `st-xml` with the element; and those of the key files, `permissions` and `password`
 */
export async function buildObkFromXml(xml: string | Uint8Array, options: ObkXmlOptions): Promise<ObkFromXml> {
  const root = stXmlChild(await parseStXml(xml), 'Obdata');
  const builder = new Builder(options);
  for (const element of root.children) await builder.add(element);
  return builder.finish(root);
}

class Builder {
  readonly #engine: CryptoEngine;
  readonly #fields: Uint8Array[] = [];
  #size = 0;
  #hashed = false;
  #debugAuthentication = false;
  #passwordFile: Uint8Array | undefined;

  constructor(private readonly options: ObkXmlOptions) {
    this.#engine = options.engine ?? nativeEngine();
  }

  async add(element: StXmlElement): Promise<void> {
    const { name } = element;
    if (name === 'Info' || name === 'Output') return;
    if (name === 'Hash' || name === 'DA') {
      if (this.#size > 0 || element.children.length > 0 || element.text !== '') throw stXmlError(`<${name}/> is empty and stands before the fields`, name);
      if (name === 'Hash') this.#hashed = true;
      else this.#debugAuthentication = true;
      return;
    }
    const kind = Object.hasOwn(fieldKinds, name) ? fieldKinds[name] : undefined;
    if (!kind) throw stXmlError('a field of a kind that no file of ST has', name);
    const record = stXmlRecord(element, kind);
    this.#alignTo(integer(record, 'Align', name, 1, 32) ?? 1);
    this.#append(await this.#encode(name, record), name);
  }

  finish(root: StXmlElement): ObkFromXml {
    const info = stXmlRecord(stXmlChild(root, 'Info'), infoFields);
    const destination = required(integer(info, 'ObDestAddress', 'Info', 0, 0xffffff), 'ObDestAddress');
    const encrypt = required(integer(info, 'DoEncryption', 'Info', 0, 1), 'DoEncryption');
    if (this.#size === 0) throw stXmlError('there is no field in it', 'Obdata');
    this.#alignTo(integer(info, 'GlobalAlign', 'Info', 1, 256) ?? 1);
    const fields = concatenate(this.#fields);
    const payload = this.#hashed ? concatenate([sha256(this.#engine, fields), fields]) : fields;
    const bytes = buildObk({
      hdpl: (destination >> 8) & 0xff,
      index: destination & 0xff,
      debugAuthentication: destination >> 16,
      doEncryption: this.options.doEncryption ?? encrypt === 1,
      payload,
    });
    return { bytes, output: outputOf(root), passwordFile: this.#passwordFile };
  }

  async #encode(kind: string, record: StXmlRecord): Promise<Uint8Array> {
    const value = record.get('Value') || record.get('Default') || '';
    switch (kind) {
      case 'Permission':
        return encodePermissions(parsePermissions(value));
      case 'Text': {
        if (!this.#debugAuthentication) throw stXmlError('a text outside a debug-authentication file', 'Text');
        this.#passwordFile = buildPasswordFile(value);
        return sha256(this.#engine, encodePassword(value));
      }
      case 'File':
        return this.#encodeKey(record, value);
      default:
        return littleEndian(value, required(integer(record, 'Width', kind, 1, 4), 'Width'), kind);
    }
  }

  async #encodeKey(record: StXmlRecord, path: string): Promise<Uint8Array> {
    const type = record.get('Type') ?? '';
    if ((record.get('KeyType') ?? 'ecdsa-p256') !== 'ecdsa-p256') throw stXmlError('the root of trust of this chip takes ecdsa-p256 keys only', 'KeyType');
    if (path === '') throw stXmlError('a key without a file', 'File');
    const pem = await this.options.readKey(stXmlPath(path));
    if (type === '') return encodeMinimalKey(readPrivateKeyPem(pem, this.#engine), this.#engine);
    if (type !== 'Public') throw stXmlError('a key file is Public, or has no type for a private key', 'Type');
    const publicKey = readPublicKeyPem(pem, this.#engine);
    return this.#debugAuthentication ? rootKeyHash(publicKey, this.#engine) : subjectPublicKeyInfo(publicKey);
  }

  #alignTo(boundary: number): void {
    const gap = (boundary - (this.#size % boundary)) % boundary;
    if (gap > 0) this.#append(new Uint8Array(gap), 'Align');
  }

  #append(bytes: Uint8Array, element: string): void {
    this.#size += bytes.length;
    if (this.#size + hashSize > payloadLimit) throw stXmlError(`more than ${payloadLimit} bytes of fields`, element);
    this.#fields.push(bytes);
  }
}

function outputOf(root: StXmlElement): string | undefined {
  const outputs = stXmlChildren(root, 'Output');
  if (outputs.length > 1) throw stXmlError('more than one output', 'Output');
  const [output] = outputs;
  if (!output) return undefined;
  const record = stXmlRecord(output, { once: anywhere });
  const path = record.get('Value') || record.get('Default') || '';
  return path === '' ? undefined : stXmlPath(path);
}

/** The value of a field in its width; a list's value may carry `, label`. */
function littleEndian(text: string, width: number, kind: string): Uint8Array {
  const value = parseNumber(text.split(',')[0]!.trim());
  if (value === undefined || value >= 256 ** width) throw stXmlError(`the value is no number of ${width} bytes`, kind);
  return Uint8Array.from({ length: width }, (_, index) => Math.floor(value / 256 ** index) & 0xff);
}

function integer(record: StXmlRecord, name: string, element: string, min: number, max: number): number | undefined {
  const text = record.get(name);
  if (text === undefined || text === '') return undefined;
  const value = parseNumber(text);
  if (value === undefined || value < min || value > max) throw stXmlError(`<${name}> of <${element}> is no number from ${min} to ${max}`, name);
  return value;
}

function required(value: number | undefined, name: string): number {
  if (value === undefined) throw stXmlError(`<${name}> is missing`, name);
  return value;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
