import { describe, expect, it } from '@jest/globals';
import { BusError, UnmodelledAccess } from '../ports.js';
import { Dma } from './dma.js';
import type { TestPorts } from './testing/ports.js';
import { testPorts } from './testing/ports.js';

const CLBAR = 0x50;
const CFCR = 0x5c;
const CSR = 0x60;
const CCR = 0x64;
const CTR1 = 0x90;
const CTR2 = 0x94;
const CBR1 = 0x98;
const CSAR = 0x9c;
const CDAR = 0xa0;
const CLLR = 0xcc;
const EN = 1;
const TC = 1 << 8;
const HT = 1 << 9;
const DTE = 1 << 10;
const SWREQ = 1 << 9;
const bothIncrement = (1 << 3) | (1 << 19);
const words = (2 << 0) | (2 << 16);
const irq = 39;
const memory = 0x24000000;

interface Fixture {
  readonly dma: Dma;
  readonly ports: TestPorts;
  readonly bytes: DataView;
  /** A peripheral that asks as long as this is above 0, and takes or gives a byte each time. */
  readonly line: { wanted: number; taken: number[] };
}

function fixture(): Fixture {
  const ports = testPorts();
  const bytes = new DataView(new ArrayBuffer(0x1000));
  const line = { wanted: 0, taken: [] as number[] };
  const dma: Dma = new Dma('GPDMA1', ports, {
    load(address, width) {
      const at = address - memory;
      if (at < 0 || at >= 0x1000) throw new BusError(address);
      return width === 4 ? bytes.getUint32(at, true) : width === 2 ? bytes.getUint16(at, true) : bytes.getUint8(at);
    },
    store(address, value, width) {
      if (address === 0x40004c28) {
        line.wanted -= 1;
        line.taken.push(value);
        dma.requested();
        return;
      }
      const at = address - memory;
      if (at < 0 || at >= 0x1000) throw new BusError(address);
      if (width === 4) bytes.setUint32(at, value, true);
      else if (width === 2) bytes.setUint16(at, value & 0xffff, true);
      else bytes.setUint8(at, value & 0xff);
    },
  }, new Map([[80, () => line.wanted > 0]]));
  for (let i = 0; i < 0x100; i += 1) bytes.setUint8(i, i);
  return { dma, ports, bytes, line };
}

/** Channel 0: `size` bytes from the start of the memory to 0x800. */
function copy(dma: Dma, size: number, transfer = words | bothIncrement): void {
  dma.write(CTR1, transfer, 4);
  dma.write(CTR2, SWREQ, 4);
  dma.write(CBR1, size, 4);
  dma.write(CSAR, memory, 4);
  dma.write(CDAR, memory + 0x800, 4);
}

describe('DMA', () => {
  it('memory to memory by software request → the copy, after some time, with half and complete and one interrupt', () => {
    const { dma, ports, bytes } = fixture();
    copy(dma, 64);
    dma.write(CCR, EN | TC, 4);
    expect([dma.read(CSR, 4) & 1, ports.active.has(irq)]).toEqual([0, false]);
    ports.advance(1000);
    expect(new Uint8Array(bytes.buffer, 0x800, 65)).toEqual(Uint8Array.from({ length: 65 }, (_, i) => (i < 64 ? i : 0)));
    expect(dma.read(CSR, 4)).toBe(1 | TC | HT);
    expect([ports.active.has(irq), dma.read(CCR, 4) & EN, dma.read(0x0c, 4)]).toEqual([true, 0, 1]);
    dma.write(CFCR, TC, 4);
    expect(ports.active.has(irq)).toBe(false);
  });

  it('a request line → a beat as often as it asks, the rest when it asks again', () => {
    const { dma, line } = fixture();
    dma.write(CTR1, 1 << 3, 4); // bytes, source counts up
    dma.write(CTR2, 80 | (1 << 10), 4);
    dma.write(CBR1, 5, 4);
    dma.write(CSAR, memory + 0x41, 4);
    dma.write(CDAR, 0x40004c28, 4);
    line.wanted = 2;
    dma.write(CCR, EN, 4);
    expect([line.taken, dma.read(CBR1, 4)]).toEqual([[0x41, 0x42], 3]);
    line.wanted = 100;
    dma.requested();
    expect([line.taken.length, dma.read(CSR, 4) & TC]).toEqual([5, TC]);
  });

  it('linked list that leads back to its first node → begins again each time, with an interrupt each', () => {
    const { dma, line, bytes } = fixture();
    const node = 0x200;
    // CTR1, CTR2, CBR1, CSAR, CDAR, CLLR to itself
    const link = ((2 ** 31 + (1 << 30) + (1 << 29) + (1 << 28) + (1 << 27) + (1 << 16)) >>> 0) + node;
    [1 << 3, 80 | (1 << 10), 3, memory + 0x61, 0x40004c28, link].forEach((value, i) => bytes.setUint32(node + 4 * i, value, true));
    dma.write(CLBAR, memory, 4);
    dma.write(CLLR, link, 4);
    dma.write(CCR, EN | TC, 4);
    line.wanted = 7;
    dma.requested();
    expect(line.taken).toEqual([0x61, 0x62, 0x63, 0x61, 0x62, 0x63, 0x61]);
    expect([dma.read(CCR, 4) & EN, dma.read(CBR1, 4)]).toEqual([EN, 2]);
  });

  it('widths that differ → packed, zero extended or cut, as PAM says', () => {
    const packed = fixture();
    copy(packed.dma, 8, bothIncrement | (2 << 16) | (2 << 11));
    packed.dma.write(CCR, EN, 4);
    packed.ports.advance(1000);
    expect([packed.bytes.getUint32(0x800, true), packed.bytes.getUint32(0x804, true)]).toEqual([0x03020100, 0x07060504]);
    const extended = fixture();
    copy(extended.dma, 2, bothIncrement | (2 << 16));
    extended.dma.write(CCR, EN, 4);
    extended.ports.advance(1000);
    expect([extended.bytes.getUint32(0x800, true), extended.bytes.getUint32(0x804, true)]).toEqual([0, 1]);
    const cut = fixture();
    copy(cut.dma, 8, bothIncrement | 2);
    cut.dma.write(CCR, EN, 4);
    cut.ports.advance(1000);
    expect([cut.bytes.getUint8(0x800), cut.bytes.getUint8(0x801)]).toEqual([0, 4]);
  });

  it('source where nothing answers → transfer error, channel off', () => {
    const { dma, ports } = fixture();
    copy(dma, 8);
    dma.write(CSAR, 0x10, 4);
    dma.write(CCR, EN | DTE, 4);
    ports.advance(1000);
    expect([dma.read(CSR, 4), dma.read(CCR, 4) & EN, ports.active.has(irq)]).toEqual([1 | DTE, 0, true]);
  });

  it('suspended and reset, as HAL_DMA_Abort does → flag, then idle, nothing more is moved', () => {
    const { dma, ports, bytes } = fixture();
    copy(dma, 8);
    dma.write(CCR, EN, 4);
    dma.write(CCR, EN | 4, 4);
    expect(dma.read(CSR, 4) & (1 << 13)).not.toBe(0);
    dma.write(CCR, EN | 4 | 2, 4);
    ports.advance(1000);
    expect([dma.read(CSR, 4), dma.read(CCR, 4), bytes.getUint32(0x800, true)]).toEqual([1, 0, 0]);
  });

  it('a request that no modelled peripheral makes, a trigger, link step mode → stops by name', () => {
    const { dma } = fixture();
    copy(dma, 8);
    dma.write(CTR2, 3, 4);
    expect(() => dma.write(CCR, EN, 4)).toThrow(new UnmodelledAccess('GPDMA1 request 3', 0x40021094));
    const triggered = fixture().dma;
    copy(triggered, 8);
    triggered.write(CTR2, SWREQ | (1 << 24), 4);
    expect(() => triggered.write(CCR, EN, 4)).toThrow('trigger');
    expect(() => fixture().dma.write(CCR, EN | (1 << 16), 4)).toThrow('link step mode');
  });
});

describe('data handling', () => {
  /** 8 bytes 0xb0 … 0xb7 in words, or as `widths` says, moved by software; what ST's DMA_DataHandling example expects (NUCLEO-H7S3L8). */
  function moved(control: number): number[] {
    const { dma, ports, bytes } = fixture();
    for (let i = 0; i < 8; i += 1) bytes.setUint8(i, 0xb0 + i);
    dma.write(CTR1, (2 | (1 << 3) | (2 << 16) | (1 << 19) | control) >>> 0, 4);
    dma.write(CTR2, SWREQ, 4);
    dma.write(CBR1, 8, 4);
    dma.write(CSAR, memory, 4);
    dma.write(CDAR, memory + 0x800, 4);
    dma.write(CCR, EN, 4);
    ports.advance(1000);
    return Array.from({ length: 8 }, (_, i) => bytes.getUint8(0x800 + i));
  }

  it.each([
    ['nothing', 0, [0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7]],
    ['SBX', 1 << 13, [0xb0, 0xb2, 0xb1, 0xb3, 0xb4, 0xb6, 0xb5, 0xb7]],
    ['DBX', 1 << 26, [0xb1, 0xb0, 0xb3, 0xb2, 0xb5, 0xb4, 0xb7, 0xb6]],
    ['DHX', 1 << 27, [0xb2, 0xb3, 0xb0, 0xb1, 0xb6, 0xb7, 0xb4, 0xb5]],
    ['DBX and DHX', (1 << 26) | (1 << 27), [0xb3, 0xb2, 0xb1, 0xb0, 0xb7, 0xb6, 0xb5, 0xb4]],
    ['double words on both sides', 1 | (1 << 16), [0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7]],
  ])('words with %s → these bytes', (_what, control, expected) => {
    expect(moved(control)).toEqual(expected);
  });

  it.each([
    ['GPDMA1 exchange of words (channel 0)', 1 << 28],
    ['GPDMA1 double words on one side (channel 0)', 1],
  ])('%s → the run stops with that name', (what, control) => {
    expect(() => moved(control)).toThrow(expect.objectContaining({ what }));
  });
});
