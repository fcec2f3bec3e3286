/** Registers that an application can break the contract with (DDI 0403E B3; RCC: cmsis_device_h7rs, RCC_TypeDef). */
export const register = {
  vtor: 0xe000ed08,
  aircr: 0xe000ed0c,
  cpacr: 0xe000ed88,
  mpuCtrl: 0xe000ed94,
  mpuRnr: 0xe000ed98,
  mpuRbar: 0xe000ed9c,
  mpuRasr: 0xe000eda0,
  rccCr: 0x58024400,
  rccPll1Divr1: 0x58024430,
  rccPll2Divr1: 0x58024438,
  rccPll2Fracr: 0x5802443c,
  rccPll2Divr2: 0x580244c4,
} as const;

/** Stores to these are kept by the scan. */
export const watchedRanges = [
  { from: 0xe000ed00, to: 0xe000ee00 },
  { from: 0x58024400, to: 0x58024500 },
] as const;

/** Functions of ST's HAL whose arguments tell what they will write. */
export const watchedCalls: ReadonlySet<string> = new Set(['HAL_MPU_ConfigRegion', 'HAL_MPU_Enable', 'HAL_MPU_Disable', 'HAL_RCC_OscConfig', 'HAL_RCC_ClockConfig', 'ARM_MPU_Enable', 'ARM_MPU_Disable']);

/** AIRCR values that reset: VECTKEY with SYSRESETREQ, alone or with CMSIS' PRIGROUP bits (core_cm7.h, __NVIC_SystemReset). */
export const systemReset: readonly number[] = [0x05fa0004, 0x05fa0304, 0x05fa0704];

/** The first of the four words that confirm an image (OEMiROT_Appli/Src/main.c, FW_Valid_AppImage). */
export const confirmation = { firstWord: 0x001fbbb7, words: [0x001fbbb7, 0x00236445, 0x0023a889, 0x0023d111] } as const;
