#include "request.h"
#include "crc32.h"

#include <stddef.h>

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool request_is(const char *text, const char *expected) {
  while (*text && *text == *expected) text++, expected++;
  return *text == *expected;
}

uint32_t request_length(const char *text) {
  uint32_t length = 0;
  while (text[length]) length++;
  return length;
}

bool request_number(const char *text, uint32_t *value) {
  uint32_t base = 10u;
  if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16u;
    text += 2;
  }
  if (!*text) return false;
  uint64_t number = 0;
  for (; *text; text++) {
    int digit = hex_digit(*text);
    if (digit < 0 || (uint32_t)digit >= base) return false;
    number = number * base + (uint32_t)digit;
    if (number > 0xffffffffu) return false;
  }
  *value = (uint32_t)number;
  return true;
}

uint32_t request_seq(const char *text) {
  uint32_t seq = 0;
  uint32_t digits = 0;
  while (*text >= '0' && *text <= '9' && digits < 7u) {
    seq = seq * 10u + (uint32_t)(*text++ - '0');
    digits++;
  }
  return digits && *text == ' ' && seq <= 999999u ? seq : 0u;
}

/* Cuts `*XXXXXXXX` off. A `*` anywhere starts the CRC, so a line cut short inside it is not taken for one without. */
static bool checked(char *text) {
  uint32_t crc = CRC32_START;
  while (*text && *text != '*') crc = crc32_add(crc, (uint8_t)*text++);
  if (!*text) return true;
  *text++ = 0;
  uint32_t claimed = 0;
  for (uint32_t i = 0; i < 8u; i++) {
    int digit = hex_digit(*text++);
    if (digit < 0) return false;
    claimed = claimed << 4 | (uint32_t)digit;
  }
  return !*text && claimed == crc32_finish(crc);
}

request_verdict request_parse(char *text, request *out) {
  out->seq = request_seq(text);
  out->words = 0;
  if (!*text) return REQUEST_EMPTY;
  if (!checked(text)) return REQUEST_BAD_CRC;
  if (!out->seq) return REQUEST_BAD_ARGUMENT;
  while (*text != ' ') text++;
  for (;;) {
    while (*text == ' ') *text++ = 0;
    if (!*text) break;
    if (out->words == REQUEST_WORDS) return REQUEST_BAD_ARGUMENT;
    out->word[out->words++] = text;
    while (*text && *text != ' ') text++;
  }
  return out->words ? REQUEST_OK : REQUEST_BAD_ARGUMENT;
}
