#ifndef ROT_HIL_CLOCK_H
#define ROT_HIL_CLOCK_H

#include <stdint.h>

/* PCLK1 in hertz, from the clock tree as the program before us left it. */
uint32_t clock_pclk1(void);

#endif
