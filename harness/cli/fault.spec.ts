import { describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { readElf, readSymbols } from '../elf/index.js';
import { lineCrc } from '../session/fixture-line.js';
import { registerFault } from './fault.js';
import { runCommand } from './testing/run-command.js';

const elf = fileURLToPath(new URL('../../firmware-fixtures/prebuilt/app-1.0.0.elf', import.meta.url));
/** Behind the first BL of main. */
const main = readSymbols(readFileSync(elf)).named('main')!;
const behindCall = behindFirstCall();
const body = `!fault seq=7 exception=4 cfsr=0x00000001 hfsr=0x00000000 mmfar=0xe000ed34 bfar=0xe000ed38 pc=0x24001000 lr=0x${(behindCall | 1).toString(16)} xpsr=0x01000000 psr_priv=1`;
const line = `${body} crc=${lineCrc(body)}`;
const fault = (...args: readonly string[]) => runCommand(registerFault, 'fault', elf, '--json', ...args);

interface Document {
  readonly rule: string;
  readonly exception: string;
  readonly error?: { readonly code: string };
  readonly backtrace: readonly { readonly symbol: string | null }[];
  readonly configuration: { readonly kit: string; readonly exec: string };
}

describe('rot-hil fault', () => {
  it("the fixture's line → rule, exception and caller, exit 0; one changed digit → refused by its checksum, exit 2", async () => {
    const run = await fault('--line', line);
    const document = JSON.parse(run.stdout) as Document;
    expect([run.exitCode, document.exception, document.configuration]).toEqual([0, 'MemManage', expect.objectContaining({ kit: 'stm32h7s78-dk', exec: 'ext-ram' })]);
    expect(document.rule).toMatch(/^0x24001000 is in AXI_SRAM1: .*never executable after OEMiRoT, region 5/);
    expect(document.backtrace.map(({ symbol }) => symbol)).toEqual([null, `main+0x${(behindCall - main.address).toString(16)}`]);
    const damaged = await fault('--line', line.replace('cfsr=0x00000001', 'cfsr=0x00000002'));
    expect([damaged.exitCode, (JSON.parse(damaged.stdout) as Document).error?.code]).toEqual([2, 'fault-line']);
  });

  it('registers on the command line → the same explanation; PC missing → exit 2', async () => {
    const run = await fault('--cfsr', '1', '--hfsr', '0', '--pc', '0x24001000', '--kit', 'STM32H7S78-dk');
    expect([run.exitCode, (JSON.parse(run.stdout) as Document).exception]).toEqual([0, 'MemManage']);
    const without = await fault('--cfsr', '1');
    expect([without.exitCode, (JSON.parse(without.stdout) as Document).error?.code]).toEqual([2, 'fault-what']);
    expect((await fault('--cfsr', 'one', '--pc', '0')).exitCode).toBe(2);
  });
});

function behindFirstCall(): number {
  const segment = readElf(readFileSync(elf)).segments.find(({ virtualAddress, bytes }) => main.address >= virtualAddress && main.address < virtualAddress + bytes.length)!;
  const view = new DataView(segment.bytes.buffer, segment.bytes.byteOffset, segment.bytes.byteLength);
  for (let at = main.address - segment.virtualAddress; ; at += 2) {
    if (view.getUint16(at, true) >>> 11 === 0x1e && (view.getUint16(at + 2, true) & 0xd000) === 0xd000) return segment.virtualAddress + at + 4;
  }
}
