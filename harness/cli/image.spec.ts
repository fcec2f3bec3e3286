import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { deriveKeyPair, toPrivateKeyPem, toPublicKeyPem } from '../keys/index.js';
import { registerImage } from './image.js';
import { runCommand } from './testing/run-command.js';
import type { CommandRun } from './testing/run-command.js';

const auth = deriveKeyPair('cli', 'authentication');
const enc = deriveKeyPair('cli', 'encryption');
const other = deriveKeyPair('cli', 'other');
let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-image-'));
  writeFileSync(at('auth.pem'), toPrivateKeyPem(auth.privateKey));
  writeFileSync(at('auth_pub.pem'), toPublicKeyPem(auth.publicKey));
  writeFileSync(at('enc.pem'), toPrivateKeyPem(enc.privateKey, 'sec1'));
  writeFileSync(at('enc_pub.pem'), toPublicKeyPem(enc.publicKey));
  writeFileSync(at('other_pub.pem'), toPublicKeyPem(other.publicKey));
  writeFileSync(at('app.bin'), Uint8Array.from({ length: 5000 }, (_, i) => i & 0xff));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  jest.restoreAllMocks();
});

const run = (...args: readonly string[]) => runCommand(registerImage, 'image', ...args);

const signArguments = ['-H', '0x400', '--pad-header', '-S', '0x200000', '-v', '1.0.0', '-s', 'auto', '--align', '4', '--overwrite-only', '-M', '33', '-e', 'little', '--pad'];
const sign = (output: string, ...more: readonly string[]): Promise<CommandRun> => run('sign', at('app.bin'), at(output), '-k', at('auth.pem'), '-E', at('enc_pub.pem'), '-x', '0x90200000', ...signArguments, ...more);
const verify = (file: string, ...more: readonly string[]): Promise<CommandRun> => run('verify', at(file), '--auth-pub', at('auth_pub.pem'), '--enc-key', at('enc.pem'), '--mode', 'overwrite', '--slot-size', '0x200000', ...more);
const document = (result: CommandRun): Record<string, unknown> => JSON.parse(result.stdout) as Record<string, unknown>;

describe('image sign and verify', () => {
  it.each(['signed.bin', 'signed.hex'])('%s with the options of ST -> exit 0, and both engines accept it', async (output) => {
    expect(await sign(output)).toMatchObject({ exitCode: 0 });
    for (const engine of ['native', 'noble']) {
      const result = await verify(output, '--engine', engine, '--json');
      expect(result).toMatchObject({ exitCode: 0 });
      expect(document(result)).toMatchObject({ verdict: 'valid', stage: 'ok', reason: '', slot: 'kept', image: { version: '1.0.0', size: 5008, flags: 4, securityCounter: 0x1000000 } });
    }
  });

  it('a stored counter above the image -> exit 1 and the stage; one equal to it -> exit 0', async () => {
    await sign('counter.bin');
    expect(await verify('counter.bin', '--stored-counter', '0x1000000')).toMatchObject({ exitCode: 0 });
    const refused = await verify('counter.bin', '--stored-counter', '16777217', '--json');
    expect(refused.exitCode).toBe(1);
    expect(document(refused)).toMatchObject({ verdict: 'invalid', stage: 'security-counter', slot: 'erased' });
  });

  it('for a person -> verdict, stage, reason and what happens to the slot', async () => {
    await sign('person.bin');
    const result = await run('verify', at('person.bin'), '--auth-pub', at('other_pub.pem'), '--enc-key', at('enc.pem'), '--mode', 'overwrite', '--slot-size', '0x200000');
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toMatch(/refuses it[^]*stops at +key\n[^]*another authentication key\n[^]*slot +erased/);
  });

  it('options in the order and spelling of an STiROT package -> accepted as primary-only', async () => {
    const args = ['-k', at('auth.pem'), '-E', at('enc_pub.pem'), '-ma', '0xc1592ee9', '-e', 'little', '--pad', '-S', '0x20000', '-H', '0x400', '--pad-header', '--primary-only', '-v', '1.0.0', '-s', 'auto', '--align', '16', '-x', '0x90020000'];
    expect(await run('sign', ...args, at('app.bin'), at('stirot.hex'))).toMatchObject({ exitCode: 0 });
    expect(readFileSync(at('stirot.hex'), 'latin1')).toMatch(/^:020000049002[0-9A-F]{2}\n:10000000E92E59C1/);
    const result = await run('verify', at('stirot.hex'), '--auth-pub', at('auth.pem'), '--enc-key', at('enc.pem'), '--mode', 'primary-only', '--slot-size', '0x20000', '--json');
    expect(document(result)).toMatchObject({ verdict: 'valid' });
  });

  describe("from ST's XML", () => {
    const param = (command: string, inner: string): string => `<Param>${inner}<Command>${command}</Command></Param>`;
    const value = (text: string): string => `<Value>${text}</Value><Default></Default>`;
    const codeImage = (...params: readonly string[]): string =>
      `<Root><McubootFormat><GlobalParam><Command>sign</Command><LinkedXML>../Config/Config.xml</LinkedXML></GlobalParam>${params.join('')}<Param><Value>../app.bin</Value></Param><Output><Value>./out.hex</Value></Output></McubootFormat></Root>`;
    const usual = [
      param('-k', '<Name>Authentication key</Name><Link></Link>'), param('--overwrite-only', value('')), param('-M', value('33')), param('-E', '<Name>Encryption key</Name><Link>GetPublic</Link>'),
      param('-e', value('little')), param('--pad', value('')), param('-S', value('0x200000')), param('-H', value('0x400')), param('--pad-header', value('')), param('-v', value('1.0.0')),
      param('-s', value('auto')), param('--align', value('4')), param('-x', value('0x90200000')),
    ];
    beforeAll(() => {
      for (const name of ['Config', 'Images']) mkdirSync(at(name));
      const key = (name: string, file: string): string => `<File><Name>${name}</Name><Value>.\\..\\${file}</Value></File>`;
      writeFileSync(at('Config/Config.xml'), `<Root><Obdata>${key('Authentication key', 'auth.pem')}${key('Encryption key', 'enc.pem')}</Obdata></Root>`);
      writeFileSync(at('Images/Code_Image.xml'), codeImage(...usual));
    });

    it('the XML alone -> the image beside it, with keys and files found relative to their XML', async () => {
      const result = await run('sign', '--xml', at('Images/Code_Image.xml'), '--json');
      expect(result).toMatchObject({ exitCode: 0 });
      expect(document(result)).toMatchObject({ file: at('Images/out.hex'), address: 0x90200000, version: '1.0.0', signed: true, encrypted: true, padded: true, warnings: [] });
      expect(await verify('Images/out.hex')).toMatchObject({ exitCode: 0 });
    });

    it('options and files given beside it -> they win', async () => {
      const result = await run('sign', '--xml', at('Images/Code_Image.xml'), '-v', '2.0.0', at('app.bin'), at('mine.bin'), '--json');
      expect(document(result)).toMatchObject({ file: at('mine.bin'), version: '2.0.0' });
      expect(document(await verify('mine.bin', '--json'))).toMatchObject({ verdict: 'valid', image: { version: '2.0.0', securityCounter: 0x2000000 } });
    });

    it.each([
      ['an option that is none', param('--self-destruct', value(''))],
      ['a number that is none', param('-M', value('many'))],
      ['a value behind a flag', param('--pad', value('1'))],
    ])('%s -> exit 2 and its name, nothing written', async (_what, extra) => {
      writeFileSync(at('Images/Wrong.xml'), codeImage(...usual, extra));
      const result = await run('sign', '--xml', at('Images/Wrong.xml'), '--json', at('app.bin'), at('wrong.bin'));
      expect(result).toMatchObject({ exitCode: 2 });
      expect(document(result)).toMatchObject({ error: { code: 'st-xml', kind: 'usage' } });
      expect(existsSync(at('wrong.bin'))).toBe(false);
    });
  });

  it('no version, no slot size, no output -> exit 2 with the option to give', async () => {
    expect(await run('sign', at('app.bin'), at('x.bin'), '-S', '0x10000')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('-v 1.0.0') });
    expect(await run('sign', at('app.bin'), at('x.bin'), '-v', '1.0.0')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('-S 0x200000') });
    expect(await run('sign', at('app.bin'), '-v', '1.0.0', '-S', '0x10000')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('signed image is missing') });
  });

  it('dependencies, boot record and a custom TLV -> in the image; the custom one is warned of, for the boot refuses it', async () => {
    const result = await sign('tlvs.bin', '-d', '(1,1.0.0)', '-d', '(2,1.0.0)', '--boot-record', 'APP', '--custom-tlv', '0xa0', '0x01', '--json');
    expect(document(result)).toMatchObject({ warnings: [expect.stringContaining('0xa0')] });
    expect(document(await verify('tlvs.bin', '--json'))).toMatchObject({ verdict: 'invalid', stage: 'tlv' });
    await sign('known.bin', '-d', '(1,1.0.0)', '--boot-record', 'APP');
    expect(await verify('known.bin')).toMatchObject({ exitCode: 0 });
  });

  it('an application in Intel HEX -> the output lies a header in front of it', async () => {
    const { toIntelHex } = await import('../image/index.js');
    writeFileSync(at('app.hex'), toIntelHex([{ address: 0x90000400, bytes: Uint8Array.of(1, 2, 3, 4) }]));
    await run('sign', at('app.hex'), at('at.hex'), '-k', at('auth.pem'), ...signArguments);
    expect(readFileSync(at('at.hex'), 'latin1').split('\n').slice(0, 2)).toEqual([':0200000490006A', expect.stringMatching(/^:100000003DB8F396/)]);
  });

  it('a linked ELF file -> its loadable bytes behind the header', async () => {
    const elf = fileURLToPath(new URL('../../firmware-fixtures/prebuilt/app-1.0.0.elf', import.meta.url));
    expect(await run('sign', elf, at('elf.bin'), '-k', at('auth.pem'), '-E', at('enc_pub.pem'), ...signArguments)).toMatchObject({ exitCode: 0 });
    expect(await verify('elf.bin')).toMatchObject({ exitCode: 0 });
    // Initial stack pointer and reset vector stand where ELF says, not the ELF header.
    await run('sign', elf, at('clear.bin'), '-k', at('auth.pem'), ...signArguments);
    expect(readFileSync(at('clear.bin')).subarray(0x400, 0x404).toString('latin1')).not.toBe('\x7fELF');
  });

  it('an image that the boot would never install -> exit 2 with the reason; with --force it is written', async () => {
    const confirm = ['sign', at('app.bin'), at('forced.bin'), '-k', at('auth.pem'), '-v', '1.0.0', '-s', 'auto', '-S', '0x200000', '-M', '33', '--pad-header', '--align', '4', '--confirm'];
    const refused = await run(...confirm);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toMatch(/image_ok does not stand at 0x1fffe0/);
    expect(await run(...confirm, '--force')).toMatchObject({ exitCode: 0 });
    const judged = await run('verify', at('forced.bin'), '--auth-pub', at('auth.pem'), '--mode', 'swap', '--slot-size', '0x200000', '--json');
    expect(document(judged)).toMatchObject({ verdict: 'not-installed', stage: 'trailer' });
  });

  it.each<[string, readonly string[], RegExp]>([
    ['a file that is not there', ['verify', 'nowhere.bin', '--auth-pub', 'auth.pem', '--mode', 'overwrite', '--slot-size', '0x4000'], /cannot read|no such file/],
    ['no mode', ['verify', 'app.bin', '--auth-pub', 'auth.pem', '--slot-size', '0x4000'], /--mode/],
    ['a slot size that is no number', ['verify', 'app.bin', '--auth-pub', 'auth.pem', '--mode', 'swap', '--slot-size', '2M'], /decimal or 0x/],
    ['a write unit of 8', ['verify', 'app.bin', '--auth-pub', 'auth.pem', '--mode', 'swap', '--slot-size', '0x4000', '--write-unit', '8'], /one of 4, 16/],
    ['a key file that is none', ['verify', 'app.bin', '--auth-pub', 'app.bin', '--mode', 'swap', '--slot-size', '0x4000'], /PEM/],
    ['a file larger than the slot', ['verify', 'app.bin', '--auth-pub', 'auth.pem', '--mode', 'swap', '--slot-size', '0x1000'], /do not fit/],
    ['hex output without an address', ['sign', 'app.bin', 'x.hex', '-v', '1.0.0', '-S', '0x200000'], /-x|zero bytes/],
    ['two modes', ['sign', 'app.bin', 'x.bin', '-v', '1.0.0', '-S', '0x200000', '--overwrite-only', '-P'], /exclude/],
    ['a public key to sign with', ['sign', 'app.bin', 'x.bin', '-v', '1.0.0', '-S', '0x200000', '--pad-header', '-k', 'auth_pub.pem'], /private key is needed/],
  ])('%s -> exit 2 and what to do', async (_what, args, message) => {
    const result = await run(...args.map((argument) => (/\.(bin|pem|hex)$/.test(argument) ? at(argument) : argument)));
    expect(result.exitCode).toBe(2);
    expect(result.stdout).toBe('');
    expect(result.stderr).toMatch(message);
  });
});

describe('image inspect', () => {
  it('a signed image -> header, TLVs and trailer; with the key also where the boot stops', async () => {
    await sign('look.bin');
    const bare = await run('inspect', at('look.bin'));
    expect(bare.exitCode).toBe(0);
    expect(bare.stdout).toMatch(/0x96f3b83d[^]*version +1\.0\.0[^]*SEC_CNT[^]*ENCEC256[^]*0x1000000[^]*magic +right/);
    const judged = await run('inspect', at('look.bin'), '--auth-pub', at('other_pub.pem'), '--enc-key', at('enc.pem'));
    expect(judged.stdout).toMatch(/stops at +key/);
    expect(document(await run('inspect', at('look.bin'), '--json'))).toMatchObject({ header: { imageSize: 5008 }, image: { version: '1.0.0' }, trailer: { magic: 'good', swapType: 'test' }, check: null });
  });

  it('a file that is no image -> said so, exit 0', async () => {
    expect(await run('inspect', at('app.bin'))).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/no image/) });
  });
});
