/* Instructions that C cannot say. */
#ifndef ROT_HIL_CPU_H
#define ROT_HIL_CPU_H

#include <stdint.h>

static inline void dsb(void) { __asm volatile("dsb 0xf" ::: "memory"); }
static inline void isb(void) { __asm volatile("isb 0xf" ::: "memory"); }
static inline void wait_for_event(void) { __asm volatile("wfe" ::: "memory"); }
static inline void wait_for_interrupt(void) { __asm volatile("wfi" ::: "memory"); }
static inline void mask_interrupts(void) { __asm volatile("cpsid i" ::: "memory"); }
static inline void unmask_interrupts(void) { __asm volatile("cpsie i" ::: "memory"); }

static inline uint32_t read_control(void) {
  uint32_t value;
  __asm volatile("mrs %0, control" : "=r"(value));
  return value;
}

static inline uint32_t read_ipsr(void) {
  uint32_t value;
  __asm volatile("mrs %0, ipsr" : "=r"(value));
  return value;
}

#endif
