import { describe, expect, it } from '@jest/globals';
import { UnmodelledAccess } from '../ports.js';
import { testPorts } from './testing/ports.js';
import { Xspi, Xspim } from './xspi.js';

const CR = 0x00;
const DCR1 = 0x08;
const SR = 0x20;
const FCR = 0x24;
const AR = 0x48;
const DR = 0x50;
const CCR = 0x100;
const IR = 0x110;
const EN = 1;
const indirectRead = 1 << 28;
const memoryMapped = 3 << 28;

describe('XSPI', () => {
  it('configured for memory-mapped reads → registers keep it, no command goes out', () => {
    const xspi = new Xspi('XSPI1', testPorts());
    xspi.write(DCR1, 0x01190000, 4);
    xspi.write(CR, EN | memoryMapped, 4);
    xspi.write(CCR, 0x2c003c3c, 4);
    xspi.write(IR, 0xee11, 4);
    expect([xspi.read(DCR1, 4), xspi.read(IR, 4), xspi.read(SR, 4)]).toEqual([0x01190000, 0xee11, 0]);
  });

  it('a command without address or data → stops with its opcode at IR', () => {
    const xspi = new Xspi('XSPI2', testPorts());
    xspi.write(CR, EN, 4);
    xspi.write(CCR, 1, 4);
    expect(() => xspi.write(IR, 0x06, 4)).toThrow(new UnmodelledAccess('XSPI2 command 0x6', 0x5200a110));
  });

  it('a command with an address → stops at AR; one that writes data → at DR', () => {
    const read = new Xspi('XSPI1', testPorts());
    read.write(CR, EN | indirectRead, 4);
    read.write(CCR, 1 | (1 << 8) | (1 << 24), 4);
    read.write(IR, 0x03, 4);
    expect(() => read.write(AR, 0, 4)).toThrow('XSPI1 command 0x3');
    const write = new Xspi('XSPI1', testPorts());
    write.write(CR, EN, 4);
    write.write(CCR, 1 | (1 << 8) | (1 << 24), 4);
    write.write(IR, 0x02, 4);
    write.write(AR, 0, 4);
    expect(() => write.write(DR, 0, 4)).toThrow('XSPI1 command 0x2');
  });

  it('abort → done at once, with its interrupt where enabled; FCR clears it', () => {
    const ports = testPorts();
    const xspi = new Xspi('XSPI1', ports);
    xspi.write(CR, EN | memoryMapped | 2 | (1 << 17), 4);
    expect([xspi.read(CR, 4) & 2, xspi.read(SR, 4), ports.active.has(105)]).toEqual([0, 2, true]);
    xspi.write(FCR, 2, 4);
    expect([xspi.read(SR, 4), ports.active.has(105)]).toEqual([0, false]);
  });

  it('XSPIM → its control register keeps what has a meaning', () => {
    const xspim = new Xspim();
    xspim.write(0, 0xffffffff, 4);
    expect(xspim.read(0, 4)).toBe(0x00ff0073);
    expect(() => xspim.read(4, 4)).toThrow(UnmodelledAccess);
  });
});
