#include "fault.h"
#include "cpu.h"
#include "line.h"
#include "registers.h"
#include "uart.h"

#define UNPRIVILEGED_STACK 256u
#define WINDOW_REGION 15u /* above the code region 14 of the root of trust's table, and free in it */
#define STACK_REGION 9u /* above region 5, which covers AHB SRAM2; free as well */
#define FRAME_WORDS 8u
/* RASR: full access, XN, normal write-back like region 5, 256 bytes; read-only for all, executable, like region 14, 128 bytes. */
#define STACK_RASR ((1u << 28) | (3u << 24) | (1u << 19) | (1u << 17) | (1u << 16) | (7u << 1) | 1u)
#define WINDOW_RASR ((6u << 24) | (1u << 19) | (1u << 18) | (1u << 17) | (1u << 16) | (6u << 1) | 1u)

extern const uint32_t __ram_start[], __ram_end[];

volatile uint32_t serving;
static uint8_t unprivileged_stack[UNPRIVILEGED_STACK] __attribute__((aligned(UNPRIVILEGED_STACK)));
static struct {
  bool reset_on_fault;
  bool window_open;
  uint32_t window[2], stack[2]; /* RBAR, RASR before */
} state;

void fault_init(void) { SHCSR |= SHCSR_FAULTS_ENABLED; }

void fault_set_policy(bool reset) { state.reset_on_fault = reset; }

static void region_swap(uint32_t region, uint32_t rbar, uint32_t rasr, uint32_t *before) {
  MPU_RNR = region;
  if (before) {
    before[0] = MPU_RBAR;
    before[1] = MPU_RASR;
  }
  MPU_RASR = 0u;
  MPU_RBAR = rbar & ~0x1fu;
  MPU_RASR = rasr;
}

static void window_close(void) {
  if (!state.window_open) return;
  region_swap(WINDOW_REGION, state.window[0], state.window[1], 0);
  region_swap(STACK_REGION, state.stack[0], state.stack[1], 0);
  dsb();
  isb();
  state.window_open = false;
}

uint32_t fault_unprivileged(uint32_t operation, uint32_t address, uint32_t value) {
  uint32_t stack = (uint32_t)unprivileged_stack;
  region_swap(WINDOW_REGION, (uint32_t)unprivileged_window, WINDOW_RASR, state.window);
  region_swap(STACK_REGION, stack, STACK_RASR, state.stack);
  state.window_open = true;
  dsb();
  isb();
  uint32_t result = unprivileged_access(operation, address, value, stack + UNPRIVILEGED_STACK);
  window_close();
  return result;
}

_Noreturn void system_reset(void) {
  dsb();
  AIRCR = AIRCR_SYSRESETREQ;
  dsb();
  for (;;) wait_for_event();
}

static bool readable(const uint32_t *frame, uint32_t cfsr) {
  return !(cfsr & (CFSR_MSTKERR | CFSR_STKERR)) && frame >= __ram_start && frame + FRAME_WORDS <= __ram_end &&
         !((uint32_t)frame & 3u);
}

/* Runs in the handler. Its waits are WFE too (uart.h). */
_Noreturn void fault_report(const uint32_t *frame, uint32_t exc_return) {
  uint32_t exception = read_ipsr();
  bool from_handler = !(exc_return & 8u);
  bool privileged = from_handler || !(read_control() & 1u);
  uint32_t cfsr = CFSR, hfsr = HFSR, mmfar = MMFAR, bfar = BFAR;
  /* A fault of a handler ends in HardFault. The MPU may be why the handler failed; a second fault here would lock the
   * core up without a word, so go on without it: the chip is reset below in any case. */
  if (from_handler) {
    MPU_CTRL = 0u;
    dsb();
    isb();
  } else {
    window_close();
  }
  /* The main stack itself was out of reach (startup.S went on with the MPU off): there is nothing to go on with. */
  bool main_stack_lost = !(exc_return & 4u) && cfsr & (CFSR_MSTKERR | CFSR_STKERR);
  bool stored = readable(frame, cfsr);
  CFSR = cfsr;
  HFSR = hfsr;
  SHCSR &= ~SHCSR_FAULTS_PENDED; /* a failed stacking raises a second fault behind the first: one line tells both */
  CCR &= ~CCR_DIV_0_TRP;
  uart_quiet();
  line_abandon();
  line_open("!fault seq=");
  line_decimal(serving);
  line_name("exception");
  line_decimal(exception);
  line_field("cfsr", cfsr);
  line_field("hfsr", hfsr);
  line_field("mmfar", mmfar);
  line_field("bfar", bfar);
  line_field("pc", stored ? frame[6] : 0xffffffffu);
  line_field("lr", stored ? frame[5] : 0xffffffffu);
  line_field("xpsr", stored ? frame[7] : 0xffffffffu);
  line_name("psr_priv");
  line_decimal(privileged);
  line_close();
  serving = 0;
  if (from_handler || main_stack_lost || state.reset_on_fault) {
    uart_flush();
    system_reset();
  }
  fault_resume(serve);
}
