import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { lineCrc, parseFixtureLine, speaksProtocol } from './fixture-line.js';
import { readFault } from './fault-report.js';
import { withCrc } from './testing/scripted-board.js';

describe('lines of the console protocol', () => {
  it('the CRC-32 check value of "123456789" → cbf43926', () => expect(lineCrc('123456789')).toBe('cbf43926'));

  it.each([
    ['@7 ok value=0x00000001', { kind: 'ok', seq: 7, fields: { value: '0x00000001' } }],
    ['@7 ok', { kind: 'ok', seq: 7, fields: {} }],
    ['@12 error code=bad-argument', { kind: 'error', seq: 12, fields: { code: 'bad-argument' } }],
    ['$rot-hil fixture=app version=1.0.0', { kind: 'banner', seq: 0, fields: { fixture: 'app', version: '1.0.0' } }],
    ['!irq name=ramecc monitor=0x52009020', { kind: 'interrupt', seq: 0, fields: { name: 'ramecc', monitor: '0x52009020' } }],
    ['!fault seq=3 exception=4', { kind: 'fault', seq: 3, fields: { seq: '3', exception: '4' } }],
    ['@5 ok h0=0x1:0x2:0x3', { kind: 'ok', seq: 5, fields: { h0: '0x1:0x2:0x3' } }],
  ])('%s → read', (text, line) => expect(parseFixtureLine(withCrc(text))).toEqual(line));

  it('a checksum in upper case → accepted', () => {
    expect(parseFixtureLine(withCrc('@7 ok').replace(/crc=.*/, (crc) => `crc=${crc.slice(4).toUpperCase()}`))).toMatchObject({ seq: 7 });
  });

  it('a banner behind a line that a reset cut short → the banner', () => {
    expect(parseFixtureLine(`@7 ok value=0x000000ff cr${withCrc('$rot-hil fixture=app version=1.0.0')}`)).toEqual({ kind: 'banner', seq: 0, fields: { fixture: 'app', version: '1.0.0' } });
  });

  it.each([
    ['a damaged banner behind one', `@7 ok va${withCrc('$rot-hil fixture=app version=1.0.0').replace('1.0.0', '1.0.1')}`],
    ['one changed digit', withCrc('@7 ok value=0x00000001').replace('0x00000001', '0x00000003')],
    ['an answer of no known kind', withCrc('@7 maybe')],
  ])('%s → corrupt', (_, text) => expect(parseFixtureLine(text)).toBe('corrupt'));

  it.each(['[INF] Starting bootloader OEMiROT', '@7 ok value=0x0000', '', 'hello crc=00000000', '@ 7 ok'])('%j → no line of the protocol', (text) =>
    expect(parseFixtureLine(text)).toBeUndefined(),
  );
});

describe('fault lines', () => {
  const fields = { exception: '4', cfsr: '0x00000082', hfsr: '0x00000000', mmfar: '0x70000400', bfar: '0x00000000', pc: '0x700014dc', lr: '0x70001f81', xpsr: '0x61000000', psr_priv: '1' };

  it('a MemManage fault → its name, its flags and its address', () => {
    expect(readFault(fields)).toMatchObject({ name: 'MemManage', flags: ['DACCVIOL', 'MMARVALID'], mmfar: 0x70000400, privileged: true });
  });

  it('usage fault bits of the upper half → named', () => {
    expect(readFault({ ...fields, exception: '6', cfsr: '0x02010000' })).toMatchObject({ name: 'UsageFault', flags: ['UNDEFINSTR', 'DIVBYZERO'] });
  });

  it('a missing field → bad-answer, the application is at fault', () => {
    const { pc, ...rest } = fields;
    expect(pc).toBeDefined();
    expect(() => readFault(rest)).toThrow(expect.objectContaining({ code: 'bad-answer', kind: 'subject' }));
  });
});

describe('speaksProtocol', () => {
  it('the prebuilt fixture → does; a program that prints something else → does not', () => {
    expect(speaksProtocol(readFileSync(new URL('../../firmware-fixtures/prebuilt/app-1.0.0.elf', import.meta.url)))).toBe(true);
    expect(speaksProtocol(readFileSync(new URL('../../firmware-fixtures/prebuilt/app-silent.elf', import.meta.url)))).toBe(false);
  });
});
