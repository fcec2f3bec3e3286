import { describe, expect, it } from '@jest/globals';
import { parseConnection, parseOptionBytes, parseProbes, parseVersion } from './parse.js';

describe('version of the tool', () => {
  it.each([
    [['                        STM32CubeProgrammer v2.21.0'], '2.21.0'],
    [['STM32CubeProgrammer version: 2.4.0'], '2.4.0'],
    [['something else'], null],
  ])('%j → %j', (lines, version) => expect(parseVersion(lines)).toBe(version));
});

describe('list of probes', () => {
  it('two probes, one stand-alone → both, in order', () => {
    const lines = [
      '-------- Connected ST-LINK Probes List --------',
      'ST-Link Probe 0 :',
      '   ST-LINK SN  : 50FF6D065052784825260567',
      '   ST-LINK FW  : V2J47S7',
      '   Access Port Number  : 2',
      '   Board Name  : STM32H7S78-DK',
      'ST-Link Probe 1 :',
      '   ST-LINK SN  : 066BFF545253675187212436',
      '   ST-LINK FW  : V3J15M7',
      '   Access Port Number  : 1',
      '   Board Name  : --',
    ];
    expect(parseProbes(lines)).toEqual([
      { sn: '50FF6D065052784825260567', firmware: 'V2J47S7', board: 'STM32H7S78-DK' },
      { sn: '066BFF545253675187212436', firmware: 'V3J15M7', board: null },
    ]);
  });

  it('a serial number of garbage → no probe', () => {
    expect(parseProbes(['ST-LINK SN : 7\u00ffpMN85)C', 'ST-LINK FW : V2J29S7'])).toEqual([]);
  });
});

describe('connection', () => {
  it('the rows of v2.21 → typed fields', () => {
    const lines = ['ST-LINK SN  : 50FF', 'ST-LINK FW  : V2J47S7', 'Board       : --', 'Voltage     : 3.26V', 'Device ID   : 0x485', 'Revision ID : Rev Y', 'Device name : STM32H7RSxx'];
    expect(parseConnection(lines)).toEqual({
      probeSn: '50FF',
      probeFirmware: 'V2J47S7',
      board: null,
      voltage: 3.26,
      deviceId: 0x485,
      deviceName: 'STM32H7RSxx',
      revision: 'Rev Y',
    });
  });

  it('nothing printed → all null', () => {
    expect(Object.values(parseConnection([]))).toEqual([null, null, null, null, null, null, null]);
  });
});

describe('option bytes', () => {
  it('rows with and without explanation, headings between → names and values; the device id is not one', () => {
    const values = parseOptionBytes([
      'Device ID   : 0x485',
      'UPLOADING OPTION BYTES DATA ...',
      '  Bank          : 0x00',
      '  Address       : 0x5200201c',
      '  Size          : 308 Bytes',
      'OPTION BYTES BANK: 0',
      '   Write protection:',
      '     WRPS0        : 0x0  (Protection on)',
      '     HDP_AREA_END : 0xFF',
    ]);
    expect([...values]).toEqual([
      ['WRPS0', 0],
      ['HDP_AREA_END', 0xff],
    ]);
  });
});
