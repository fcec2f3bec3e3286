import type { BootPathName, Kit } from '../board/index.js';

/** What a board can be left in. */
export type FinalState = 'OPEN' | 'CLOSED' | 'LOCKED';

/**
 * What a file is for. `rot`: the binary in user flash (OEMiROT_Boot.bin or STiROT_iLoader.bin) · `first-…`: STiROT's own OBKeys ahead of OEMuROT's ·
 * `oemurot`: OEMuROT as a signed image · `image`: the signed application · `blank`: one erased sector.
 */
export type FileRole = 'rot' | 'hardware-keys' | 'da' | 'first-config' | 'first-data' | 'config' | 'data' | 'oemurot' | 'image' | 'blank';

/** Names as in ST's ROT_Provisioning, for messages. */
export const fileNames: Readonly<Record<BootPathName, Readonly<Partial<Record<FileRole, string>>>>> = {
  oemirot: { rot: 'OEMiROT_Boot.bin', 'hardware-keys': 'OEMiROT_AHK_OPEN.obk', da: 'DA_Config.obk', config: 'OEMiROT_Config.obk', data: 'OEMiROT_Data.obk', image: 'the application (.hex)' },
  stirot: { rot: 'STiROT_iLoader.bin', da: 'DA_Config.obk', config: 'STiROT_Config.obk', data: 'STiROT_Data.obk', image: 'the application (.hex)' },
  'stirot-oemurot': {
    rot: 'STiROT_iLoader.bin',
    da: 'DA_Config.obk',
    'first-config': 'STiROT_Config.obk',
    'first-data': 'STiROT_Data.obk',
    config: 'OEMuROT_Config.obk',
    data: 'OEMuROT_Data.obk',
    oemurot: 'OEMuROT (OEMiROT_Boot_enc_sign.hex)',
    image: 'the application (.hex)',
  },
};

/** The files that a board of this boot path and state is provisioned with, in the order in which they go on the board; `image` may be left out in OPEN. */
export function requiredRoles(kit: Kit, bootPath: BootPathName, state: FinalState): readonly FileRole[] {
  if (state === 'OPEN') return [...(kit.device.memoryCipherEngine ? (['hardware-keys'] as const) : []), 'config', 'data', 'rot'];
  const keys: readonly FileRole[] = bootPath === 'stirot-oemurot' ? ['da', 'first-config', 'first-data', 'config', 'data'] : ['da', 'config', 'data'];
  return [...keys, 'rot', ...(bootPath === 'stirot-oemurot' ? (['oemurot'] as const) : []), 'image'];
}

export type FilePaths = Readonly<Partial<Record<FileRole, string>>>;
export type FileContents = Readonly<Partial<Record<FileRole, Uint8Array>>>;
