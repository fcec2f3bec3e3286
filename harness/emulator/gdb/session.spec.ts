import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createBareCore } from '../bare-core.js';
import { Debugger } from './debugger.js';
import { largestPacket, packet, PacketReader, toHex } from './packets.js';
import { debugRegisters } from './registers.js';
import { GdbSession } from './session.js';

/** MOVS R0, #1; LDR R1, [PC] (0x20000000); STR R0, [R1]; LDR R2, [R1]; ADDS R0, #1; B to the STR. */
const code = [0x2001, 0x4902, 0x6008, 0x680a, 0x3001, 0xe7fb, 0x0000, 0x2000];

function session() {
  const machine = createBareCore({ ram: [{ base: 0, size: 0x1000 }, { base: 0x20000000, size: 0x1000 }], onOutput: () => undefined });
  const start = (): void => {
    machine.load(0, new Uint8Array(Uint32Array.from([0x20001000, 0x41]).buffer));
    machine.load(0x40, new Uint8Array(Uint16Array.from(code).buffer));
    machine.start(0);
  };
  start();
  const target = new Debugger({ core: machine.core, load: (address, bytes) => machine.load(address, bytes), run: (max) => machine.run(max), reset: start });
  const sent: string[] = [];
  const ended: string[] = [];
  const gdb = new GdbSession(target, (bytes) => sent.push(Buffer.from(bytes).toString('latin1')), (how) => ended.push(how));
  const raw = (text: string): string => {
    sent.length = 0;
    gdb.receive(Buffer.from(text, 'latin1'));
    return sent.join('');
  };
  return {
    machine,
    target,
    ended,
    gdb,
    raw,
    /** The bodies of the answers to one packet, acknowledgements left out; then the core runs for so many instructions at most. */
    ask: (body: string, run = 0): string => {
      raw(Buffer.from(packet(body)).toString('latin1'));
      if (run > 0) target.run(run);
      return sent.join('').replace(/\+/g, '').replace(/\$([^#]*)#../g, '$1');
    },
  };
}

describe('packets of the GDB protocol', () => {
  it('any body → the same body, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (bytes, piece) => {
        const body = Buffer.from(bytes).toString('latin1');
        const wire = packet(body);
        const reader = new PacketReader();
        const received = [];
        for (let at = 0; at < wire.length; at += piece) received.push(...reader.take(wire.subarray(at, at + piece)));
        expect(received).toEqual([{ kind: 'packet', body }]);
      }),
      { numRuns: 100 },
    );
  });

  it('a wrong checksum → damaged; the right one → taken', () => {
    const read = (text: string) => new PacketReader().take(Buffer.from(text)).map(({ kind }) => kind);
    expect([read('$g#67'), read('$g#68'), read('$g#zz')]).toEqual([['packet'], ['damaged'], ['damaged']]);
  });

  it('a body of the largest size → taken; one byte more → damaged, the next packet taken', () => {
    const reader = new PacketReader();
    expect(reader.take(packet('a'.repeat(largestPacket))).map(({ kind }) => kind)).toEqual(['packet']);
    expect(reader.take(Buffer.concat([packet('a'.repeat(largestPacket + 1)), packet('g')])).map(({ kind }) => kind)).toEqual(['damaged', 'packet']);
  });

  it('byte 3 between packets → a request to stop; inside one → part of it', () => {
    expect(new PacketReader().take(Uint8Array.of(3))).toEqual([{ kind: 'interrupt' }]);
    expect(new PacketReader().take(packet('\x03'))).toEqual([{ kind: 'packet', body: '\x03' }]);
  });

  it('whatever arrives → no crash, and answers are whole packets', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom('m0,', 'M0,4:', 'G00', 'Z2,0,0', 'P99=0', 'X0,1:', 'qXfer:features:read:target.xml:0,', 'vCont;', 'qRcmd,zz', 'Z1,fffffffff,2')), { maxLength: 20 }), (bodies) => {
        const { raw } = session();
        for (const body of bodies) expect(raw(Buffer.from(packet(body)).toString('latin1'))).toMatch(/^(\+?(\$[^$#]*#[0-9a-f]{2})?)*$/);
      }),
      { numRuns: 100 },
    );
  });
});

describe('GDB session', () => {
  it('a damaged packet → NAK; the same intact → acknowledged and answered', () => {
    const { raw } = session();
    expect(raw('$qC#00')).toBe('-');
    expect(raw('$qC#b4')).toBe('+$QC1#c5');
  });

  it('QStartNoAckMode → its own packet is acknowledged, the next is not; `-` → the last answer again', () => {
    const { raw } = session();
    expect(raw(Buffer.from(packet('QStartNoAckMode')).toString())).toBe('+$OK#9a');
    expect(raw('$qC#b4')).toBe('$QC1#c5');
    expect(raw('-')).toBe('$QC1#c5');
  });

  it('the target description → every register once, in pieces as they are asked for', () => {
    const { ask } = session();
    let text = '';
    for (let part = 'm'; part.startsWith('m'); text += part.slice(1)) part = ask(`qXfer:features:read:target.xml:${text.length.toString(16)},200`);
    expect([...text.matchAll(/<reg name="(\w+)"/g)].map(([, name]) => name)).toEqual(debugRegisters.map(({ name }) => name));
    expect(text).toMatch(/m-profile.*m-system.*arm\.vfp/);
  });

  it('g → all registers; P of PC, D0, PSP → read back by p; a register that does not exist → E01', () => {
    const { ask } = session();
    expect(ask('g')).toHaveLength(2 * debugRegisters.reduce((sum, { bytes }) => sum + bytes, 0));
    const number = (name: string): string => debugRegisters.findIndex((register) => register.name === name).toString(16);
    for (const [name, value] of [['pc', '44000000'], ['d0', '0102030405060708'], ['psp', '00080020'], ['primask', '01000000']] as const) {
      expect([name, ask(`P${number(name)}=${value}`), ask(`p${number(name)}`)]).toEqual([name, 'OK', value]);
    }
    expect([ask('p7f'), ask('P7f=00'), ask(`P${number('pc')}=0000`)]).toEqual(['E01', 'E22', 'E22']);
  });

  it('CONTROL.SPSEL set → SP and PSP are one, MSP keeps the other', () => {
    const { ask, machine } = session();
    const number = (name: string): string => debugRegisters.findIndex((register) => register.name === name).toString(16);
    ask(`P${number('psp')}=00080020`);
    ask(`P${number('control')}=02000000`);
    expect([machine.core.r[13], ask(`p${number('psp')}`), ask(`p${number('msp')}`)]).toEqual([0x20000800, '00080020', '00100020']);
  });

  it('memory written → read back by the program and by m; where nothing is → E0e', () => {
    const { ask } = session();
    expect([ask('M20000010,4:01020304'), ask('m20000010,4'), ask('X20000014,2:#b'), ask('m20000014,2')]).toEqual(['OK', '01020304', 'OK', toHex(Buffer.from('#b'))]);
    expect([ask('m60000000,4'), ask('M60000000,4:01020304'), ask('me000ed00,4')]).toEqual(['E0e', 'E0e', '72c21f41']);
  });

  it('a step → one instruction; a breakpoint → stopped before it, and passed when resumed', () => {
    const { ask, machine } = session();
    expect([ask('s', 10), machine.core.pc]).toEqual(['S05', 0x42]);
    ask('Z1,44,2');
    expect([ask('c', 100), machine.core.pc, machine.core.instructions]).toEqual(['S05', 0x44, 2]);
    expect([ask('vCont;c', 100), machine.core.pc, machine.core.instructions]).toEqual(['S05', 0x44, 6]);
    ask('z1,44,2');
    expect(ask('c', 100)).toBe('');
  });

  it.each([
    ['2', 'watch', 0x46],
    ['3', 'rwatch', 0x48],
    ['4', 'awatch', 0x46],
  ] as const)('Z%s on the word that the program stores and loads → stops behind that access as %s', (type, name, pc) => {
    const { ask, machine } = session();
    expect(ask(`Z${type},20000000,4`)).toBe('OK');
    expect([ask('c', 100), machine.core.pc]).toEqual([`T05${name}:20000000;`, pc]);
  });

  it('a watchpoint beside the word → never; taken away → full speed again', () => {
    const { ask, machine } = session();
    ask('Z4,20000004,4');
    expect([ask('c', 100), machine.core.instructions]).toEqual(['', 100]);
  });

  it('Ctrl-C while the program runs → SIGINT; while it is halted → nothing', () => {
    const { ask, raw, target } = session();
    expect(raw('\x03')).toBe('');
    ask('c', 50);
    expect(raw('\x03')).toBe('$S02#b5');
    expect(target.run(10)).toEqual({ kind: 'idle', until: undefined });
  });

  it('lock-up → its reason on the console and SIGABRT', () => {
    const { ask } = session();
    // An undefined instruction; the HardFault vector leads to an even address.
    ask('M40,2:00de');
    const answer = ask('c', 100);
    expect(answer).toMatch(/S06$/);
    expect(Buffer.from(/^O([0-9a-f]+)/.exec(answer)![1]!.replace(/S06$/, ''), 'hex').toString()).toMatch(/^lock-up/);
  });

  it('monitor reset → at the reset vector, halted; an unknown monitor command → says so', () => {
    const { ask, machine, target } = session();
    ask('s', 10);
    expect([ask(`qRcmd,${toHex(Buffer.from('reset'))}`), machine.core.pc, target.halted]).toEqual(['OK', 0x40, true]);
    expect(Buffer.from(ask(`qRcmd,${toHex(Buffer.from('dance'))}`), 'hex').toString()).toMatch(/no command dance/);
  });

  it('detach → breakpoints gone and the core runs; the connection lost → the same', () => {
    for (const leave of ['D', undefined]) {
      const { ask, gdb, target, machine, ended } = session();
      ask('Z1,44,2');
      if (leave === undefined) gdb.close();
      else expect([ask(leave), ended]).toEqual(['OK', ['detach']]);
      expect([target.halted, target.run(100), machine.core.instructions]).toEqual([false, { kind: 'budget' }, 100]);
    }
  });
});
