#include "clock.h"
#include "registers.h"

/* Oscillators of STM32H7S78-DK (MB1736): HSI and CSI are on chip, HSE is the board's 24 MHz crystal. */
#define HSI_HZ 64000000u
#define CSI_HZ 4000000u
#define HSE_HZ 24000000u

/* CPRE and BMPRE: 0xxx = /1, then /2 /4 /8 /16 /64 /128 /256 /512 (there is no /32). */
static uint32_t prescaler_shift(uint32_t code) {
  static const uint8_t shift[8] = {1, 2, 3, 4, 6, 7, 8, 9};
  return code < 8u ? 0u : shift[code - 8u];
}

static uint32_t hsi_hz(void) { return HSI_HZ >> ((RCC_CR >> 3) & 3u); }

static uint32_t pll1_p_hz(void) {
  uint32_t select = RCC_PLLCKSELR;
  uint32_t source = (select & 3u) == 1u ? CSI_HZ : (select & 3u) == 2u ? HSE_HZ : hsi_hz();
  uint32_t divm = (select >> 4) & 0x3fu;
  uint32_t dividers = RCC_PLL1DIVR1;
  uint32_t n = (dividers & 0x1ffu) + 1u;
  uint32_t p = ((dividers >> 9) & 0x7fu) + 1u;
  uint32_t fraction = (RCC_PLLCFGR & 1u) ? (RCC_PLL1FRACR >> 3) & 0x1fffu : 0u; /* PLL1FRACEN; in 1/8192 of n */
  if (divm == 0u) return hsi_hz(); /* a PLL without input cannot clock the core: do not divide by zero */
  uint32_t vco = (uint32_t)(((uint64_t)(source / divm) * (n * 8192u + fraction)) >> 13);
  return vco / p;
}

static uint32_t sysclk_hz(void) {
  switch ((RCC_CFGR >> 3) & 7u) { /* SWS */
    case 1u: return CSI_HZ;
    case 2u: return HSE_HZ;
    case 3u: return pll1_p_hz();
    default: return hsi_hz();
  }
}

uint32_t clock_cpu(void) { return sysclk_hz() >> prescaler_shift(RCC_CDCFGR & 15u); }

uint32_t clock_pclk1(void) {
  uint32_t ppre1 = RCC_APBCFGR & 7u;
  /* unverified: that BMPRE divides what CPRE gives; the root of trust leaves CPRE at /1. */
  uint32_t hclk = clock_cpu() >> prescaler_shift(RCC_BMCFGR & 15u);
  return hclk >> (ppre1 < 4u ? 0u : ppre1 - 3u);
}

#define FLAG_READS 1000000u
#define SWITCH_HSI 0u
#define SWITCH_PLL1 3u
/* FLASH_ACR, latency and WRHIGHFREQ: 600 MHz as STM32CubeH7RS Templates/Template/Boot, 380 MHz as OEMiROT_Boot. */
#define FLASH_ACR_FAST 0x37u
#define FLASH_ACR_SLOW 0x25u

/* No interrupt announces these flags to a program without interrupts: bounded polls. */
static bool flag(volatile uint32_t *reg, uint32_t mask, uint32_t value) {
  for (uint32_t reads = 0; reads < FLAG_READS; reads++) {
    if ((*reg & mask) == value) return true;
  }
  return false;
}

static bool switch_to(uint32_t source) {
  RCC_CFGR = (RCC_CFGR & ~7u) | source;
  return flag(&RCC_CFGR, 7u << 3, source << 3);
}

/* The order of HAL_RCC_OscConfig and HAL_RCC_ClockConfig: what a higher frequency needs comes before it, what a lower one allows comes after it. */
bool clock_pll1(uint32_t dividers, bool fast) {
  if (fast) {
    PWR_CSR4 |= PWR_CSR4_VOS; /* scale 0 */
    if (!flag(&PWR_CSR4, PWR_CSR4_VOSRDY, PWR_CSR4_VOSRDY)) return false;
    FLASH_ACR = FLASH_ACR_FAST;
  }
  if (!switch_to(SWITCH_HSI)) return false;
  RCC_CR &= ~RCC_CR_PLL1ON;
  if (!flag(&RCC_CR, RCC_CR_PLL1RDY, 0u)) return false;
  RCC_PLL1DIVR1 = dividers;
  RCC_CR |= RCC_CR_PLL1ON;
  if (!flag(&RCC_CR, RCC_CR_PLL1RDY, RCC_CR_PLL1RDY) || !switch_to(SWITCH_PLL1)) return false;
  if (!fast) {
    FLASH_ACR = FLASH_ACR_SLOW;
    PWR_CSR4 &= ~PWR_CSR4_VOS;
  }
  return true;
}
