import { readFileSync, statSync } from 'node:fs';
import type { DiscoveryReport } from '../protocol.js';
import type { PrintLine } from './output.js';
import type { Session } from './session.js';
import { ToolError } from './tool-error.js';

/** RSS's words for a sound and a missing credential (RSSLIB_SUCCESS, RSSLIB_ERROR of the device header). */
const integrity = { sound: '0xeaeaeaea', missing: '0xf5f5f5f5' } as const;
const fullRegressionBit = 14;
/**
 * Letters of `per=` and what the discovery calls a permission, by bit of the permission mask. Publicly seen is (a/14) ==> Full Regression;
 * unverified: the others.
 */
const permissions: readonly { readonly letter: string; readonly bit: number; readonly name: string }[] = [
  { letter: 'a', bit: fullRegressionBit, name: 'Full Regression' },
  { letter: 'b', bit: 12, name: 'Partial Regression' },
  { letter: 'd', bit: 2, name: 'Level 3 Intrusive Debug' },
  { letter: 'e', bit: 1, name: 'Level 2 Intrusive Debug' },
  { letter: 'f', bit: 0, name: 'Level 1 Intrusive Debug' },
  { letter: 'z', bit: 127, name: 'Forced Download' },
];
/** No key, chain or password file comes near this. */
const maximumFileBytes = 64 * 1024;

/** `debugauth=2`. Rows: public logs of discoveries, STM32CubeProgrammer 2.13 to 2.22. */
export async function discover(session: Session, print: PrintLine): Promise<void> {
  const report = await openAndDiscover(session, print);
  if (report.lifeCycle === 'LOCKED') print('discovery: no permission can be granted');
  print('Debug Authentication: Discovery Success');
  print();
}

async function openAndDiscover(session: Session, print: PrintLine): Promise<DiscoveryReport> {
  print('Open SDM Lib');
  print('SDMOpen                  : 602 : open         : SDM API v1.0');
  print('SDMOpen                  : 603 : open         : SDM Library version v1.1.0');
  print('open_comms               : 495 : open         : Asserting target reset');
  print('open_comms               : 499 : open         : Writing magic number');
  print('open_comms               : 509 : open         : De-asserting target reset');
  const report = await session.request('discover', {});
  print('open_comms               : 561 : open         : Communication with the target established successfully');
  print();
  const row = (name: string, value: string, width = 32): void => {
    print(`discovery: ${name.padEnd(width, '.')}:${value}`);
  };
  row('target ID', `0x${report.targetId.toString(16)}`);
  row('SoC ID', '0x' + (report.socId.match(/.{8}/g) ?? []).join('_'));
  row('SDA version', '2.4.0');
  row('Vendor ID', 'STMicroelectronics');
  row('PSA lifecycle', `ST_LIFECYCLE_${report.lifeCycle}`);
  row('PSA auth version', '1.0');
  row('ST HDPL1 status', '0x1');
  row('ST HDPL2 status', '0xffffffff');
  row('ST HDPL3 status', '0xffffffff');
  row('Token Formats', '0x200');
  row('Certificate Formats', '0x201');
  row('cryptosystems', report.credential === 'password' ? 'ST Password' : 'Ecdsa-P256 SHA256');
  row('ST provisioning integrity status', report.credential === 'none' ? integrity.missing : integrity.sound);
  for (const permission of grantable(report)) row('permission if authorized', `(${permission.letter}/${String(permission.bit)}) ==> ${permission.name}`, 35);
  return report;
}

const grantable = (report: DiscoveryReport): typeof permissions => permissions.filter(({ bit }) => report.permissions.includes(bit));

/** `debugauth=1 per=a key=… cert=…` or `pwd=…`; with both the device's own method decides. */
export async function authenticate(session: Session, parameters: ReadonlyMap<string, string>, print: PrintLine): Promise<void> {
  const [key, cert, pwd] = ['key', 'cert', 'pwd'].map((name) => parameters.get(name));
  if ((key === undefined || cert === undefined) && pwd === undefined) throw new ToolError('Wrong debug authentication usage: key and cert, or pwd, are needed');
  const report = await openAndDiscover(session, print);
  const withPassword = pwd !== undefined && (report.credential === 'password' || key === undefined || cert === undefined);
  const permission = await wantedPermission(parameters.get('per'), report, withPassword, print);
  const failed = (reason: string): ToolError => {
    print(`SDMAuthenticate          : 360 : client       : Authentication failed: ${reason}`);
    return new ToolError('Debug Authentication Failed');
  };
  if (withPassword) {
    const password = await passwordIn(pwd);
    await session.request('authenticate', { permission, password }, (refusal) => failed(refusal.message));
  } else {
    const { challenge } = await session.request('challenge', {});
    const { chain, token } = await signed(challenge, key!, cert!);
    await session.request('authenticate', { permission, chain, token }, (refusal) => failed(refusal.message));
  }
  print('SDMAuthenticate          : 407 : client       : Authentication successful');
  print('SDMAuthenticate: Authentication successful');
  print('Debug Authentication Success');
  print();
}

/** A password opens for the full regression; with a certificate and without `per=` the tool asks. */
async function wantedPermission(per: string | undefined, report: DiscoveryReport, withPassword: boolean, print: PrintLine): Promise<number> {
  if (per === undefined && withPassword) return fullRegressionBit;
  let answer = per;
  if (answer === undefined) {
    print('Please choose a permission:');
    for (const { letter, name } of grantable(report)) print(`  ${letter} ==> ${name}`);
    const { createInterface } = await import('node:readline/promises');
    const lines = createInterface({ input: process.stdin });
    answer = '';
    for await (const line of lines) {
      answer = line.trim();
      break;
    }
    lines.close();
    process.stdin.destroy();
  }
  const known = permissions.find(({ letter, bit }) => letter === answer.toLowerCase() || String(bit) === answer);
  if (known === undefined) throw new ToolError(`Wrong permission: ${answer.slice(0, 20)}`);
  return known.bit;
}

async function passwordIn(file: string): Promise<string> {
  const { readPasswordFile } = await import('../../keys/index.js');
  try {
    return Buffer.from(readPasswordFile(read(file))).toString('base64');
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`Wrong password file: ${file}`, 'Debug Authentication Failed');
  }
}

/** The chain, and the challenge signed with the leaf's key, which stays here. */
async function signed(challenge: string, keyFile: string, chainFile: string): Promise<{ readonly chain: string; readonly token: string }> {
  const [keyText, chain] = [read(keyFile), read(chainFile)];
  const [{ readPrivateKeyPem }, { nativeEngine, sha256 }] = await Promise.all([import('../../keys/index.js'), import('../../image/index.js')]);
  try {
    const key = readPrivateKeyPem(keyText.toString('utf8'));
    const message = Buffer.from(challenge, 'base64');
    const engine = nativeEngine();
    const token = engine.sign(key, { digest: sha256(engine, message), parts: [message] });
    return { chain: chain.toString('base64'), token: Buffer.from(token).toString('base64') };
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`Wrong key file: ${keyFile}`, 'Debug Authentication Failed');
  }
}

function read(file: string): Buffer {
  try {
    if (statSync(file).size > maximumFileBytes) throw new ToolError(`The file is too long: ${file}`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`File does not exist: ${file}`);
  }
}
