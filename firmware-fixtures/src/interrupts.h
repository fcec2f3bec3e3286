#ifndef ROT_HIL_INTERRUPTS_H
#define ROT_HIL_INTERRUPTS_H

#include <stdint.h>

/* What the RAMECC interrupt found and cleared, by monitor (index as in ramecc.h). */
typedef struct {
  uint32_t count;
  uint32_t sr; /* flags that the handler cleared */
} ramecc_record;

extern volatile uint32_t ramecc_interrupts;
ramecc_record ramecc_taken(uint32_t monitor);

/* Prints the `!irq` lines of the interrupts taken since the last call: handlers never print, so lines never interleave. */
void interrupts_report(void);

void RAMECC_IRQHandler(void);
void exception_unexpected(void);

#endif
