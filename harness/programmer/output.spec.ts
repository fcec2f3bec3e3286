import { describe, expect, it } from '@jest/globals';
import { ToolOutput, cleanLine, isErrorLine } from './output.js';

describe('lines of the tool', () => {
  it.each([
    ['a time stamp', '14:50:52:908 Device ID   : 0x485', 'Device ID   : 0x485'],
    ['a time stamp with a colon', '  14:50:52:908 : Device ID   : 0x485', 'Device ID   : 0x485'],
    ['colours', '\x1b[31mError: No STM32 target found!\x1b[0m', 'Error: No STM32 target found!'],
    ['an operating system command', '\x1b]0;title\x07Memory Programming ...', 'Memory Programming ...'],
    ['control characters', 'Mass\x00 erase\x08 ...', 'Mass erase ...'],
    ['a bar before text', '██████ 50% Error: target lost', 'Error: target lost'],
    ['a duration at its end', 'Time elapsed during download operation: 00:00:06.701', 'Time elapsed during download operation: 00:00:06.701'],
  ])('%s → only the text', (_, raw, text) => expect(cleanLine(raw)).toBe(text));

  it.each(['██████████ 100%', '▒▒▒▒', ' 47%', '==== 30%', '======', '   ', '\x1b[2K'])('%j → no line', (raw) => expect(cleanLine(raw)).toBeUndefined());

  it.each([
    'Error: failed to download the File',
    'ERROR : target not connected',
    'ST-LINK error (DEV_USB_COMM_ERR)',
    'Warning: x, Error: y',
  ])('%j → an error line', (line) => expect(isErrorLine(line)).toBe(true));

  it.each([
    'File          : /tmp/Error: x.hex',
    'Opening and parsing file: error: 1.hex',
    'Verification error count is zero',
    'Secure Data Provisioning Start. OBK Input file : error:.obk',
    'Warning: Option Byte: X, value: 0x0, was not modified.',
  ])('%j → not an error line', (line) => expect(isErrorLine(line)).toBe(false));
});

describe('output of a call', () => {
  it('text in pieces, CR redraws and two streams → whole lines of each', () => {
    const output = new ToolOutput();
    output.add('stdout', 'Download in Pro');
    output.add('stderr', 'warn');
    output.add('stdout', 'gress:\r\n██ 10%\r████ 20%\rError: lost\r');
    output.add('stderr', 'ing\n');
    output.add('stdout', 'the end');
    output.end();
    expect(output.lines).toEqual(['Download in Progress:', 'Error: lost', 'warning', 'the end']);
    expect(output.errorLines).toEqual(['Error: lost']);
  });

  it('300000 lines with one error in the middle → bounded memory, and the error is known', () => {
    const output = new ToolOutput();
    for (let n = 0; n < 300_000; n++) output.add('stdout', n === 150_000 ? 'Error: in the middle\n' : `row ${n}\n`);
    output.end();
    expect(output.lines.length).toBeLessThan(6001);
    expect(output.lines[0]).toBe('row 0');
    expect(output.lines.at(-1)).toBe('row 299999');
    expect(output.dropped + output.lines.length).toBe(300_000);
    expect(output.errorLines).toEqual(['Error: in the middle']);
  });

  it('a line without end → cut in pieces of at most 4096 characters', () => {
    const output = new ToolOutput();
    for (let n = 0; n < 100; n++) output.add('stdout', 'x'.repeat(1000));
    output.end();
    expect(Math.max(...output.lines.map((line) => line.length))).toBeLessThanOrEqual(4096);
  });
});
