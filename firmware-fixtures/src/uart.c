#include "uart.h"
#include "clock.h"
#include "cpu.h"
#include "registers.h"

#define BAUD_RATE 115200u
#define RING_SIZE 256u /* a request line is at most 200 characters */
#define ACKNOWLEDGE_READS 100000u
#define CR1_RUNNING (USART_CR1_FIFOEN | USART_CR1_RXFNEIE | USART_CR1_TE | USART_CR1_RE | USART_CR1_UE)

#define WATCH_CYCLES (1u << 28) /* without a character for so long, the console sleeps again */

/* The line as DWT_CYCCNT sees it: the shortest time between two characters is that of one frame, whatever pauses the far end makes. */
static struct {
  bool on, timed;
  uint32_t last, shortest, characters;
} watch;

static struct {
  uint8_t bytes[RING_SIZE];
  uint32_t head;
  uint32_t tail;
  bool lost;
} ring;

void uart_init(void) {
  RCC_AHB4ENR |= RCC_AHB4ENR_GPIODEN;
  RCC_APB1ENR1 |= RCC_APB1ENR1_CONSOLEEN;
  (void)RCC_APB1ENR1; /* the clock runs after the write has reached RCC */
  RCC_CCIPR2 &= ~RCC_CCIPR2_UART234578SEL; /* kernel clock = PCLK1 */

  /* Two neighbouring pins, RX with pull-up. */
  const uint32_t shift = 2u * CONSOLE_FIRST_PIN;
  GPIOD_CONSOLE_AFR = (GPIOD_CONSOLE_AFR & ~0xffu) | CONSOLE_AF;
  GPIOD_OTYPER &= ~(3u << CONSOLE_FIRST_PIN);
  GPIOD_OSPEEDR &= ~(0xfu << shift);
  GPIOD_PUPDR = (GPIOD_PUPDR & ~(0xfu << shift)) | (0x5u << shift);
  GPIOD_MODER = (GPIOD_MODER & ~(0xfu << shift)) | (0xau << shift);

  CONSOLE_CR1 = 0u;
  CONSOLE_CR2 = 0u;
  CONSOLE_CR3 = 0u;
  CONSOLE_PRESC = 0u;
  uart_reclock();
  NVIC_ICER(CONSOLE_IRQn) = NVIC_BIT(CONSOLE_IRQn);
  SCR |= SCR_SEVONPEND;
}

void uart_reclock(void) {
  CONSOLE_CR1 = CR1_RUNNING & ~USART_CR1_UE; /* FIFOEN and BRR can be written only while UE is 0 */
  CONSOLE_BRR = (clock_pclk1() + BAUD_RATE / 2u) / BAUD_RATE;
  CONSOLE_CR1 = CR1_RUNNING;
  /* A few kernel clocks, and no interrupt announces them: the one bounded poll of this file. */
  for (uint32_t reads = 0; reads < ACKNOWLEDGE_READS; reads++) {
    if ((CONSOLE_ISR & (USART_ISR_TEACK | USART_ISR_REACK)) == (USART_ISR_TEACK | USART_ISR_REACK)) break;
  }
}

/* A character that was alone in the FIFO has just arrived; one behind another says nothing about its time. */
static void watched(bool alone) {
  uint32_t now = DWT_CYCCNT;
  if (alone && watch.timed && now - watch.last < watch.shortest) watch.shortest = now - watch.last;
  watch.last = now;
  watch.timed = alone;
  watch.characters++;
}

/* Empties the receive FIFO; true if there was something. `isr` is the status after that. */
static bool receive(uint32_t *isr) {
  bool any = false;
  for (;;) {
    *isr = CONSOLE_ISR;
    uint32_t errors = *isr & (USART_ISR_ORE | USART_ISR_NE | USART_ISR_FE | USART_ISR_PE);
    if (errors) {
      CONSOLE_ICR = errors; /* ORE holds the request line: it must go, or WFE would never see an edge again */
      if (errors & USART_ISR_ORE) ring.lost = true;
      any = true;
    }
    if (!(*isr & USART_ISR_RXFNE)) {
      if (errors) continue;
      return any;
    }
    uint8_t byte = (uint8_t)CONSOLE_RDR;
    if (watch.on) watched(!any);
    any = true;
    if (ring.head - ring.tail < RING_SIZE) ring.bytes[ring.head++ % RING_SIZE] = byte;
    else ring.lost = true;
  }
}

/* Clearing the pending bit comes before looking at the flags. A flag that rises after the look makes the line pending
 * anew, which is an event, so the WFE falls through: no wake-up is lost. */
static bool look(uint32_t *isr) {
  NVIC_ICPR(CONSOLE_IRQn) = NVIC_BIT(CONSOLE_IRQn);
  dsb();
  return receive(isr);
}

static void wait_for(uint32_t flag, uint32_t enable) {
  uint32_t isr;
  receive(&isr);
  if (isr & flag) return;
  CONSOLE_CR1 = CR1_RUNNING | enable;
  for (;;) {
    bool received = look(&isr);
    if (isr & flag) break;
    if (!received) wait_for_event();
  }
  CONSOLE_CR1 = CR1_RUNNING;
}

void uart_put(uint8_t byte) {
  wait_for(USART_ISR_TXFNF, USART_CR1_TXFNFIE);
  CONSOLE_TDR = byte;
}

void uart_flush(void) { wait_for(USART_ISR_TC, USART_CR1_TCIE); }

void uart_flush_awake(void) {
  while (!(CONSOLE_ISR & USART_ISR_TC)) uart_poll();
}

void uart_quiet(void) { CONSOLE_CR1 = CR1_RUNNING; }

void uart_poll(void) {
  uint32_t isr;
  receive(&isr);
}

bool uart_get(uint8_t *byte) {
  uart_poll();
  if (ring.head == ring.tail) return false;
  *byte = ring.bytes[ring.tail++ % RING_SIZE];
  return true;
}

void uart_sleep(void) {
  uint32_t isr;
  if (watch.on && watch.characters) { /* until the first one there is nothing to be timed: how long the far end takes for it changes no cycle */
    /* The moment of arrival is what counts: a tight poll, not a wake-up. */
    while (!(CONSOLE_ISR & USART_ISR_RXFNE)) {
      if (DWT_CYCCNT - watch.last < WATCH_CYCLES) continue;
      watch.on = false;
      break;
    }
    return;
  }
  if (!look(&isr)) wait_for_event();
}

void uart_watch(void) {
  watch.timed = false;
  watch.shortest = 0xffffffffu;
  watch.characters = 0u;
  watch.last = DWT_CYCCNT;
  watch.on = true;
}

uint32_t uart_watched(uint32_t *shortest) {
  watch.on = false;
  *shortest = watch.shortest;
  return watch.characters;
}

bool uart_lost(void) {
  bool lost = ring.lost;
  ring.lost = false;
  return lost;
}
