/* The console: UART4 or USART3, 115200 8N1.
 *
 * Every wait is a WFE. Its request line is left disabled in the NVIC and SCR.SEVONPEND is set, so the line going
 * pending is an event: it wakes the core in thread mode and in any handler, whatever the priorities are.
 * Exceptions: uart_watch and uart_flush_awake, whose purpose is a time. Whether DWT_CYCCNT counts while the core sleeps is not known of every board.
 * unverified: that a probe attaches to the sleeping core without a reset (DBGMCU is left as found). */
#ifndef ROT_HIL_UART_H
#define ROT_HIL_UART_H

#include <stdbool.h>
#include <stdint.h>

void uart_init(void);
/* BRR for PCLK1 as it is now; nothing may be on the line. */
void uart_reclock(void);
void uart_put(uint8_t byte);
/* Until the last stop bit is out: before a reset. */
void uart_flush(void);
/* The same without sleep, for who counts the cycles of it. */
void uart_flush_awake(void);
/* Takes back the transmit interrupt enables of a wait that a fault cut short: they would keep the line pending. */
void uart_quiet(void);
/* Moves what has arrived into the receive ring; called inside long commands, so that 16 FIFO places (1.4 ms) never overflow. */
void uart_poll(void);
/* False if nothing has arrived. */
bool uart_get(uint8_t *byte);
/* Sleeps until a byte has arrived or an exception was taken; may return without either. */
void uart_sleep(void);
/* From now on the console polls, and takes the time of every character. */
void uart_watch(void);
/* Ends that. The characters seen, and the shortest time between two of them in cycles. */
uint32_t uart_watched(uint32_t *shortest);
/* True once after characters were lost. */
bool uart_lost(void);

#endif
