/* Start-up, output and end of CoreMark on a bare Cortex-M with Arm semihosting. */
#include "coremark.h"
#include <stdarg.h>

volatile ee_s32 seed1_volatile = 0, seed2_volatile = 0, seed3_volatile = 0x66, seed4_volatile = ITERATIONS, seed5_volatile = 0;
ee_u32 default_num_contexts = 1;

static int semihost(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

/* The host measures; the guest says a fixed time, so that two cores print the same. */
void start_time(void) {}
void stop_time(void) {}
CORE_TICKS get_time(void) { return 10; }
secs_ret time_in_secs(CORE_TICKS ticks) { return ticks; }
void portable_init(core_portable *p, int *argc, char *argv[]) { (void)argc; (void)argv; p->portable_id = 1; }
void portable_fini(core_portable *p) { p->portable_id = 0; }

static char line[200];
static char *number(char *at, ee_u32 value, unsigned base, int width) {
  char digits[12];
  int count = 0;
  do { digits[count++] = "0123456789abcdef"[value % base]; value /= base; } while (value);
  while (width-- > count) *at++ = '0';
  while (count) *at++ = digits[--count];
  return at;
}
/* %d, %u, %x with l and a width, %s. */
int ee_printf(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *at = line;
  for (; *format && at < line + sizeof line - 16; format++) {
    if (*format != '%') { *at++ = *format; continue; }
    int width = 0;
    format++;
    while ((*format >= '0' && *format <= '9') || *format == 'l') {
      if (*format != 'l') width = width * 10 + *format - '0';
      format++;
    }
    if (*format == 's') {
      const char *text = va_arg(arguments, const char *);
      while (*text && at < line + sizeof line - 2) *at++ = *text++;
      continue;
    }
    ee_u32 value = va_arg(arguments, ee_u32);
    if (*format == 'd' && (ee_s32)value < 0) { *at++ = '-'; value = 0 - value; }
    at = number(at, value, *format == 'x' ? 16 : 10, width);
  }
  *at = 0;
  va_end(arguments);
  return semihost(4, line);
}

int main(void);
void *memcpy(void *to, const void *from, size_t size) { char *t = to; const char *f = from; while (size--) *t++ = *f++; return to; }
void *memset(void *to, int value, size_t size) { char *t = to; while (size--) *t++ = (char)value; return to; }
static void start(void) {
  main();
  semihost(0x18, (const void *)0x20026);
  for (;;) {
  }
}
extern ee_u32 stack_top[];
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {stack_top, (const void *)start};
