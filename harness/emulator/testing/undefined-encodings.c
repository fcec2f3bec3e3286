// Executes a list of 32-bit encodings one by one and notes how each ended, for a comparison of two cores.
// Built by undefined-encodings.qemu.ts, which puts the list behind it: a count, then the encodings, first halfword above.
#include <stdint.h>

typedef uint32_t u32;
#define REG(a) (*(volatile u32 *)(a))
#define LIST 0x20100000u
#define RESULTS ((volatile uint8_t *)0x20200000u)
#define SLOT 0x20300000u

static int semihost(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}
extern u32 stack_top[];
u32 done;

__attribute__((used)) static void each(void) {
  const u32 count = REG(LIST);
  if (done >= count) {
    const u32 name[3] = {(u32)":tt", 4, 3}, output[3] = {(u32)semihost(1, name), (u32)RESULTS, count}, end[2] = {0x20026, 0};
    semihost(5, output);
    semihost(0x20, end);
  }
  const u32 encoding = REG(LIST + 4 + 4 * done);
  volatile uint16_t *const slot = (volatile uint16_t *)SLOT;
  slot[0] = encoding >> 16;
  slot[1] = encoding;
  slot[2] = 0xbe00; // BKPT: what is executed ends here
  __asm__ volatile("dsb\n isb\n mov r12, %0\n ldr r0, =0x20080000\n mov r1, r0\n mov r2, r0\n mov r3, r0\n bx r12" ::"r"(SLOT | 1) : "r0", "r1", "r2", "r3", "r12");
}
// 1 UNDEFINSTR, 2 NOCP, else the number of the exception. Every case starts with a fresh stack.
__attribute__((used)) static void note(u32 exception, u32 cfsr) {
  RESULTS[done++] = cfsr & 0x10000 ? 1 : cfsr & 0x80000 ? 2 : 0x10 + exception;
  REG(0xE000ED28) = cfsr;
}
__attribute__((naked)) void handler(void) {
  __asm__ volatile(
      "ldr sp, =stack_top\n mrs r0, ipsr\n ldr r1, =0xe000ed28\n ldr r1, [r1]\n bl note\n"
      "sub sp, #32\n ldr r0, =0x01000000\n str r0, [sp, #28]\n ldr r0, =each\n bic r0, #1\n str r0, [sp, #24]\n ldr r0, =0xfffffff9\n bx r0");
}
__attribute__((naked)) void reset(void) {
  __asm__ volatile("ldr r0, =0xe000ed24\n ldr r1, =0x70000\n str r1, [r0]\n ldr r0, =0xe000ed88\n ldr r1, =0xf00000\n str r1, [r0]\n dsb\n isb\n b each");
}
__attribute__((section(".vectors"), used)) void (*const vectors[32])(void) = {(void (*)(void))stack_top, reset, [2 ... 31] = handler};
