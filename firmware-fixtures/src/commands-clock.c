#include "commands.h"
#include "clock.h"
#include "cpu.h"
#include "fault.h"
#include "line.h"
#include "registers.h"
#include "uart.h"

/* PLL1DIVR1, R Q P N: 64 MHz / 32 x 380 / 2 as OEMiROT_Boot leaves it; 64 MHz / 32 x 300 / 1 as STM32CubeH7RS Templates/Template/Boot. */
#define DIVIDERS_380 0x0101037bu
#define DIVIDERS_600 0x0101012bu
#define EXTERNAL_FLASH 0x90000000u
#define CHARACTERS "0123456789abcdef" /* as many as the transmit FIFO holds: they leave back to back */

static bool executes_in_place(void) { return (uint32_t)vector_table >= EXTERNAL_FLASH; }

void command_clock(const arguments *a) {
  answer_ok(a);
  line_field("cpu", clock_cpu());
  line_field("pclk1", clock_pclk1());
  line_field("brr", CONSOLE_BRR);
  line_name("text");
  uart_flush();
  uint32_t start = DWT_CYCCNT;
  line_text(CHARACTERS);
  uart_flush_awake();
  uint32_t sent = DWT_CYCCNT - start;
  line_field("sent", sent);
  line_close();
}

void command_cpu_clock(const arguments *a) {
  uint32_t mhz;
  if (!argument_number(a, 0, &mhz) || (mhz != 380u && mhz != 600u)) return answer_error(a->seq, "bad-argument");
  if (executes_in_place()) return answer_error(a->seq, "executes-in-place");
  bool done = clock_pll1(mhz == 600u ? DIVIDERS_600 : DIVIDERS_380, mhz == 600u);
  uart_reclock(); /* for whatever the clock is now */
  if (!done) return answer_error(a->seq, "no-clock");
  answer_ok(a);
  line_field("cpu", clock_cpu());
  line_field("brr", CONSOLE_BRR);
  line_close();
}

void command_line_watch(const arguments *a) {
  answer_ok(a);
  line_close();
  uart_flush();
  uart_watch();
}

void command_line_time(const arguments *a) {
  uint32_t shortest;
  uint32_t characters = uart_watched(&shortest);
  answer_ok(a);
  line_field("characters", characters);
  line_field("shortest", shortest);
  line_close();
}

/* Where the routine that survives without external memory is copied to: AXI SRAM2, which no monitor watches and no boot clears. */
#define RESIDENT 0x24020000u
#define RESIDENT_REGION 15u
/* RASR: privileged read-write, executable, normal non-cacheable, 256 bytes. */
#define RESIDENT_RASR ((1u << 24) | (1u << 19) | (7u << 1) | 1u)

extern const uint32_t pll2_pause_start[], pll2_pause_end[];

void command_pll2_pause(const arguments *a) {
  uint32_t address, result[3];
  if (!argument_number(a, 0, &address) || address & 3u) return answer_error(a->seq, "bad-argument");
  volatile uint32_t *to = (volatile uint32_t *)RESIDENT;
  for (const uint32_t *from = pll2_pause_start; from < pll2_pause_end; from++) *to++ = *from;
  uart_flush();
  MPU_RNR = RESIDENT_REGION;
  uint32_t rbar = MPU_RBAR, rasr = MPU_RASR;
  MPU_RASR = 0u;
  MPU_RBAR = RESIDENT;
  MPU_RASR = RESIDENT_RASR;
  dsb();
  isb();
  ((void (*)(uint32_t, uint32_t *))(RESIDENT | 1u))(address, result);
  MPU_RNR = RESIDENT_REGION;
  MPU_RASR = 0u;
  MPU_RBAR = rbar & ~0x1fu;
  MPU_RASR = rasr;
  dsb();
  isb();
  answer_ok(a);
  line_field("value", result[0]);
  line_field("cfsr", result[1]);
  line_field("bfar", result[2]);
  line_close();
}
