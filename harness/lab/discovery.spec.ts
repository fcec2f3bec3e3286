import { mkdtempSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { FakeTool } from '../programmer/testing/fake-tool.js';
import { fakeTool } from '../programmer/testing/fake-tool.js';
import { discover, kitOfBoardName, labFileBlock, linuxPorts } from './discovery.js';
import { loadLabFile } from './lab-file/index.js';
import { sameSerialNumber } from './serial-number.js';

const PROBES = `if (args[0] === '--version') say('STM32CubeProgrammer version: 2.21.0');
  else { say('ST-Link Probe 0 :'); say('   ST-LINK SN  : 0050FF6D06'); say('   ST-LINK FW  : V2J47S7'); say('   Board Name  : STM32H7S78-DK');
         say('ST-Link Probe 1 :'); say('   ST-LINK SN  : AABB'); say('   ST-LINK FW  : V3J15M6'); say('   Board Name  : --'); }`;
let folder: string;
let tool: FakeTool | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-discover-'));
});
afterEach(() => {
  tool?.remove();
  tool = undefined;
  rmSync(folder, { recursive: true, force: true });
});

describe('what is attached', () => {
  it('two probes and the port of one → matched by serial number, kit by the board name', async () => {
    tool = fakeTool(PROBES);
    const port = join(folder, 'ttyACM0');
    writeFileSync(port, '');
    const attached = await discover({ tool: tool.path, listPorts: async () => [{ path: port, serialNumber: '50ff6d06', vendorId: '0483', manufacturer: 'STMicroelectronics' }, { path: '/dev/ttyS0' }] });
    expect(attached).toMatchObject({
      tool: { version: '2.21.0' },
      probes: [
        { sn: '0050FF6D06', kit: 'stm32h7s78-dk', port },
        { sn: 'AABB', kit: null, port: null },
      ],
      ports: [{ path: port, accessible: true, vendorId: '0483', productId: null }],
      problems: [],
    });
    expect(attached.ports).toHaveLength(1);
  });

  it('no tool → its problem, and the ports all the same', async () => {
    const attached = await discover({ tool: join(folder, 'none'), listPorts: async () => [{ path: join(folder, 'absent'), serialNumber: 'X' }] });
    expect(attached).toMatchObject({ tool: null, probes: [], ports: [{ accessible: false }], problems: [{ code: 'tool-missing' }] });
  });

  it('ports that cannot be listed → a problem, and the probes all the same', async () => {
    tool = fakeTool(PROBES);
    const attached = await discover({ tool: tool.path, listPorts: () => Promise.reject(new Error('no udev')) });
    expect(attached.probes).toHaveLength(2);
    expect(attached.problems).toHaveLength(1);
  });

  it('a Linux without udevadm → ports by their links, with the serial number of the ST-LINK', async () => {
    const links = join(folder, 'by-id');
    mkdirSync(links);
    writeFileSync(join(folder, 'ttyACM7'), '');
    symlinkSync(join(folder, 'ttyACM7'), join(links, 'usb-STMicroelectronics_STLINK-V3_0050FF6D06-if02'));
    expect(await linuxPorts(links)).toEqual([{ path: join(folder, 'ttyACM7'), manufacturer: 'STMicroelectronics', serialNumber: '0050FF6D06' }]);
    expect(await linuxPorts(join(folder, 'none'))).toEqual([]);
  });

  it.each([
    ['0050FF', '50ff', true],
    ['50FF', '50FE', false],
  ])('serial numbers %s and %s → %s', (one, other, same) => expect(sameSerialNumber(one, other)).toBe(same));

  it.each([
    ['STM32H7S78-DK', 'stm32h7s78-dk'],
    ['stm32h7s78-dk', 'stm32h7s78-dk'],
    ['NUCLEO-F411RE', null],
    [null, null],
  ])('board name %j → kit %j', (name, kit) => expect(kitOfBoardName(name)).toBe(kit));
});

describe('the lab-file block', () => {
  it('two probes → YAML with what is known', () => {
    const probes = [
      { sn: '0050', firmware: null, board: null, kit: 'stm32h7s78-dk', port: '/dev/ttyACM0' },
      { sn: '12E4', firmware: null, board: null, kit: null, port: null },
    ];
    expect(parse(labFileBlock({ probes }))).toEqual({
      benches: [
        { name: 'stm32h7s78-dk-1', kit: 'stm32h7s78-dk', probe: { sn: '0050' }, console: { path: '/dev/ttyACM0', baudRate: 115200 } },
        { name: 'board-2', probe: { sn: '12E4' }, console: { baudRate: 115200 } },
      ],
    });
  });

  it('a probe that tells neither board nor port → the block says what is to be filled in, and the lab file names it until then', () => {
    const file = join(folder, 'x.lab.yaml');
    const block = labFileBlock({ probes: [{ sn: '12E4', firmware: null, board: null, kit: null, port: null }] });
    writeFileSync(file, block);
    expect(() => loadLabFile(file)).toThrow(expect.objectContaining({ code: 'lab-file', message: expect.stringContaining("x.lab.yaml:6: benches.0.console must have required property 'path'") }));
    writeFileSync(file, block.replace('# path: serial port of the board', 'path: COM7'));
    expect(() => loadLabFile(file)).toThrow(expect.objectContaining({ message: expect.stringContaining('x.lab.yaml:2: benches.0 (board-1) has no kit') }));
    writeFileSync(file, block.replace('# path: serial port of the board', 'path: COM7').replace(/# kit: (\S+) or .*/, 'kit: $1'));
    expect(loadLabFile(file).benches).toHaveLength(1);
  });

  it('pasted into a lab file → loads as it is, by a name of the port that stays', async () => {
    const links = join(folder, 'by-id');
    mkdirSync(links);
    const port = join(folder, 'ttyACM0');
    writeFileSync(port, '');
    symlinkSync(port, join(links, 'usb-STMicroelectronics_STLINK-V3_0050FF6D06-if02'));
    tool = fakeTool(PROBES);
    const attached = await discover({ tool: tool.path, links, listPorts: async () => [{ path: port, serialNumber: '0050FF6D06' }] });
    const file = join(folder, 'x.lab.yaml');
    writeFileSync(file, labFileBlock({ probes: attached.probes.slice(0, 1) }));
    expect(loadLabFile(file).benches).toEqual([expect.objectContaining({ name: 'stm32h7s78-dk-1', probeSn: '0050FF6D06', console: { path: join(links, 'usb-STMicroelectronics_STLINK-V3_0050FF6D06-if02'), baudRate: 115200 } })]);
  });

  it('no probe → nothing to paste', () => expect(labFileBlock({ probes: [] })).toBe(''));
});
