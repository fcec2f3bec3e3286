#ifndef ROT_HIL_CRC32_H
#define ROT_HIL_CRC32_H

#include <stdint.h>

/* CRC-32 of zlib (reflected polynomial 0xEDB88320, start and final XOR 0xFFFFFFFF):
 * crc32_finish(crc32_add(crc32_add(CRC32_START, 'a'), 'b')). */
#define CRC32_START 0xffffffffu
uint32_t crc32_add(uint32_t crc, uint8_t byte);
static inline uint32_t crc32_finish(uint32_t crc) { return ~crc; }

#endif
