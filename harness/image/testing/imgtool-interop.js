// Agreement with imgtool of PyPI (mcu-tools/mcuboot), for CI: `pip install imgtool`, `npm run build`, then
//   node harness/image/testing/imgtool-interop.js [path of imgtool]
// What we sign, imgtool verifies and its dumpinfo reads as we do; what imgtool signs, both of our engines accept; unsigned images are the same bytes,
// Intel HEX included; encrypted ones, which imgtool cannot verify, have the same header, TLVs and hash. Exit 1 with the reasons where they disagree.
import { Buffer } from 'node:buffer';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { parse } from 'yaml';
import { registerImage } from '../../../dist/harness/cli/image.js';

const imgtool = process.argv[2] ?? 'imgtool';
const deadlineMs = 120_000;
const failures = [];
let checks = 0;

const found = spawnSync(imgtool, ['version'], { encoding: 'utf8', timeout: deadlineMs });
if (found.error !== undefined || found.status !== 0) {
  console.error(`imgtool does not run (${found.error?.message ?? found.stderr}): pip install imgtool`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'rot-hil-imgtool-'));
const at = (name) => join(folder, name);
async function check(what, body) {
  checks++;
  try {
    const difference = await body();
    if (difference) failures.push(`${what}: ${difference}`);
  } catch (error) {
    failures.push(`${what}: ${[error.message, error.stdout, error.stderr].filter(Boolean).join(' ').trim()}`);
  }
}

/** imgtool's own Python has intelhex. */
const interpreter = readFileSync(execFileSync('sh', ['-c', 'command -v "$1"', 'sh', imgtool], { encoding: 'utf8' }).trim(), 'latin1').split('\n', 1)[0].replace(/^#!/, '');
const python = (script, ...args) => execFileSync(interpreter, ['-c', script, ...args], { encoding: 'utf8', timeout: deadlineMs, stdio: ['ignore', 'pipe', 'pipe'] });

/** Both tools start in a quarter of a second or more; some hundred calls each are therefore answered by one process of each. This is imgtool's: argv in, result out, a line of JSON each. */
const server = spawn(interpreter, ['-u', '-c', `
import contextlib, io, json, sys, traceback
from imgtool.main import imgtool
for line in sys.stdin:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            imgtool.main(args=json.loads(line), prog_name='imgtool')
        except SystemExit as end:
            code = end.code or 0
        except BaseException:
            code = 1
            traceback.print_exc()
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
`], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: server.stdout })[Symbol.asyncIterator]();

async function tool(...args) {
  server.stdin.write(JSON.stringify(args) + '\n');
  const watchdog = setTimeout(() => server.kill('SIGKILL'), deadlineMs);
  const { value, done } = await answers.next();
  clearTimeout(watchdog);
  if (done) throw new Error('imgtool ended without an answer');
  const [code, stdout, stderr] = JSON.parse(value);
  if (code !== 0) throw Object.assign(new Error(`imgtool ${args[0]} ended with ${code}`), { stdout, stderr });
  return stdout;
}

/** `rot-hil image …` as our command line reads it, its output caught. */
async function ours(...args) {
  const program = new Command('rot-hil').exitOverride();
  registerImage(program);
  const caught = { stdout: '', stderr: '' };
  const write = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of ['stdout', 'stderr']) process[name].write = (text) => ((caught[name] += text), true);
  let status;
  try {
    await program.parseAsync(['image', ...args], { from: 'user' });
    status = process.exitCode ?? 0;
  } finally {
    for (const name of ['stdout', 'stderr']) process[name].write = write[name];
    process.exitCode = 0;
  }
  if (status !== 0) throw Object.assign(new Error(`image ${args[0]} ended with ${status}`), caught);
  return caught.stdout;
}

/** The arguments without some that stand in them one behind the other. */
function without(args, some) {
  const at = args.findIndex((_, index) => some.length > 0 && some.every((value, offset) => args[index + offset] === value));
  return at < 0 ? args : [...args.slice(0, at), ...args.slice(at + some.length)];
}

const same = (name, a, b) => (JSON.stringify(a) === JSON.stringify(b) ? '' : `${name} ${JSON.stringify(a)} against ${JSON.stringify(b)}; `);
const sameBytes = (a, b) => (readFileSync(at(a)).equals(readFileSync(at(b))) ? '' : `${a} and ${b} have different bytes`);

/** Header fields, TLV types with lengths (those of signatures vary) and the hash, as our inspect and imgtool's dumpinfo see them. */
async function fromInspect(file) {
  const { header, image, values } = JSON.parse(await ours('inspect', at(file), '--json'));
  return {
    header: [header.magic, header.headerSize, header.protectedTlvSize, header.imageSize, header.flags, image.version],
    tlvs: image.tlvs.map((tlv) => [tlv.type, tlv.type === 0x22 ? 'DER' : tlv.length]),
    hash: values[image.tlvs.find((tlv) => tlv.type === 0x10).offset],
  };
}

async function fromDumpinfo(file) {
  await tool('dumpinfo', '-s', '-o', at('dump.yaml'), at(file));
  const { header, tlv_area: area } = parse(readFileSync(at('dump.yaml'), 'utf8'));
  const tlvs = [...(area.tlvs_prot ?? []), ...area.tlvs];
  return {
    header: [header.magic, header.hdr_size, header.protected_tlv_size, header.img_size, header.flags, String(header.version)],
    tlvs: tlvs.map((tlv) => [tlv.type, tlv.type === 0x22 ? 'DER' : tlv.len]),
    hash: Buffer.from(tlvs.find((tlv) => tlv.type === 0x10).data).toString('hex'),
  };
}

const sameStructure = (a, b) => same('header', a.header, b.header) + same('TLVs', a.tlvs, b.tlvs) + same('hash', a.hash, b.hash);

const slot = '0x40000';
const base = ['-H', '0x400', '--pad-header', '-S', slot, '-v', '1.2.3+4', '-s', 'auto', '--align', '4', '--max-align', '8', '-x', '0x90200000'];
const modes = { overwrite: ['--overwrite-only', '--pad'], swap: ['-M', '33', '--pad'] };
const verify = (file, mode, engine) =>
  ours('verify', at(file), '--auth-pub', at('auth_pub.pem'), '--enc-key', at('enc.pem'), '--mode', mode, '--slot-size', slot, '--engine', engine, '--json');

try {
  for (const key of ['auth', 'enc']) {
    await tool('keygen', '-k', at(`${key}.pem`), '-t', 'ecdsa-p256');
    await tool('getpub', '-k', at(`${key}.pem`), '-e', 'pem', '-o', at(`${key}_pub.pem`));
  }
  for (const size of [1, 16, 6001, 100_003]) {
    const app = at('app.bin');
    writeFileSync(app, Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff)));
    for (const [mode, options] of Object.entries(modes)) {
      const name = `${size} bytes, ${mode}`;
      for (const extension of ['bin', 'hex']) {
        await check(`${name}, unsigned .${extension}: same bytes`, async () => {
          await tool('sign', ...base, ...options, app, at(`theirs.${extension}`));
          await ours('sign', ...base, ...options, app, at(`ours.${extension}`));
          return sameBytes(`theirs.${extension}`, `ours.${extension}`);
        });
      }
      for (const [kind, keys] of [['plain', ['-k', at('auth.pem')]], ['encrypted', ['-k', at('auth.pem'), '-E', at('enc_pub.pem')]]]) {
        await check(`${name}, ${kind}: signed by both`, async () => {
          await tool('sign', ...base, ...options, ...keys, app, at('theirs.bin'));
          await ours('sign', ...base, ...options, ...keys, app, at('ours.bin'));
        });
        await check(`${name}, ${kind}: same structure`, async () => sameStructure(await fromInspect('ours.bin'), await fromInspect('theirs.bin')));
        await check(`${name}, ${kind}: dumpinfo of ours agrees with inspect`, async () => sameStructure(await fromDumpinfo('ours.bin'), await fromInspect('ours.bin')));
        for (const file of ['theirs.bin', 'ours.bin']) {
          for (const engine of ['native', 'noble']) await check(`${name}, ${kind}: ${file} accepted, ${engine}`, async () => void (await verify(file, mode, engine)));
        }
        if (kind === 'plain') await check(`${name}: imgtool verifies ours`, async () => (/correctly validated/i.test(await tool('verify', '-k', at('auth.pem'), at('ours.bin'))) ? '' : 'not said to be valid'));
      }
    }
  }
  // Every further option, one by one and together: the same bytes where nothing is random.
  const app = at('app.bin');
  writeFileSync(app, Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 13) & 0xff)));
  const options = {
    'no counter': { less: ['-s', 'auto'] },
    'a number as counter': { less: ['-s', 'auto'], more: ['-s', '305419896'] },
    confirm: { more: ['--confirm'] },
    'custom TLVs': { more: ['--custom-tlv', '0xa0', '0x0102', '--custom-tlv', '0xa1', 'text'] },
    dependencies: { more: ['-d', '(1,1.2.3+4),(2,2.0)'] },
    'boot record': { more: ['--boot-record', 'APP'] },
    'fixed address': { more: ['-F', '0x90000000'] },
    'load address': { more: ['-L', '0x70000000'] },
    'not bootable': { more: ['--non-bootable'] },
    'header in the input': { less: ['--pad-header'], input: 'with-header.bin' },
    'Intel HEX as input': { input: 'app.hex' },
    'all TLVs': { more: ['-d', '(1,1.2.3+4)', '--boot-record', 'APP', '--custom-tlv', '0xa0', 'text'] },
  };
  writeFileSync(at('with-header.bin'), Buffer.concat([Buffer.alloc(0x400), readFileSync(app)]));
  python('from intelhex import IntelHex; import sys; h = IntelHex(); h.loadbin(sys.argv[1], offset=0x90000400); h.write_hex_file(sys.argv[2])', app, at('app.hex'));
  for (const [mode, modeOptions] of Object.entries(modes)) {
    for (const [name, { less = [], more = [], input = 'app.bin' }] of Object.entries(options)) {
      const args = [...without(base, less), ...modeOptions, ...more];
      for (const extension of ['bin', 'hex']) {
        await check(`${mode}, ${name}, .${extension}: same bytes`, async () => {
          await tool('sign', ...args, at(input), at(`theirs.${extension}`));
          await ours('sign', ...args, '--force', at(input), at(`ours.${extension}`));
          return sameBytes(`theirs.${extension}`, `ours.${extension}`);
        });
      }
      await check(`${mode}, ${name}, signed: same structure`, async () => {
        await tool('sign', ...args, '-k', at('auth.pem'), at(input), at('theirs.bin'));
        await ours('sign', ...args, '--force', '-k', at('auth.pem'), at(input), at('ours.bin'));
        return sameStructure(await fromDumpinfo('ours.bin'), await fromInspect('theirs.bin'));
      });
    }
  }
  await check('public key in full: same structure', async () => {
    for (const sign of [tool, ours]) await sign('sign', ...base, ...modes.overwrite, '-k', at('auth.pem'), '--public-key-format', 'full', app, at(sign === tool ? 'theirs.bin' : 'ours.bin'));
    return sameStructure(await fromDumpinfo('ours.bin'), await fromInspect('theirs.bin'));
  });
  await check('our .hex read by intelhex: the bytes of our .bin', async () => {
    // Without keys nothing is random: both files are of the same image.
    for (const extension of ['bin', 'hex']) await ours('sign', ...base, ...modes.swap, app, at(`ours.${extension}`));
    python('from intelhex import IntelHex; import sys; h = IntelHex(sys.argv[1]); h.padding = 0xff; open(sys.argv[2], "wb").write(h.tobinstr(start=h.minaddr(), end=h.maxaddr()))', at('ours.hex'), at('intelhex.bin'));
    return sameBytes('ours.bin', 'intelhex.bin');
  });
  if (spawnSync('srec_cat', ['--version']).error === undefined) {
    await check('our .hex read by srec_cat: the bytes of our .bin', async () => {
      execFileSync('srec_cat', [at('ours.hex'), '-intel', '-offset', '-0x90200000', '-fill', '0xff', '0', slot, '-o', at('srec.bin'), '-binary'], { timeout: deadlineMs });
      return sameBytes('ours.bin', 'srec.bin');
    });
  } else console.log('srec_cat is not installed: not compared with it');
} finally {
  server.stdin.end();
  rmSync(folder, { recursive: true, force: true });
}

for (const failure of failures) console.error(`imgtool interop: ${failure}`);
console.log(`imgtool ${found.stdout.trim()}: ${checks - failures.length} of ${checks} checks agree`);
process.exit(failures.length === 0 && checks > 0 ? 0 : 1);
