import { describe, expect, it } from '@jest/globals';
import type { CodeScan } from './code-scan-result.js';
import { scanCode } from './code-scan.js';
import { watchedRanges } from './register-map.js';

const base = 0x70000400;
const scan = (hex: string, options: { readonly functions?: readonly number[]; readonly target?: number; readonly watch?: number } = {}): CodeScan =>
  scanCode({ base, bytes: Buffer.from(hex, 'hex'), functions: options.functions ?? [base], ranges: watchedRanges, watch: new Set(options.watch === undefined ? [] : [options.watch]), targets: new Set(options.target === undefined ? [] : [options.target]) });
const told = ({ writes }: CodeScan): readonly string[] => writes.map(({ address, value }) => `${address.toString(16)}=${value === undefined ? '?' : value.toString(16)}`);

/** Bytes as arm-none-eabi-as makes them of these instructions, at 0x70000400. */
const cases: readonly (readonly [what: string, assembly: string, hex: string, writes: readonly string[]])[] = [
  ['MOVW and MOVT', 'movw r0,#0xed08; movt r0,#0xe000; movw r1,#0x400; movt r1,#0x7000; str r1,[r0]', '4ef60850cef2000040f20041c7f200010160', ['e000ed08=70000400']],
  ['a literal', 'ldr r0,=0xe000ed08; movs r1,#7; str r1,[r0]; bx lr', '014807210160704708ed00e0', ['e000ed08=7']],
  ['an offset, a shift, an addition', 'movs r0,#0xe0; lsls r0,r0,#24; movw r1,#0xed80; add r0,r1; movs r1,#5; adds r1,#3; str r1,[r0,#0x14]', 'e02000064ef680510844052103314161', ['e000ed94=8']],
  ['wide constants, a wide store with 12 bits of offset', 'mov.w r4,#0xe000e000; mov.w r5,#0x30000; str.w r5,[r4,#0xd94]; bx lr', '4ff0e0244ff44035c4f8945d7047', ['e000ed94=30000']],
  ['ADD, MVN and SUB with a modified immediate', 'mov.w r0,#0xe000e000; add.w r0,r0,#0xd00; mvn.w r1,#0xff; sub.w r1,r1,#0x100; str.w r1,[r0,#0x88]; bx lr', '4ff0e02000f550606ff0ff01a1f58071c0f888107047', ['e000ed88=fffffe00']],
  ['ORR and BIC', 'ldr r0,=0xe000ed88; movs r1,#0; orr.w r1,r1,#0xf00000; bic.w r1,r1,#0x100000; str r1,[r0]; bx lr', '0348002141f4700121f480110160704788ed00e0', ['e000ed88=e00000']],
  ['an address kept on the stack', 'sub sp,#16; ldr r0,=0xe000ed94; str r0,[sp,#4]; movs r0,#0; ldr r1,[sp,#4]; movs r2,#5; str r2,[r1]; add sp,#16; bx lr', '84b0044801900020019905220a6004b07047000094ed00e0', ['e000ed94=5']],
  ['STRD', 'ldr r0,=0xe000ed98; movs r1,#1; movs r2,#2; strd r1,r2,[r0]; bx lr', '024801210222c0e90012704798ed00e0', ['e000ed98=1', 'e000ed9c=2']],
  ['STM', 'ldr r0,=0xe000ed98; movs r1,#1; movs r2,#2; stmia r0!,{r1,r2}; bx lr', '02480121022206c07047000098ed00e0', ['e000ed98=1', 'e000ed9c=2']],
  ['write-back', 'ldr r0,=0xe000ed94; movs r1,#1; str r1,[r0],#4; str r1,[r0]; bx lr', '0248012140f8041b0160704794ed00e0', ['e000ed94=1', 'e000ed98=1']],
  ['a register as offset', 'mov.w r0,#0xe000e000; movw r1,#0xd94; movs r2,#5; str r2,[r0,r1]; bx lr', '4ff0e02040f69451052242507047', ['e000ed94=5']],
  ['two ways that bring different values', 'ldr r0,=0xe000ed94; movs r1,#1; cbz r3,1f; movs r1,#2; 1: str r1,[r0]; bx lr', '0248012103b102210160704794ed00e0', ['e000ed94=?']],
  ['two ways that bring the same value', 'ldr r0,=0xe000ed94; movs r1,#1; cbz r3,1f; movs r2,#2; 1: str r1,[r0]; bx lr', '0248012103b102220160704794ed00e0', ['e000ed94=1']],
  ['a value under IT', 'ldr r0,=0xe000ed94; movs r1,#1; cmp r3,#0; it eq; moveq r1,#2; str r1,[r0]; bx lr', '03480121002b08bf022101607047000094ed00e0', ['e000ed94=?']],
  ['a value in R1 over a call', 'ldr r4,=0xe000ed94; movs r1,#1; bl 1f; str r1,[r4]; bx lr; 1: bx lr', '034c012100f002f8216070477047000094ed00e0', ['e000ed94=?']],
  ['a value in R5 over a call', 'ldr r4,=0xe000ed94; movs r5,#1; bl 1f; str r5,[r4]; bx lr; 1: bx lr', '034c012500f002f8256070477047000094ed00e0', ['e000ed94=1']],
  ['code behind a return', 'ldr r0,=0xe000ed94; movs r1,#1; bx lr; str r1,[r0]; bx lr', '02480121704701607047000094ed00e0', []],
  ['literals between the code', 'ldr r0,1f; movs r1,#1; b 2f; 1: .word 0xe000ed94, 0; 2: str r1,[r0]; bx lr', '0148012104e000bf94ed00e00000000001607047', ['e000ed94=1']],
];

describe('the scan of code', () => {
  it.each(cases)('%s: %s', (_what, _assembly, hex, writes) => {
    expect(told(scan(hex))).toEqual(writes);
  });

  it('a record on the stack → the bytes that the function gets; another one that was given it first → they may have changed', () => {
    // sub sp,#16; movs r0,#1; strb.w r0,[sp,#4]; movs r1,#0xd; strb.w r1,[sp,#5]; add r0,sp,#4; bl configure; … configure: bx lr
    const hex = '84b001208df804000d218df8051001a800f001f870477047';
    const target = base + 22;
    const [call] = scan(hex, { target }).calls;
    expect(call).toMatchObject({ pc: base + 16, target, within: base, shared: false });
    expect([...call!.record!]).toEqual([[0, 1], [1, 13]]);
    expect(scan(hex).calls).toEqual([expect.objectContaining({ target, record: undefined })]);
  });

  it('a branch within its function → no call; out of it → one', () => {
    // b .+4; bx lr; bx lr
    const hex = '00e070477047';
    expect(scan(hex).calls).toEqual([]);
    expect(scan(hex, { functions: [base, base + 4] }).calls).toEqual([expect.objectContaining({ target: base + 4 })]);
  });

  it('a floating-point instruction → its function; a constant to watch → found', () => {
    // movs r0,#1; vadd.f32 s0,s0,s1; bx lr
    const found = scan('0120' + '30ee200a' + '7047', { watch: 1 });
    expect([...found.floatingPoint]).toEqual([[base, base + 2]]);
    expect([...found.constants]).toEqual([1]);
    expect([...scan('0120' + '7047', { watch: 2 }).constants]).toEqual([]);
  });

  it('code above 0x80000000 → its literals are no code', () => {
    const { writes } = scanCode({ base: 0x90000400, bytes: Buffer.from('0148012104e000bf94ed00e00000000001607047', 'hex'), functions: [0x90000400], ranges: watchedRanges, watch: new Set(), targets: new Set() });
    expect(writes).toEqual([expect.objectContaining({ address: 0xe000ed94, value: 1 })]);
  });

  it('any bytes at any length → an end', () => {
    let state = 1;
    const bytes = Buffer.from(Array.from({ length: 4096 }, () => (state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 24));
    for (const length of [0, 1, 2, 3, 5, 7, 4095, 4096]) expect(Array.isArray(scan(bytes.toString('hex', 0, length)).writes)).toBe(true);
  });
});
