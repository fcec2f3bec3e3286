import { describe, expect, it } from '@jest/globals';
import type { BootPathName } from '../board/index.js';
import { chooseConfiguration, listKits, loadKit } from '../board/index.js';
import { Programmer } from '../programmer/index.js';
import { describePlan } from './execute-plan.js';
import type { FileRole } from './files.js';
import { planClosed } from './plan-closed.js';

const files = Object.fromEntries((['rot', 'da', 'first-config', 'first-data', 'config', 'data', 'oemurot', 'image'] as const).map((role: FileRole) => [role, `/w/${role}`]));
const plan = (bootPath: BootPathName, state: 'CLOSED' | 'LOCKED' = 'CLOSED', kitId = 'stm32h7s78-dk') => {
  const kit = loadKit(kitId);
  return planClosed({ kit, configuration: chooseConfiguration(kit, { bootPath }), state, files, bootLoaderLoader: 'X-SFIx.stldr', bootLoader: { port: 'COM19', baudRate: 921600 } });
};
const argv = (...args: Parameters<typeof plan>): string[] =>
  describePlan(new Programmer({ path: '/tool', sn: 'S1' }), plan(...args)).map((step) => step.arguments.join(' ').replace('-c port=SWD sn=S1 speed=fast ap=1 ', '').replace('-c port=COM19 br=921600', 'COM'));
/** Ours alone: reads. */
const ours = new Set(['-c port=SWD sn=S1 debugauth=2', 'mode=Hotplug -ob displ']);

const share = 'mode=Hotplug -ob DTCM_AXI_SHARE=0 ITCM_AXI_SHARE=0';
const obk = (...roles: string[]): string[] => roles.flatMap((role) => ['mode=Hotplug', `mode=Hotplug -sdp /w/${role}`]);
const wrp = (value: string): string => `mode=Hotplug -obrss 0x5200221c 0x000000ff ${value} 0x0`;
const hdp = (value: string): string => `mode=Hotplug -obrss 0x52002234 0x03ff03ff ${value} 0x0`;
const ob = (name: string): string => `mode=Hotplug -ob ${name}=1`;
const stirot = (keys: string[], images: string[]): string[] => [
  share, 'mode=Hotplug -psrss 0x17', ...obk(...keys),
  'mode=UR', wrp('0xff'), 'mode=UR', hdp('0xff'),
  ob('XSPI1_HSLV'), ob('XSPI2_HSLV'), 'mode=UR', 'mode=Hotplug -e all',
  'COM -elbl X-SFIx.stldr -e [0 1]', ob('ECC_ON_SRAM'),
  'mode=Hotplug -d /w/rot 0x08000000 -v', 'mode=UR', wrp('0xf0'), 'mode=UR',
  ...images.map((role) => `COM -elbl X-SFIx.stldr -d /w/${role} -v`),
  'mode=Hotplug -obrss 0x5200220c 0xff000000 0xb4 0x18', 'mode=UR', 'mode=Hotplug -psrss 0x72',
];

describe("plans of closed boards: ST's calls in ST's order", () => {
  it('OEMiRoT → provisioning.sh, obkey_provisioning.sh, ob_flash_programming.sh', () => {
    expect(argv('oemirot').filter((call) => !ours.has(call))).toEqual([
      share, 'mode=Hotplug -psrss 0x17', ...obk('da', 'config', 'data'),
      'mode=UR', wrp('0xff'), 'mode=UR', hdp('0xff'), 'mode=UR', 'mode=Hotplug -e all',
      ob('ECC_ON_SRAM'), ob('XSPI1_HSLV'), ob('XSPI2_HSLV'),
      'mode=Hotplug -d /w/rot 0x08000000 -v',
      // The values of the board file, as the postbuild of OEMiROT_Boot writes them into the script: all sectors, pages 0 to 0xff.
      'mode=UR', wrp('0x0'), 'mode=UR', hdp('0xff0000'),
      'COM -elbl X-SFIx.stldr -d /w/image -v', 'mode=UR', 'mode=Hotplug -psrss 0x72',
    ]);
  });

  it("STiRoT → STiROT's scripts; with OEMuRoT → STiROT_OEMuROT's", () => {
    expect(argv('stirot').filter((call) => !ours.has(call))).toEqual(stirot(['da', 'config', 'data'], ['image']));
    expect(argv('stirot-oemurot').filter((call) => !ours.has(call))).toEqual(stirot(['da', 'first-config', 'first-data', 'config', 'data'], ['oemurot', 'image']));
  });

  it('LOCKED → the last call alone differs', () => {
    for (const bootPath of ['oemirot', 'stirot', 'stirot-oemurot'] as const) {
      const [closed, locked] = [argv(bootPath), argv(bootPath, 'LOCKED')];
      expect(locked.slice(0, -1)).toEqual(closed.slice(0, -1));
      expect([closed.at(-1), locked.at(-1)]).toEqual(['mode=Hotplug -psrss 0x72', 'mode=Hotplug -psrss 0x5c']);
    }
  });

  it('NUCLEO-H7S3L8 → the same calls', () => {
    for (const bootPath of ['oemirot', 'stirot', 'stirot-oemurot'] as const) expect(argv(bootPath, 'CLOSED', 'nucleo-h7s3l8')).toEqual(argv(bootPath));
    expect(listKits()).toHaveLength(2);
  });

  it('every write that the words of the tool do not prove → followed by a read-back; the way back is the first key', () => {
    const { steps } = plan('stirot-oemurot');
    const unproven = steps.filter(({ request }) => request.actions.some((action) => action.do === 'write-option-register' || action.do === 'set-product-state'));
    expect(unproven.length).toBeGreaterThan(4);
    expect(unproven.every(({ proof }) => proof !== undefined)).toBe(true);
    expect(steps.find(({ request }) => request.actions[0]!.do === 'provision-obk')!.name).toBe('provision-da');
    expect(new Set(steps.map(({ name }) => name)).size).toBe(steps.length);
  });

  it('between discovery and read-back and the final state → nothing is written', () => {
    for (const bootPath of ['oemirot', 'stirot', 'stirot-oemurot'] as const) {
      const names = plan(bootPath).steps.map(({ name }) => name);
      expect(names.slice(names.indexOf('discover')).map((name) => name.replace(/-\d+$/, ''))).toEqual(['discover', 'read-back', 'attach-under-reset', 'close']);
    }
  });

  it('a file that is missing → refused with its name', () => {
    const kit = loadKit('stm32h7s78-dk');
    const without = Object.fromEntries(Object.entries(files).filter(([role]) => role !== 'da'));
    expect(() => planClosed({ kit, configuration: chooseConfiguration(kit, {}), state: 'CLOSED', files: without, bootLoaderLoader: 'x', bootLoader: { port: 'C', baudRate: 1 } })).toThrow(expect.objectContaining({ code: 'file-missing', message: expect.stringContaining('DA_Config.obk') }));
  });
});
