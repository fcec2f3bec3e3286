/* For the fixtures that have no console protocol: whatever happens, sleep. */
#include "cpu.h"
#include "fault.h"
#include "interrupts.h"

void RAMECC_IRQHandler(void) { exception_unexpected(); }

void exception_unexpected(void) {
  for (;;) wait_for_event();
}

_Noreturn void fault_report(const uint32_t *frame, uint32_t exc_return) {
  (void)frame;
  (void)exc_return;
  for (;;) wait_for_event();
}
