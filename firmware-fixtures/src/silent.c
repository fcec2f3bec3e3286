/* A valid application that never says a word: what a harness sees of a dead console. */
#include "cpu.h"

void main(void);
void main(void) {
  for (;;) wait_for_event();
}
