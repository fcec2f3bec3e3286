#include "line.h"
#include "crc32.h"
#include "uart.h"

#include <stdbool.h>

static struct {
  uint32_t crc;
  bool open;
} line;

void line_char(char c) {
  line.crc = crc32_add(line.crc, (uint8_t)c);
  uart_put((uint8_t)c);
}

void line_text(const char *text) {
  while (*text) line_char(*text++);
}

static void digits(uint32_t value, uint32_t count) {
  while (count--) line_char("0123456789abcdef"[(value >> (4u * count)) & 15u]);
}

void line_open(const char *start) {
  line.open = true;
  line.crc = CRC32_START;
  line_text(start);
}

void line_decimal(uint32_t value) {
  char text[10];
  uint32_t count = 0;
  do {
    text[count++] = (char)('0' + value % 10u);
    value /= 10u;
  } while (value);
  while (count) line_char(text[--count]);
}

void line_hex(uint32_t value) {
  line_text("0x");
  digits(value, 8u);
}

void line_byte(uint8_t value) { digits(value, 2u); }

void line_name(const char *name) {
  line_char(' ');
  line_text(name);
  line_char('=');
}

void line_field(const char *name, uint32_t value) {
  line_name(name);
  line_hex(value);
}

void line_close(void) {
  uint32_t crc = crc32_finish(line.crc);
  line_name("crc");
  digits(crc, 8u);
  line_text("\r\n");
  line.open = false;
}

void line_abandon(void) {
  if (line.open) line_text("\r\n");
  line.open = false;
}
