/** A build of OEMiROT_Boot (STM32CubeH7RS): what differs between OEMiRoT in user flash and OEMuRoT in internal RAM (OEMUROT_ENABLE). */
export interface RotStage {
  /** As its first log line names it. */
  readonly name: string;
  /** What IROT_SELECT has to select for it to run. */
  readonly startedBy: 'OEMiRoT' | 'STiRoT';
  readonly irotSelect: number;
  /** Hide-protection level of its OBKeys. */
  readonly hdpl: 1 | 2;
  /** Whether it wants itself write and hide protected (boot_hal_cfg.h). */
  readonly checksFlashProtections: boolean;
}

/** Option byte IROT_SELECT (stm32h7rsxx_hal_flash_ex.h, OB_IROT_SELECTION_OEM and _ST). */
export const irotSelect = { oem: 0x6a, st: 0xb4 } as const;

export const oemirotStage: RotStage = { name: 'OEMiROT', startedBy: 'OEMiRoT', irotSelect: irotSelect.oem, hdpl: 1, checksFlashProtections: true };

/** @param version from the header of the OEMuRoT image that STiRoT started; bl2_main.c prints it in hexadecimal */
export function oemurotStage(version: { readonly major: number; readonly minor: number; readonly revision: number }): RotStage {
  const text = [version.major, version.minor, version.revision].map((part) => part.toString(16)).join('.');
  return { name: `OEMuROT ${text}`, startedBy: 'STiRoT', irotSelect: irotSelect.st, hdpl: 2, checksFlashProtections: false };
}
