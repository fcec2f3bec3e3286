import { describe, expect, it } from '@jest/globals';
import type { Kit } from '../board/index.js';
import { loadKit, rotConfiguration } from '../board/index.js';
import { Programmer } from '../programmer/index.js';
import { describePlan } from './execute-plan.js';
import { planOpen } from './plan-open.js';

const kit = loadKit('stm32h7s78-dk');
const configuration = rotConfiguration(kit, { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' });
const files = { rotBinary: '/w/boot.bin', hardwareKeys: '/w/ahk.obk', config: '/w/config.obk', data: '/w/data.obk' };
const plan = (more: { image?: string; kit?: Kit } = {}) =>
  planOpen({
    kit: more.kit ?? kit,
    configuration,
    externalLoader: 'X.stldr',
    files: { ...files, ...(more.image === undefined ? {} : { image: more.image }) },
  });
const argv = (one: ReturnType<typeof plan>): string[] => describePlan(new Programmer({ path: '/tool', sn: 'S1' }), one).map((step) => step.arguments.join(' ').replace('-c port=SWD sn=S1 speed=fast ap=1 ', ''));

describe('the OPEN plan of OEMiRoT', () => {
  it("every call → those of ST's provisioning.sh, obkey_provisioning_open.sh and ob_flash_programming.sh, in their order", () => {
    const wrps = (value: number): string => Array.from({ length: 8 }, (_, n) => `WRPS${n}=${value}`).join(' ');
    expect(argv(plan({ image: '/w/app.hex' }))).toEqual([
      'mode=Hotplug -ob DTCM_AXI_SHARE=0 ITCM_AXI_SHARE=0',
      'mode=Hotplug',
      'mode=Hotplug -vb 3 -sdp /w/ahk.obk',
      'mode=Hotplug',
      'mode=Hotplug -vb 3 -sdp /w/config.obk',
      'mode=Hotplug',
      'mode=Hotplug -vb 3 -sdp /w/data.obk',
      `mode=UR -ob ${wrps(1)} HDP_AREA_START=1 HDP_AREA_END=0 -e all`,
      'mode=Hotplug -ob ECC_ON_SRAM=1',
      'mode=Hotplug -ob XSPI1_HSLV=1',
      'mode=Hotplug -ob XSPI2_HSLV=1',
      'mode=Hotplug -d /w/boot.bin 0x08000000 -v',
      `mode=Hotplug -ob ${wrps(0)} HDP_AREA_START=0 HDP_AREA_END=0xff`,
      'mode=normal -el X.stldr -d /w/app.hex -v',
      'mode=Hotplug -ob displ',
    ]);
  });

  it('swap mode → header and trailer of the primary slot and the trailer of the scratch are blanked while no root of trust runs; nothing else differs', () => {
    const swap = { ...configuration, mode: 'swap' as const };
    const of = (one: typeof configuration, blankSector?: string) => argv(planOpen({ kit, configuration: one, externalLoader: 'X.stldr', files: { ...files, ...(blankSector === undefined ? {} : { blankSector }) } }));
    const blanked = ['0x90000000', '0x901ff000', '0x9040f000'].map((at) => `mode=normal -el X.stldr -d /w/ff.bin ${at} -v`);
    const calls = of(swap, '/w/ff.bin');
    const at = calls.indexOf('mode=Hotplug -d /w/boot.bin 0x08000000 -v');
    expect(calls.slice(at - 3, at)).toEqual(blanked);
    expect(calls.filter((call) => !blanked.includes(call))).toEqual(of(configuration, '/w/ff.bin'));
    expect(of(swap)).toEqual(of(configuration));
  });

  it('a boot path with STiRoT → refused: it has no product state OPEN; OEMiRoT is planned', () => {
    for (const bootPath of ['stirot', 'stirot-oemurot'] as const) {
      const other = rotConfiguration(kit, { bootPath, mode: 'overwrite', exec: 'int-ram' });
      expect(() => planOpen({ kit, configuration: other, externalLoader: 'X.stldr', files })).toThrow(expect.objectContaining({ code: 'unsupported-configuration', message: expect.stringContaining('below CLOSED') }));
    }
    expect(plan().name).toBe('oemirot overwrite ext-ram, product state OPEN');
  });

  it.each(['xip', 'int-ram'] as const)('execution mode %s → the same calls', (exec) => {
    const other = rotConfiguration(kit, { bootPath: 'oemirot', mode: 'overwrite', exec });
    expect(argv(planOpen({ kit, configuration: other, externalLoader: 'X.stldr', files }))).toEqual(argv(plan()));
  });

  it('the protections at the end → what the boot checks: all sectors of 8 KB protected, pages 0 to 0xff hidden; not the values of the script as shipped', () => {
    const step = plan().steps.find(({ name }) => name === 'protect-root-of-trust')!;
    const action = step.request.actions[0]!;
    expect(action).toMatchObject({ do: 'write-option-bytes', values: { HDP_AREA_START: 0, HDP_AREA_END: 0xff, WRPS0: 0, WRPS7: 0 } });
  });

  it('no image → the download slot is not written', () => {
    expect(plan().steps.map(({ name }) => name)).not.toContain('write-application');
    expect(plan({ image: '/w/app.hex' }).steps.map(({ name }) => name)).toContain('write-application');
  });

  it('a device without memory cipher engine → no hardware keys', () => {
    const plain = { ...kit, device: { ...kit.device, memoryCipherEngine: false } };
    expect(plan({ kit: plain }).steps.map(({ name }) => name)).not.toContain('provision-hardware-keys');
    expect(plan().steps.map(({ name }) => name)).toContain('provision-hardware-keys');
  });

  it("the pauses of ST's script → data of the three OBKey steps", () => {
    expect(plan().steps.filter((step) => step.pauseBeforeMs !== undefined).map(({ name, pauseBeforeMs }) => [name, pauseBeforeMs])).toEqual([
      ['provision-hardware-keys', 3000],
      ['provision-config', 3000],
      ['provision-data', 3000],
    ]);
  });

  it('names of the steps → unique, each with its reason', () => {
    const { steps } = plan({ image: '/w/app.hex' });
    expect(new Set(steps.map(({ name }) => name)).size).toBe(steps.length);
    expect(steps.every(({ why }) => why.length > 10)).toBe(true);
  });
});
