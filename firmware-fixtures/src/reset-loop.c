/* Starts its banner and resets, for ever. */
#include "registers.h"
#include "cpu.h"
#include "line.h"
#include "uart.h"

void main(void);
void main(void) {
  uart_init();
  line_open("$rot-hil fixture=reset-loop");
  line_text(" version=" VERSION);
  uart_flush();
  dsb();
  AIRCR = AIRCR_SYSRESETREQ;
  dsb();
  for (;;) wait_for_event();
}
