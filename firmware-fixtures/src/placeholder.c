/* Internal flash, where a user's OEMiROT_Boot goes. A virtual board models the root of trust and runs nothing of this;
 * a real board that got it by mistake says so once and sleeps. It writes no flash and no option byte. */
#include "cpu.h"
#include "line.h"
#include "uart.h"

void main(void);
void main(void) {
  uart_init();
  line_text("\r\nrot-hil placeholder: not a root of trust\r\n");
  uart_flush();
  for (;;) wait_for_event();
}
