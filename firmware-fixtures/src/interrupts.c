#include "interrupts.h"
#include "cpu.h"
#include "line.h"
#include "ramecc.h"
#include "registers.h"

#include <stdbool.h>

volatile uint32_t ramecc_interrupts;
static volatile ramecc_record taken[RAMECC_UNITS];
static volatile bool fresh[RAMECC_UNITS];
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
    taken[unit].count++;
    taken[unit].sr |= flags;
    fresh[unit] = true;
    monitor->sr = sr & ~flags;
  }
  dsb(); /* the line has to fall before the return, or the interrupt is taken once more */
  if (!found) { /* no source that we could clear: it would come for ever */
    NVIC_ICER(RAMECC_IRQn) = NVIC_BIT(RAMECC_IRQn);
    sourceless = true;
  }
}

ramecc_record ramecc_taken(uint32_t unit) {
  ramecc_record record = {taken[unit].count, taken[unit].sr};
  taken[unit].count = 0;
  taken[unit].sr = 0;
  return record;
}

/* Everything that nobody asked for: named once, its interrupt line closed. */
void exception_unexpected(void) {
  uint32_t exception = read_ipsr();
  unexpected = exception;
  if (exception >= 16u) {
    uint32_t irq = exception - 16u;
    NVIC_ICER(irq) = NVIC_BIT(irq);
    NVIC_ICPR(irq) = NVIC_BIT(irq);
    dsb();
  }
}

void interrupts_report(void) {
  for (uint32_t unit = 0; unit < RAMECC_UNITS; unit++) {
    if (!fresh[unit]) continue;
    fresh[unit] = false;
    ramecc_monitor *monitor = ramecc_registers(unit);
    uint32_t sr = taken[unit].sr | monitor->sr;
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
  if (unexpected) {
    line_open("!irq name=unexpected exception=");
    line_decimal(unexpected);
    line_close();
    unexpected = 0;
  }
}
