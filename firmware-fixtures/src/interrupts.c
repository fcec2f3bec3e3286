#include "interrupts.h"
#include "cpu.h"
#include "line.h"
#include "ramecc.h"
#include "registers.h"

#include <stdbool.h>

volatile uint32_t ramecc_interrupts;
static volatile uint32_t cleared[RAMECC_UNITS]; /* for the command being served */
static volatile uint32_t unreported[RAMECC_UNITS]; /* for the next `!irq` line */
static volatile bool sourceless;
static volatile uint32_t unexpected; /* exception number, 0 = none */

/* The status flags that are wired to the interrupt of this monitor. */
static uint32_t enabled_flags(uint32_t cr, uint32_t ier) {
  uint32_t flags = 0;
  if (cr & RAMECC_CR_ECCSEIE || ier & (RAMECC_IER_GIE | RAMECC_IER_GECCSEIE)) flags |= RAMECC_SR_SEDCF;
  if (cr & RAMECC_CR_ECCDEIE || ier & (RAMECC_IER_GIE | RAMECC_IER_GECCDEIE)) flags |= RAMECC_SR_DEDF;
  if (cr & RAMECC_CR_ECCDEBWIE || ier & (RAMECC_IER_GIE | RAMECC_IER_GECCDEBWIE)) flags |= RAMECC_SR_DEBWDF;
  return flags;
}

void RAMECC_IRQHandler(void) {
  bool found = false;
  ramecc_interrupts++;
  for (uint32_t unit = 0; unit < RAMECC_UNITS; unit++) {
    ramecc_monitor *monitor = ramecc_registers(unit);
    uint32_t sr = monitor->sr;
    uint32_t flags = sr & enabled_flags(monitor->cr, REG32(ramecc_units[unit].ier));
    if (!flags) continue;
    found = true;
    cleared[unit] |= flags;
    unreported[unit] |= flags;
    monitor->sr = sr & ~flags;
  }
  dsb(); /* the line has to fall before the return, or the interrupt is taken once more */
  if (!found) { /* no source that we could clear: it would come for ever */
    NVIC_ICER(RAMECC_IRQn) = NVIC_BIT(RAMECC_IRQn);
    sourceless = true;
  }
}

/* Reads and zeroes what a handler writes; thread mode only, where interrupts are never masked. */
static uint32_t take(volatile uint32_t *word) {
  mask_interrupts();
  uint32_t value = *word;
  *word = 0;
  unmask_interrupts();
  return value;
}

uint32_t ramecc_cleared(uint32_t unit) { return take(&cleared[unit]); }

/* Everything that nobody asked for: named once, its interrupt line closed. */
void exception_unexpected(void) {
  uint32_t exception = read_ipsr();
  unexpected = exception;
  if (exception == SYSTICK_EXCEPTION) SYST_CSR &= ~SYST_CSR_TICKINT;
  if (exception >= 16u) {
    uint32_t irq = exception - 16u;
    NVIC_ICER(irq) = NVIC_BIT(irq);
    NVIC_ICPR(irq) = NVIC_BIT(irq);
    dsb();
  }
}

void interrupts_report(void) {
  for (uint32_t unit = 0; unit < RAMECC_UNITS; unit++) {
    uint32_t sr = take(&unreported[unit]);
    if (!sr) continue;
    ramecc_monitor *monitor = ramecc_registers(unit);
    line_open("!irq name=ramecc");
    line_field("monitor", ramecc_units[unit].monitor);
    line_field("sr", sr);
    line_field("far", monitor->far);
    line_field("fdrl", monitor->fdrl);
    line_field("fdrh", monitor->fdrh);
    line_field("fecr", monitor->fecr);
    line_close();
  }
  if (sourceless) {
    sourceless = false;
    line_open("!irq name=ramecc monitor=none");
    line_close();
  }
  uint32_t exception = take(&unexpected);
  if (exception) {
    line_open("!irq name=unexpected exception=");
    line_decimal(exception);
    line_close();
  }
}
