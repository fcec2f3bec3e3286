import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { buildOemirotConfigObk, deriveKeyPair, toPrivateKeyPem } from '../../keys/index.js';
import { commandEntry, toolDirectory } from '../package-root.js';

const auth = deriveKeyPair('package-creator', 'authentication');
const enc = deriveKeyPair('package-creator', 'encryption');
let folder = '';
const at = (...names: readonly string[]): string => join(folder, ...names);
const keyField = (name: string, path: string, type: string): string => `<File><Name>${name}</Name><Value>${path}</Value><KeyType>ecdsa-p256</KeyType><Type>${type}</Type></File>`;
const obkXml = (authPath: string): string =>
  `<Root><Obdata><Info><ObDestAddress>0x108</ObDestAddress><DoEncryption>1</DoEncryption><GlobalAlign>32</GlobalAlign></Info><Hash/>${keyField('Authentication key', authPath, 'Public')}${keyField('Encryption key', '../Keys/enc.pem', '')}<Output><Value>../Binary/Config.obk</Value></Output></Obdata></Root>`;

const param = (command: string, inner: string): string => `<Param>${inner}<Command>${command}</Command></Param>`;
const value = (text: string): string => `<Value>${text}</Value><Default></Default>`;
const imageXml = `<Root><McubootFormat><GlobalParam><Command>sign</Command><LinkedXML>../Config/Config.xml</LinkedXML></GlobalParam>${[
  param('-k', '<Name>Authentication key</Name><Link></Link>'), param('--overwrite-only', value('')), param('-E', '<Name>Encryption key</Name><Link>GetPublic</Link>'), param('--pad', value('')),
  param('-S', value('0x200000')), param('-H', value('0x400')), param('--pad-header', value('')), param('-v', value('1.0.0')), param('-s', value('auto')), param('-x', value('0x90200000')),
].join('')}<Param><Value>../app.bin</Value></Param><Output><Value>./out.hex</Value></Output></McubootFormat></Root>`;

async function tool(...argv: readonly string[]): Promise<{ readonly exitCode: number | undefined; readonly output: string }> {
  const { exitCode, all } = await execa(join(toolDirectory(), 'STM32TrustedPackageCreator_CLI'), argv, { reject: false, all: true, timeout: 30_000, env: { ROT_HIL_NODE: process.execPath } });
  return { exitCode, output: all };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-creator-'));
  for (const name of ['Keys', 'Config', 'Binary', 'Images']) mkdirSync(at(name));
  writeFileSync(at('Keys', 'auth.pem'), toPrivateKeyPem(auth.privateKey));
  writeFileSync(at('Keys', 'enc.pem'), toPrivateKeyPem(enc.privateKey));
  writeFileSync(at('Config', 'Config.xml'), obkXml('../Keys/auth.pem'));
  writeFileSync(at('Config', 'NoKey.xml'), obkXml('../Keys/none.pem').replace('Config.obk', 'NoKey.obk'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('STM32TrustedPackageCreator_CLI', () => {
  it('-obk <xml> AUTO over an old file → the OBKey file of the XML, status 0', async () => {
    writeFileSync(at('Binary', 'Config.obk'), 'old');
    expect(await tool('-obk', at('Config', 'Config.xml'), 'AUTO')).toEqual({ exitCode: 0, output: expect.stringContaining(`OBKey generated successfully: ${at('Binary', 'Config.obk')}`) });
    const expected = buildOemirotConfigObk({ authPublicKey: auth.publicKey, encPrivateKey: enc.privateKey, doEncryption: true });
    expect(Buffer.from(expected).equals(readFileSync(at('Binary', 'Config.obk')))).toBe(true);
  }, 40_000);

  it('-obk where a key is missing → error lines that name the file, status 1, nothing written', async () => {
    const { exitCode, output } = await tool('-obk', at('Config', 'NoKey.xml'), 'AUTO');
    expect(exitCode).toBe(1);
    expect(output).toMatch(/^Error: .*none\.pem/m);
    expect(output).toMatch(/^Error: OBKey generation failed$/m);
    expect(output).not.toContain('generated successfully');
    expect(existsSync(at('Binary', 'NoKey.obk'))).toBe(false);
  }, 40_000);

  it('-pb <xml> → the signed image of the XML, status 0; where the application is missing → error lines, status 1', async () => {
    writeFileSync(at('Images', 'Code_Image.xml'), imageXml);
    const missing = await tool('-pb', at('Images', 'Code_Image.xml'));
    expect(missing.exitCode).toBe(1);
    expect(missing.output).toMatch(/^Error: .*app\.bin/m);
    expect(missing.output).toMatch(/^Error: Image generation failed$/m);
    expect(existsSync(at('Images', 'out.hex'))).toBe(false);

    writeFileSync(at('app.bin'), Buffer.alloc(0x800, 0x5a));
    expect(await tool('-pb', at('Images', 'Code_Image.xml'))).toEqual({ exitCode: 0, output: expect.stringContaining(`Image generated successfully: ${at('Images', 'out.hex')}`) });
    const verify = ['image', 'verify', at('Images', 'out.hex'), '--auth-pub', at('Keys', 'auth.pem'), '--enc-key', at('Keys', 'enc.pem'), '--mode', 'overwrite', '--slot-size', '0x200000', '--json'];
    const { stdout } = await execa(process.execPath, [commandEntry(), ...verify], { reject: false, timeout: 30_000 });
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'valid', image: { version: '1.0.0' } });
  }, 60_000);

  it('a call that is none of the two → an error line, status 1', async () => {
    expect(await tool('-sfu', 'x.xml')).toEqual({ exitCode: 1, output: 'Error: Command not supported by this drop-in: -sfu' });
  }, 40_000);
});
