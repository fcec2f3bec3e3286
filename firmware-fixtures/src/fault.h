#ifndef ROT_HIL_FAULT_H
#define ROT_HIL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

void fault_init(void);
void fault_set_policy(bool reset);
/* Opens the unprivileged window and stack (MPU regions 15 and 9), does one access there, restores both regions. */
uint32_t fault_unprivileged(uint32_t operation, uint32_t address, uint32_t value);
#define UNPRIVILEGED_READ 0u
#define UNPRIVILEGED_WRITE 1u
#define UNPRIVILEGED_EXEC 2u

/* Where the console goes on after a fault. */
_Noreturn void serve(void);
/* The sequence number of the request being served, 0 between requests. */
extern volatile uint32_t serving;

_Noreturn void system_reset(void);

/* startup.S */
_Noreturn void fault_report(const uint32_t *frame, uint32_t exc_return);
_Noreturn void fault_resume(void (*target)(void));
uint32_t unprivileged_access(uint32_t operation, uint32_t address, uint32_t value, uint32_t stack_top);
extern const uint32_t vector_table[], unprivileged_window[];
void return_probe(void);

#endif
