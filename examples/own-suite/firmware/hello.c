/* A whole application for the secure boot of the STM32H7S78-DK, without a library: says hello, ticks every 100 ms, takes commands of
 * one letter over UART4 (115200 8N1), and tells of its faults. The root of trust has set the clocks: PCLK1 is 95 MHz, the core runs at 380 MHz. */
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))
#define RCC_CCIPR2 REG(0x58024450u)
#define RCC_AHB4ENR REG(0x58024540u)
#define RCC_APB1ENR1 REG(0x58024548u)
#define GPIOD_MODER REG(0x58020c00u)
#define GPIOD_AFRL REG(0x58020c20u)
#define CODE 0x70000400u
#define UART4_CR1 REG(0x40004c00u)
#define UART4_BRR REG(0x40004c0cu)
#define UART4_ISR REG(0x40004c1cu)
#define UART4_RDR REG(0x40004c24u)
#define UART4_TDR REG(0x40004c28u)
#define SYST_CSR REG(0xe000e010u)
#define SYST_RVR REG(0xe000e014u)
#define CFSR REG(0xe000ed28u)
#define HFSR REG(0xe000ed2cu)
#define MMFAR REG(0xe000ed34u)
#define BFAR REG(0xe000ed38u)

extern uint32_t stack_top;
void reset_handler(void);
void hard_fault(void);
void tick(void);
void tell_fault(const uint32_t *frame);

static volatile uint32_t ticks;

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, reset_handler, hard_fault, hard_fault, hard_fault, hard_fault, hard_fault, 0, 0, 0, 0, hard_fault, hard_fault, 0, hard_fault, tick,
};

static void put(const char *text) {
  for (; *text; text++) {
    while (!(UART4_ISR & (1u << 7))) {}
    UART4_TDR = (uint8_t)*text;
  }
}

static void put_register(const char *name, uint32_t value) {
  char text[] = "=0x00000000 ";
  for (int i = 0; i < 8; i++) text[10 - i] = "0123456789abcdef"[(value >> (4 * i)) & 15u];
  put(name);
  put(text);
}

static void put_number(uint32_t value) {
  char text[11] = {0};
  int at = 10;
  do text[--at] = (char)('0' + value % 10u);
  while ((value /= 10u) != 0u);
  put(text + at);
}

void tick(void) { ticks++; }

__attribute__((naked)) void hard_fault(void) {
  __asm volatile("mrs r0, msp\n b tell_fault");
}

void tell_fault(const uint32_t *frame) {
  put("fault ");
  put_register("CFSR", CFSR);
  put_register("HFSR", HFSR);
  put_register("MMFAR", MMFAR);
  put_register("BFAR", BFAR);
  put_register("PC", frame[6]);
  put_register("LR", frame[5]);
  put("\r\n");
  for (;;) __asm volatile("wfi");
}

__attribute__((noreturn)) void reset_handler(void) {
  ticks = 0;
  RCC_AHB4ENR |= 1u << 3;   /* GPIOD */
  RCC_APB1ENR1 |= 1u << 19; /* UART4 */
  (void)RCC_APB1ENR1;
  RCC_CCIPR2 &= ~7u;                                  /* kernel clock = PCLK1 */
  GPIOD_AFRL = (GPIOD_AFRL & ~0xffu) | 0x88u;         /* PD0, PD1: AF8 */
  GPIOD_MODER = (GPIOD_MODER & ~0xfu) | 0xau;
  UART4_CR1 = 0;
  UART4_BRR = 825; /* 95 MHz / 115200 */
  UART4_CR1 = (1u << 29) | (1u << 3) | (1u << 2) | 1u; /* FIFO, TE, RE, UE */
  SYST_RVR = 7600000u - 1u;                           /* 20 ms */
  SYST_CSR = 7u;
  put("hello " VERSION "\r\n");
  for (uint32_t told = 0;;) {
    __asm volatile("wfi");
    if (ticks / 5u != told) {
      told = ticks / 5u;
      put("tick ");
      put_number(told);
      put("\r\n");
    }
    if (!(UART4_ISR & (1u << 5))) continue;
    switch ((char)UART4_RDR) {
      case 'v': put("version " VERSION "\r\n"); break;
      case 'w': REG(CODE) = 0; break; /* into its own code, which the root of trust has made read-only */
      default: put("v: version, w: write into the code\r\n");
    }
  }
}
