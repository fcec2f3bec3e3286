#include "ramecc.h"

/* AXI SRAM has one ECC per 64 bits (ST's RAMECC_ErrorCount example: failing address in units of 8 bytes).
 * DTCM is two banks of 32 bits: DTCM0 the even words, DTCM1 the odd ones.
 * unverified: word width of the backup RAM's ECC (32 bits taken). */
const ramecc_unit ramecc_units[RAMECC_UNITS] = {
    {0x52009020u, 0x24000000u, 8u, 0x52009000u}, /* RAMECC1 monitor 0: AXI SRAM1 */
    {0x52009060u, 0x20000000u, 4u, 0x52009000u}, /* monitor 2: DTCM0 */
    {0x52009080u, 0x20000004u, 4u, 0x52009000u}, /* monitor 3: DTCM1 */
    {0x520090a0u, 0x24040000u, 8u, 0x52009000u}, /* monitor 4: AXI SRAM3 */
    {0x58027040u, 0x38800000u, 4u, 0x58027000u}, /* RAMECC2 monitor 1: backup RAM */
    {0x52009040u, 0u, 4u, 0x52009000u}, /* monitor 1: ITCM, off in the MPU */
};

uint32_t ramecc_unit_of(uint32_t instance) {
  uint32_t unit = 0;
  while (unit < RAMECC_UNITS && ramecc_units[unit].monitor != instance) unit++;
  return unit;
}
