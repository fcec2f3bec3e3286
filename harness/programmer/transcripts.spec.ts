import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { positiveLines } from './actions.js';
import { judgeCall } from './call-errors.js';
import { ToolOutput } from './output.js';
import { parseDiscovery } from './discovery-report.js';
import { parseConnection, parseOptionBytes, parseVersion } from './parse.js';
import type { ToolAction } from './request.js';

const download: ToolAction = { do: 'download', file: 'x.hex', verify: true };
const options: ToolAction = { do: 'write-option-bytes', values: { WRPS0: 1 } };
const obk: ToolAction = { do: 'provision-obk', file: 'x.obk' };

function read(text: string): ToolOutput {
  const output = new ToolOutput();
  output.add('stdout', text);
  output.end();
  return output;
}

/** The code of the error that the call ends with; `ok` for success. */
function verdict(action: ToolAction, text: string, exitCode = 0): string {
  const call = { arguments: [], changesState: true, positive: positiveLines([action]), deadlineMs: 1000 };
  return judgeCall('tool', call, { outcome: 'exited', exitCode, output: read(text), durationMs: 1 })?.code ?? 'ok';
}

const downloaded = (version: string, size: string, bar: string, rows: readonly string[] = []): readonly string[] => [
  '      -------------------------------------------------------------------',
  `                        STM32CubeProgrammer v${version}`,
  '      -------------------------------------------------------------------',
  '',
  'ST-LINK SN  : 50FF6D065052784825260567', 'ST-LINK FW  : V2J47S7', ...rows,
  'Voltage     : 3.26V', 'SWD freq    : 4000 KHz', 'Connect mode: Hot Plug', 'Reset mode  : Software reset', 'Device ID   : 0x485', 'Revision ID : Rev Y',
  'Memory Programming ...', 'Opening and parsing file: x.hex', '  File          : x.hex', `  Size          : ${size}`, '  Address       : 0x08000000', '',
  'Erasing memory corresponding to segment 0:', 'Erasing internal memory sectors [0 3]', 'Download in Progress:', bar, '',
  'File download complete', 'Time elapsed during download operation: 00:00:06.701', '',
  'Verifying ...', '', 'Read progress:', bar, 'Download verified successfully',
];
const blocks = `${'█'.repeat(50)} 100%`;
const old = downloaded('2.4.0', '25104 Bytes', '='.repeat(50));
const late = downloaded('2.23.0', '24.51 KB', blocks, ['Board       : --']);

describe('transcripts by version', () => {
  it.each([
    ['2.4.0, bar of equals signs, no board row', old.join('\n')],
    ['2.23.0, bar of blocks, board row', late.join('\n')],
    ['lines that end in CR LF', late.join('\r\n')],
    ['a time before every line', late.map((line, n) => `14:50:52:${String(100 + n)} ${line}`).join('\n')],
    ['a time and a colon before every line', late.map((line) => `14:50:52:908 : ${line}`).join('\n')],
    ['colours', late.map((line) => `\x1b[32m${line}\x1b[0m`).join('\n')],
    ['a bar redrawn with CR', late.join('\n').replaceAll(blocks, `\r█ 2%\r${'█'.repeat(25)} 50%\r${blocks}`)],
    ['the bar and the next line without a line end between', late.join('\n').replaceAll(`${blocks}\n\n`, `${blocks} `)],
  ])('%s → the same facts, success', (_form, text) => {
    expect(verdict(download, text)).toBe('ok');
    const { lines } = read(text);
    expect(parseVersion(lines)).toMatch(/^2\.(4|23)\.0$/);
    expect(parseConnection(lines)).toMatchObject({ probeSn: '50FF6D065052784825260567', board: null, voltage: 3.26, deviceId: 0x485, revision: 'Rev Y' });
  });

  it.each([
    ['an error before the positive lines', download, ['Error: failed to erase memory', ...late], 'tool-failed'],
    ['an error redrawn over by a bar', download, [...late, `\rError: Data mismatch found\r${blocks}`], 'verify-failed'],
    ['an error with time and colour', download, [...late, '14:50:52:908 \x1b[31mError: No STM32 target found!\x1b[0m'], 'target-unreachable'],
    ['no verification', download, late.slice(0, -1), 'tool-unclear'],
    ['a file that is called like the positive line', download, [...late.slice(0, -1), '  File          : Download verified successfully'], 'tool-unclear'],
    ['an option byte that kept its value, then done', options, ['Error: Expected value for Option Byte "WRPS0": 0x0, found: 0x1', 'Option Bytes successfully programmed'], 'option-byte-refused'],
    ['OBKeys of a wrong size, then done', obk, ['Error: RSSLIB_SETOBKEY_BAD_SIZE', 'OBKey Provisioned successfully'], 'obk-bad-size'],
    ['an OBKey file that is called like the positive line', obk, ['Secure Data Provisioning Start. OBK Input file : OBKey Provisioned successfully'], 'tool-unclear'],
  ] as const)('%s, status 0 → no success', (_what, action, lines, code) => {
    expect(verdict(action, lines.join('\n'))).toBe(code);
  });

  it('option bytes and OBKeys with their positive line → success; with status 1 none', () => {
    expect(verdict(options, 'PROGRAMMING OPTION BYTES AREA ...\nOption Bytes successfully programmed')).toBe('ok');
    expect(verdict(obk, `Secure Data Provisioning Start. OBK Input file : x.obk\n${blocks}\nOBKey Provisioned successfully`)).toBe('ok');
    expect(verdict(obk, 'OBKey Provisioned successfully', 1)).toBe('tool-failed');
  });
});

/** The other transcripts of cubeprogrammer's versions: what each call prints when it did what it was asked. */
const shown = ['UPLOADING OPTION BYTES DATA ...', '  Bank          : 0x00', '  Address       : 0x52002000', '  Size          : 308 Bytes', blocks, 'OPTION BYTES BANK: 0', '   Write protection:', '     WRPS0        : 0x0  (Protection on)', '     HDP_AREA_END : 0xFF'];
const discovered = [
  'Start Debug Authentication Sequence', 'Open SDM Lib', 'SDMOpen : 602 : open : SDM API v1.0', 'open_comms : 495 : open : Asserting target reset', 'discovery: target ID.......................:0x485',
  'discovery: PSA lifecycle...................:ST_LIFECYCLE_CLOSED', 'discovery: ST provisioning integrity status:0xeaeaeaea', 'discovery: permission if authorized...........:(a/14) ==> Full Regression', 'Debug Authentication: Discovery Success',
];
const others: readonly (readonly [string, ToolAction, readonly string[]])[] = [
  ['option bytes shown', { do: 'read-option-bytes' }, shown],
  ['option bytes written', options, ['PROGRAMMING OPTION BYTES AREA ...', blocks, 'OPTION BYTE PROGRAMMING VERIFICATION:', 'Option Bytes successfully programmed']],
  ['an OBKey provisioned', obk, ['Secure Data Provisioning Start. OBK Input file : x.obk', blocks, 'OBKey Provisioned successfully']],
  ['a discovery', { do: 'discover' }, discovered],
  ['a regression', { do: 'regress', credential: { method: 'password', password: 'x.bin' } }, [...discovered.slice(0, 4), 'SDMAuthenticate: Authentication successful', 'Debug Authentication Success']],
];
const forms: readonly (readonly [string, (lines: readonly string[]) => string])[] = [
  ['plain', (lines) => lines.join('\n')],
  ['CR LF', (lines) => lines.join('\r\n')],
  ['times', (lines) => lines.map((line, n) => `14:50:52:${String(100 + n)} ${line}`).join('\n')],
  ['colours', (lines) => lines.map((line) => `\x1b[32m${line}\x1b[0m`).join('\n')],
  ['times and colours', (lines) => lines.map((line) => `14:50:52:908 \x1b[36m${line}\x1b[0m`).join('\r\n')],
  ['a bar of equals signs, redrawn', (lines) => lines.join('\n').replaceAll(blocks, `\r==== 10%\r${'='.repeat(50)} 100%`)],
];

describe.each(forms)('printed with %s', (_form, print) => {
  it.each(others)('%s → success; without its last line none', (_what, action, lines) => {
    expect(verdict(action, print([...late.slice(0, 12), ...lines]))).toBe('ok');
    if (action.do !== 'read-option-bytes') expect(verdict(action, print([...late.slice(0, 12), ...lines.slice(0, -1)]))).not.toBe('ok');
    expect(verdict(action, print([...late.slice(0, 12), ...lines, 'Error: No response from the target']))).not.toBe('ok');
  });

  it('option bytes and discovery → the same values', () => {
    expect([...parseOptionBytes(read(print([...late.slice(0, 12), ...shown])).lines)]).toEqual([['WRPS0', 0], ['HDP_AREA_END', 0xff]]);
    expect(parseDiscovery(read(print(discovered)).lines)).toMatchObject({ lifeCycle: 'CLOSED', integrity: 0xeaeaeaea, targetId: 0x485 });
  });
});

describe('any output', () => {
  const piece = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom(...late.slice(0, -1)), fc.constantFrom('done successfully', 'Download ', 'successfully', '\r', '\n', '\x1b[', '100%', blocks, '14:50:52:908 '));

  it('without the positive line → never success', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        fc.pre(!/verified/i.test(text));
        expect(verdict(download, text)).not.toBe('ok');
      }),
      { numRuns: 1500 },
    );
  });

  it('of any other call without its positive line → never success', () => {
    fc.assert(
      fc.property(fc.constantFrom(...others), fc.array(piece, { maxLength: 30 }), ([, action], pieces) => {
        const text = pieces.join('');
        fc.pre(!positiveLines([action]).every((line) => line.test(text)));
        expect(verdict(action, text)).not.toBe('ok');
      }),
      { numRuns: 1500 },
    );
  });

  it('with every positive line and an error line somewhere → never success', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.array(piece, { maxLength: 20 }), fc.constantFrom('\n', '\r', '\r\n'), (before, after, end) => {
        const text = [...late, before.join(''), 'Error: failed to download Segment[0]', after.join(''), ...late].join(end);
        expect(verdict(download, text)).not.toBe('ok');
      }),
      { numRuns: 800 },
    );
  });
});
