/* Lines of the console protocol: ` crc=XXXXXXXX` CR LF at the end, computed on the way out. */
#ifndef ROT_HIL_LINE_H
#define ROT_HIL_LINE_H

#include <stdint.h>

void line_open(const char *start);
void line_text(const char *text);
void line_char(char c);
void line_decimal(uint32_t value);
/* `0x` and 8 digits. */
void line_hex(uint32_t value);
/* Two digits, without `0x`. */
void line_byte(uint8_t value);
/* ` name=` */
void line_name(const char *name);
/* ` name=0x????????` */
void line_field(const char *name, uint32_t value);
void line_close(void);
/* Ends a line that a fault cut short (its CRC is missing, so nobody takes it for an answer). */
void line_abandon(void);

#endif
