/** A piece of source for a project that does not begin with ST's templates. */
export interface Snippet {
  readonly title: string;
  readonly text: string;
}

/**
 * The documented minimum in the sources, with CMSIS alone: flag, handles, interrupt. Addresses and values:
 * STM32CubeH7RS OEMiROT_Boot/Inc/region_defs.h and Src/low_level_ramecc.c, OEMiROT_Appli/Src/main.c.
 */
export const snippets: readonly Snippet[] = [
  {
    title: 'section attributes: GNU ld and ILINK take .flag, armlink .bss.flag',
    text: `#if defined(__ARMCC_VERSION)
#define ROT_SECTION(name) __attribute__((section(".bss." name)))
#else
#define ROT_SECTION(name) __attribute__((section("." name)))
#endif
/* Neither is initialised: the boot writes the handles, the application writes the flag before a reset. */
volatile uint32_t rot_flag[4] ROT_SECTION("flag");
uint32_t rot_ramecc_handles[16] ROT_SECTION("ramecchandlenoinit");`,
  },
  {
    title: 'swap mode: confirm the running image, then reset',
    text: `void rot_confirm_image(void)
{
  static const uint32_t pattern[4] = { 0x001FBBB7u, 0x00236445u, 0x0023A889u, 0x0023D111u };
  for (int i = 0; i < 4; i++) rot_flag[i] = pattern[i];
  SCB_CleanDCache();
  __DSB();
  NVIC_SystemReset();
}`,
  },
  {
    title: 'the RAMECC interrupt is enabled when the application starts',
    text: `void RAMECC_IRQHandler(void)
{
  /* A double error: what was read cannot be trusted. */
  NVIC_SystemReset();
}`,
  },
  {
    title: 'SystemInit: vector table and FPU; the clock stays as the boot set it',
    text: `void SystemInit(void)
{
  SCB->VTOR = (uint32_t)&__Vectors; /* g_pfnVectors in ST's startup file for GCC, __vector_table in IAR's */
#if (__FPU_PRESENT == 1) && (__FPU_USED == 1)
  SCB->CPACR |= (3u << 20) | (3u << 22);
#endif
}`,
  },
];
