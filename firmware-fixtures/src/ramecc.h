/* The RAM ECC monitors and the handles that the root of trust leaves for the application
 * (STM32CubeH7RS OEMiROT_Boot/Src/low_level_ramecc.c: five HAL handles of 12 bytes at 0x30007FC0). */
#ifndef ROT_HIL_RAMECC_H
#define ROT_HIL_RAMECC_H

#include <stdint.h>

typedef struct {
  volatile uint32_t cr, sr, far, fdrl, fdrh, fecr;
} ramecc_monitor;

typedef struct {
  uint32_t instance, state, error_code;
} ramecc_handle;

#define RAMECC_HANDLES 5u
#define RAMECC_HANDLE(n) ((const volatile ramecc_handle *)0x30007fc0u + (n))

typedef struct {
  uint32_t monitor; /* address of its registers */
  uint32_t memory; /* address of the test area in the RAM it watches; 0 = not for tests */
  uint32_t stride; /* bytes per word with an ECC of its own */
  uint32_t ier; /* address of RAMECCx_IER */
} ramecc_unit;

#define RAMECC_UNITS 6u
extern const ramecc_unit ramecc_units[RAMECC_UNITS];
static inline ramecc_monitor *ramecc_registers(uint32_t unit) { return (ramecc_monitor *)ramecc_units[unit].monitor; }
/* Index of the unit whose registers stand at `instance`, or RAMECC_UNITS. */
uint32_t ramecc_unit_of(uint32_t instance);

#endif
