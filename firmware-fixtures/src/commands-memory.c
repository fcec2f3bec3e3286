#include "commands.h"
#include "cpu.h"
#include "crc32.h"
#include "line.h"
#include "uart.h"

#define DUMP_MAX 64u
#define CONFIRMATION_FLAG ((volatile uint32_t *)0x30007fa0u)

static bool width_of(const arguments *a, uint32_t index, uint32_t *width) {
  return argument_number(a, index, width) && (*width == 1u || *width == 2u || *width == 4u);
}

void command_read(const arguments *a) {
  uint32_t address, width, value;
  if (!argument_number(a, 0, &address) || !width_of(a, 1, &width)) return answer_error(a->seq, "bad-argument");
  if (width == 1u) value = *(volatile uint8_t *)address;
  else if (width == 2u) value = *(volatile uint16_t *)address;
  else value = *(volatile uint32_t *)address;
  answer_ok(a);
  line_field("value", value);
  line_close();
}

void command_write(const arguments *a) {
  uint32_t address, value, width;
  if (!argument_number(a, 0, &address) || !argument_number(a, 1, &value) || !width_of(a, 2, &width) ||
      (width < 4u && value >> (8u * width))) {
    return answer_error(a->seq, "bad-argument");
  }
  if (width == 1u) *(volatile uint8_t *)address = (uint8_t)value;
  else if (width == 2u) *(volatile uint16_t *)address = (uint16_t)value;
  else *(volatile uint32_t *)address = value;
  dsb(); /* an imprecise bus fault arrives inside this request */
  answer_ok(a);
  line_field("value", value);
  line_close();
}

void command_dump(const arguments *a) {
  uint32_t address, count;
  uint8_t bytes[DUMP_MAX];
  if (!argument_number(a, 0, &address) || !argument_number(a, 1, &count) || !count || count > DUMP_MAX) {
    return answer_error(a->seq, "bad-argument");
  }
  for (uint32_t i = 0; i < count; i++) bytes[i] = ((volatile uint8_t *)address)[i];
  answer_ok(a);
  line_name("data");
  for (uint32_t i = 0; i < count; i++) line_byte(bytes[i]);
  line_close();
}

void command_crc32(const arguments *a) {
  uint32_t address, count;
  if (!argument_number(a, 0, &address) || !argument_number(a, 1, &count) || !count) {
    return answer_error(a->seq, "bad-argument");
  }
  uint32_t crc = CRC32_START;
  for (uint32_t i = 0; i < count; i++) {
    if ((i & 63u) == 0u) uart_poll();
    crc = crc32_add(crc, ((volatile uint8_t *)address)[i]);
  }
  crc = crc32_finish(crc);
  answer_ok(a);
  line_name("crc32");
  for (uint32_t i = 4; i--;) line_byte((uint8_t)(crc >> (8u * i)));
  line_close();
}

/* STM32CubeH7RS OEMiROT_Appli: these 16 bytes ask the root of trust to confirm the running image at the next boot.
 * Region 13 of its MPU table makes the place non-cacheable, so there is nothing to clean. */
void command_confirm(const arguments *a) {
  static const uint32_t flag[4] = {0x001fbbb7u, 0x00236445u, 0x0023a889u, 0x0023d111u};
  for (uint32_t i = 0; i < 4u; i++) CONFIRMATION_FLAG[i] = flag[i];
  dsb();
  uint8_t bytes[16];
  for (uint32_t i = 0; i < 16u; i++) bytes[i] = ((volatile uint8_t *)CONFIRMATION_FLAG)[i];
  answer_ok(a);
  line_name("flag");
  for (uint32_t i = 0; i < 16u; i++) line_byte(bytes[i]);
  line_close();
}
