/* Talks without end and never gives a banner. */
#include "line.h"
#include "uart.h"

void main(void);
void main(void) {
  uart_init();
  for (uint32_t count = 0;; count++) {
    line_open("babble");
    line_field("line", count);
    line_close();
  }
}
