#include "commands.h"
#include "cpu.h"
#include "fault.h"
#include "interrupts.h"
#include "line.h"
#include "ramecc.h"
#include "registers.h"

/* Test words lie in the first 4 KB of each RAM (the whole backup RAM). */
#define TEST_AREA 4096u
/* ST's RAMECC_ErrorCount example: 2 in CR[17:16] writes data and leaves the stored ECC as it is. */
#define CR_KEEP_ECC_MASK (3u << 16)
#define CR_KEEP_ECC (2u << 16)
#define PATTERN_LOW 0x5aa55aa5u
#define PATTERN_HIGH 0xc33cc33cu
/* Bit 12 as in ST's example, bit 13 next to it for a double error. */
#define ONE_BIT 0x00001000u
#define TWO_BITS 0x00003000u

static uint32_t last_offset[RAMECC_HANDLES];

void command_ramecc(const arguments *a) {
  ramecc_handle handle[RAMECC_HANDLES];
  uint32_t value[RAMECC_HANDLES][6];
  for (uint32_t i = 0; i < RAMECC_HANDLES; i++) {
    handle[i].instance = RAMECC_HANDLE(i)->instance;
    handle[i].state = RAMECC_HANDLE(i)->state;
    handle[i].error_code = RAMECC_HANDLE(i)->error_code;
    if (ramecc_unit_of(handle[i].instance) == RAMECC_UNITS) continue;
    const volatile uint32_t *monitor = (const volatile uint32_t *)handle[i].instance;
    for (uint32_t r = 0; r < 6u; r++) value[i][r] = monitor[r];
  }
  uint32_t ier1 = RAMECC1_IER, ier2 = RAMECC2_IER;
  answer_ok(a);
  line_field("ier1", ier1);
  line_field("ier2", ier2);
  for (uint32_t i = 0; i < RAMECC_HANDLES; i++) {
    line_text(" h");
    line_decimal(i);
    line_char('=');
    line_hex(handle[i].instance);
    line_char(':');
    line_hex(handle[i].state);
    line_char(':');
    line_hex(handle[i].error_code);
  }
  for (uint32_t i = 0; i < RAMECC_HANDLES; i++) {
    line_text(" m");
    line_decimal(i);
    line_char('=');
    if (ramecc_unit_of(handle[i].instance) == RAMECC_UNITS) {
      line_text("none");
      continue;
    }
    for (uint32_t r = 0; r < 6u; r++) {
      if (r) line_char(':');
      line_hex(value[i][r]);
    }
  }
  line_close();
}

/* The unit that handle `index` names, or RAMECC_UNITS. */
static uint32_t unit_of_handle(const arguments *a, uint32_t *index) {
  if (!argument_number(a, 0, index) || *index >= RAMECC_HANDLES) {
    answer_error(a->seq, "bad-argument");
    return RAMECC_UNITS;
  }
  uint32_t unit = ramecc_unit_of(RAMECC_HANDLE(*index)->instance);
  if (unit == RAMECC_UNITS || !ramecc_units[unit].memory) {
    answer_error(a->seq, "bad-handle");
    return RAMECC_UNITS;
  }
  return unit;
}

/* The RAM that the program itself runs from is read-only to it. Backup RAM needs its clock and write access to the backup domain; the other RAMs are always there. */
static bool accessible(uint32_t unit) {
  if (ramecc_units[unit].memory == (uint32_t)vector_table - 0x400u) return false;
  if (ramecc_units[unit].memory != 0x38800000u) return true;
  RCC_AHB4ENR |= RCC_AHB4ENR_BKPRAMEN;
  PWR_CR1 |= PWR_CR1_DBP;
  dsb();
  return (RCC_AHB4ENR & RCC_AHB4ENR_BKPRAMEN) && (PWR_CR1 & PWR_CR1_DBP);
}

/* One store of the width that has an ECC of its own: a narrower one would make the RAM read, merge and correct.
 * unverified: that STRD to AXI SRAM leaves the core as one 64-bit write. */
static void store_word(uint32_t unit, uint32_t address, uint32_t low, uint32_t high) {
  if (ramecc_units[unit].stride == 8u) {
    __asm volatile("strd %0, %1, [%2]" ::"r"(low), "r"(high), "r"(address) : "memory");
  } else {
    REG32(address) = low;
  }
  dsb();
}

static void keep_ecc(ramecc_monitor *monitor, bool keep) {
  monitor->cr = (monitor->cr & ~CR_KEEP_ECC_MASK) | (keep ? CR_KEEP_ECC : 0u);
  (void)monitor->cr; /* written before the RAM is */
  dsb();
}

static void clear_interrupt(ramecc_monitor *monitor) {
  monitor->sr = 0u;
  (void)monitor->sr;
  dsb();
}

void command_ecc_inject(const arguments *a) {
  uint32_t index, bits, offset;
  uint32_t unit = unit_of_handle(a, &index);
  if (unit == RAMECC_UNITS) return;
  if (!argument_number(a, 1, &bits) || !argument_number(a, 2, &offset) || bits < 1u || bits > 2u || offset & 7u ||
      offset >= TEST_AREA) {
    return answer_error(a->seq, "bad-argument");
  }
  if (!accessible(unit)) return answer_error(a->seq, "not-accessible");

  ramecc_monitor *monitor = ramecc_registers(unit);
  uint32_t address = ramecc_units[unit].memory + offset;
  uint32_t flipped = bits == 1u ? ONE_BIT : TWO_BITS;
  store_word(unit, address, PATTERN_LOW, PATTERN_HIGH);
  clear_interrupt(monitor);
  ramecc_cleared(unit);
  last_offset[index] = offset;
  uint32_t irqs = ramecc_interrupts;
  keep_ecc(monitor, true);
  store_word(unit, address, PATTERN_LOW ^ flipped, PATTERN_HIGH);
  keep_ecc(monitor, false);
  /* unverified: that a double error is no bus error as well. If it is, the `!fault` line replaces the answer, and
   * ecc-clear repairs the word as ever. */
  uint32_t read = REG32(address);
  dsb();
  isb();
  uint32_t sr = monitor->sr | ramecc_cleared(unit);
  uint32_t far = monitor->far, fdrl = monitor->fdrl, fdrh = monitor->fdrh, fecr = monitor->fecr;
  irqs = ramecc_interrupts - irqs;
  answer_ok(a);
  line_field("address", address);
  line_field("written", PATTERN_LOW);
  line_field("read", read);
  line_field("sr", sr);
  line_field("far", far);
  line_field("fdrl", fdrl);
  line_field("fdrh", fdrh);
  line_field("fecr", fecr);
  line_field("irqs", irqs);
  line_close();
}

void command_ecc_clear(const arguments *a) {
  uint32_t index;
  uint32_t unit = unit_of_handle(a, &index);
  if (unit == RAMECC_UNITS) return;
  if (!accessible(unit)) return answer_error(a->seq, "not-accessible");
  ramecc_monitor *monitor = ramecc_registers(unit);
  keep_ecc(monitor, false);
  store_word(unit, ramecc_units[unit].memory + last_offset[index], 0u, 0u);
  clear_interrupt(monitor);
  ramecc_cleared(unit);
  uint32_t sr = monitor->sr;
  answer_ok(a);
  line_field("sr", sr);
  line_close();
}
