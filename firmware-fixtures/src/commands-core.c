#include "commands.h"
#include "clock.h"
#include "cpu.h"
#include "fault.h"
#include "line.h"
#include "registers.h"
#include "uart.h"

#define ECHO_MAX 64u
#define MPU_REGIONS 16u
#define LSI_HZ 32000u
#define IWDG_RELOAD_MAX 0xfffu
#define IWDG_STATUS_READS 1000000u

void identity(void) {
  line_text(" fixture=app version=" VERSION " kit=" KIT);
  line_field("run", (uint32_t)vector_table);
  line_field("vtor", VTOR);
}

void command_identify(const arguments *a) {
  answer_ok(a);
  identity();
  line_text(" proto=1");
  line_close();
}

void command_echo(const arguments *a) {
  const char *text = a->text[0];
  if (request_length(text) > ECHO_MAX) return answer_error(a->seq, "bad-argument");
  for (const char *c = text; *c; c++) {
    if (*c < '!' || *c > '~') return answer_error(a->seq, "bad-argument");
  }
  answer_ok(a);
  line_name("text");
  line_text(text);
  line_close();
}

void command_vtor(const arguments *a) {
  uint32_t vtor = VTOR;
  uint32_t stack = REG32(vtor), reset = REG32(vtor + 4u);
  answer_ok(a);
  line_field("vtor", vtor);
  line_field("msp_initial", stack);
  line_field("reset", reset);
  line_close();
}

void command_mpu(const arguments *a) {
  answer_ok(a);
  line_field("type", MPU_TYPE);
  line_field("ctrl", MPU_CTRL);
  for (uint32_t region = 0; region < MPU_REGIONS; region++) {
    MPU_RNR = region;
    uint32_t rbar = MPU_RBAR, rasr = MPU_RASR;
    line_text(" r");
    line_decimal(region);
    line_char('=');
    line_hex(rbar);
    line_char(':');
    line_hex(rasr);
  }
  line_close();
}

void command_mpu_set(const arguments *a) {
  uint32_t region, rbar, rasr;
  if (!argument_number(a, 0, &region) || !argument_number(a, 1, &rbar) || !argument_number(a, 2, &rasr) ||
      region >= MPU_REGIONS) {
    return answer_error(a->seq, "bad-argument");
  }
  MPU_RNR = region;
  MPU_RBAR = rbar & ~0x1fu; /* VALID would send it to the region in the low bits, which `mpu` prints */
  MPU_RASR = rasr;
  dsb();
  isb();
  rbar = MPU_RBAR;
  rasr = MPU_RASR;
  answer_ok(a);
  line_field("rbar", rbar);
  line_field("rasr", rasr);
  line_close();
}

/* The documented loop: 1000 x (SUBS, BNE) between two loads of DWT_CYCCNT. */
static uint32_t thousand_iterations(void) {
  uint32_t before, after, count = 1000u;
  __asm volatile(
      "  .balign 8\n"
      "  ldr %0, [%3]\n"
      "1: subs %2, #1\n"
      "  bne 1b\n"
      "  ldr %1, [%3]\n"
      : "=&l"(before), "=&l"(after), "+&l"(count)
      : "l"(&DWT_CYCCNT)
      : "cc", "memory");
  return after - before;
}

void command_cycles(const arguments *a) {
  uint32_t delta = thousand_iterations();
  answer_ok(a);
  line_field("cyccnt", DWT_CYCCNT);
  line_field("delta", delta);
  line_close();
}

/* Half of the watchdog's time, by the core's clock. */
static void wait_half(uint32_t ms) {
  uint32_t start = DWT_CYCCNT, cycles = clock_cpu() / 2000u * ms;
  while (DWT_CYCCNT - start < cycles) continue;
}

static bool watchdog_time(const arguments *a, uint32_t index, uint32_t *ms) {
  return argument_number(a, index, ms) && *ms >= 1u && *ms <= 32000u;
}

static void watchdog_start(uint32_t ms, uint32_t *reload, uint32_t *prescaler) {
  uint32_t ticks = ms * (LSI_HZ / 1000u);
  *prescaler = 0; /* PR: LSI / (4 << PR) */
  while ((ticks >> (2u + *prescaler)) > IWDG_RELOAD_MAX) (*prescaler)++;
  *reload = ticks >> (2u + *prescaler);
  IWDG_KR = 0xccccu;
  IWDG_KR = 0x5555u;
  IWDG_PR = *prescaler;
  IWDG_RLR = *reload;
  /* PVU and RVU fall some LSI periods later; nothing interrupts then, so this is a bounded poll, not a WFE. */
  for (uint32_t reads = 0; IWDG_SR & (IWDG_SR_PVU | IWDG_SR_RVU) && reads < IWDG_STATUS_READS; reads++) uart_poll();
  IWDG_KR = 0xaaaau;
}

void command_iwdg(const arguments *a) {
  uint32_t ms, reload, prescaler;
  if (!watchdog_time(a, 0, &ms)) return answer_error(a->seq, "bad-argument");
  watchdog_start(ms, &reload, &prescaler);
  answer_ok(a);
  line_field("reload", reload);
  line_field("prescaler", 4u << prescaler);
  line_close();
}

/* WFI in the loop only keeps the core cool: nothing is done on a wake-up, and only a reset ends it. */
void command_hang(const arguments *a) {
  answer_ok(a);
  line_close();
  uart_flush();
  mask_interrupts();
  for (;;) wait_for_interrupt();
}

/* No request comes between the start of the watchdog and its end: how long a host takes for one changes nothing. */
void command_bite(const arguments *a) {
  uint32_t ms, refreshes, address, reload, prescaler;
  if (!watchdog_time(a, 0, &ms) || !argument_number(a, 1, &refreshes) || refreshes > 1000u || !argument_number(a, 2, &address) ||
      address & 3u) {
    return answer_error(a->seq, "bad-argument");
  }
  answer_ok(a);
  line_close();
  uart_flush();
  mask_interrupts();
  uint32_t start = DWT_CYCCNT;
  watchdog_start(ms, &reload, &prescaler);
  for (; refreshes; refreshes--) {
    wait_half(ms);
    IWDG_KR = 0xaaaau;
  }
  for (;;) REG32(address) = DWT_CYCCNT - start;
}

void command_reset(const arguments *a) {
  answer_ok(a);
  line_close();
  uart_flush();
  system_reset();
}
