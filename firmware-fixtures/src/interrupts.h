#ifndef ROT_HIL_INTERRUPTS_H
#define ROT_HIL_INTERRUPTS_H

#include <stdint.h>

extern volatile uint32_t ramecc_interrupts; /* taken since the start */
/* The status flags of a monitor (index as in ramecc.h) that the handler cleared since the last call. */
uint32_t ramecc_cleared(uint32_t unit);

/* Prints the `!irq` lines of the interrupts taken since the last call: handlers never print, so lines never interleave. */
void interrupts_report(void);

void RAMECC_IRQHandler(void);
void exception_unexpected(void);

#endif
