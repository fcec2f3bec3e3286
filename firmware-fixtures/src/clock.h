#ifndef ROT_HIL_CLOCK_H
#define ROT_HIL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* From the clock tree as it stands now, in hertz. */
uint32_t clock_cpu(void);
uint32_t clock_pclk1(void);
/* The core on HSI, PLL1 stopped, its divider register written, the core on PLL1 again: 64 MHz / 32 x N / P.
 * `fast`: voltage scale and flash latency of 600 MHz, else those that the root of trust leaves. False where a flag never came.
 * Only for a program that does not execute in place. */
bool clock_pll1(uint32_t dividers, bool fast);

#endif
