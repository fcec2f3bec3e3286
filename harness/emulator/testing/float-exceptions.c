// The FPU's state in exceptions, one line for each look at it, for a comparison of two cores: extended frames, lazy stacking and its faults.
// Built by float-exceptions.qemu.ts: arm-none-eabi-gcc -mcpu=cortex-m7 -mfloat-abi=soft -O1 -ffreestanding -nostdlib.
#include <stdint.h>

typedef uint32_t u32;
// The compiler keeps its hands off the FPU; the assembler knows it.
__asm__(".fpu fpv5-d16");
#define REG(a) (*(volatile u32 *)(a))
#define REG8(a) (*(volatile uint8_t *)(a))
#define ICSR REG(0xE000ED04)
#define SHCSR REG(0xE000ED24)
#define CFSR REG(0xE000ED28)
#define HFSR REG(0xE000ED2C)
#define CPACR REG(0xE000ED88)
#define MPU_CTRL REG(0xE000ED94)
#define MPU_RNR REG(0xE000ED98)
#define MPU_RBAR REG(0xE000ED9C)
#define MPU_RASR REG(0xE000EDA0)
#define FPCCR REG(0xE000EF34)
// Bits of Armv7-M: QEMU sets one of Armv8-M beside them.
#define FPCCR_READ (FPCCR & 0xc000017b)
#define FPCAR REG(0xE000EF38)
#define FPDSCR REG(0xE000EF3C)
#define ENABLES 0x70000u

static int semihost(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}
static char line[1200];
static unsigned used;
static void text(const char *s) { while (*s && used < sizeof line - 2) line[used++] = *s++; }
static void field(const char *name, u32 value) {
  text(name);
  for (int shift = 28; shift >= 0; shift -= 4) line[used++] = "0123456789abcdef"[(value >> shift) & 15];
}
static void end(void) { line[used++] = '\n'; line[used] = 0; semihost(4, line); used = 0; }

__attribute__((aligned(0x1000))) u32 process_stack[0x400];
extern u32 stack_top[];
static volatile u32 handler_uses, nested_uses, faults, order[16], ordered;
static u32 seen[33];

// Loads S0..S31 with a pattern and FPSCR with a mode, supervisor call, and what is left.
__attribute__((naked, noinline, used)) static void context(u32 pattern, u32 fpscr, u32 *out) {
  __asm__ volatile(
      "push {r4-r7, lr}\n mov r4, r2\n"
      ".macro one n\n vmov s\\n, r0\n add r0, r0, #0x11\n .endm\n"
      ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n one \\n\n .endr\n"
      "vmsr fpscr, r1\n movs r5, #0x55\n"
      "svc #1\n"
      "vstm r4!, {s0-s31}\n vmrs r0, fpscr\n str r0, [r4]\n"
      "pop {r4-r7, pc}\n");
}
__attribute__((naked, noinline)) static void use_float(u32 value) { __asm__ volatile("vmov s0, r0\n vmov s15, r0\n vmov s31, r0\n bx lr\n"); }

__attribute__((used)) static void report(u32 exception, u32 exc_return, u32 msp, u32 psp) {
  const u32 frame = exc_return & 4 ? psp : msp;
  u32 control;
  __asm__ volatile("mrs %0, control" : "=r"(control));
  field(" exception=", exception); field(" return=", exc_return); field(" control=", control);
  field(" fpccr=", FPCCR_READ); field(" fpcar-frame=", FPCAR - frame); field(" cfsr=", CFSR); field(" hfsr=", HFSR);
  field(" frame=", frame);
  end();
  CFSR = ~0u; HFSR = ~0u;
  if (exception == 11 && handler_uses) {
    const u32 uses = handler_uses;
    handler_uses = 0;
    if (uses & 2) ICSR = 1u << 28;               // PendSV beside it
    if (uses & 4) REG(0xE000E200) = 1;           // a more urgent interrupt on top of it
    __asm__ volatile("dsb\n isb");
    if (uses & 8) CPACR = 0;
    if (uses & 16) MPU_CTRL = 5;
    __asm__ volatile("dsb\n isb");
    if (uses & 1) use_float(0xabcdef01);
    field("  then fpccr=", FPCCR_READ); field(" cfsr=", CFSR);
    for (u32 i = 0; i < 18; i++) if (!(exc_return & 0x10) && i != 17) field(" ", ((volatile u32 *)frame)[8 + i]);
    end();
  } else if (exception >= 14 && nested_uses) use_float(0x12340000 + exception);
  else if (exception < 7) { CPACR = 0xf00000; MPU_CTRL = 0; if (++faults > 3) semihost(0x18, (void *)1); }
}
__attribute__((naked)) void handler(void) {
  __asm__ volatile("push {r4, lr}\n mov r1, lr\n mrs r0, ipsr\n mrs r2, msp\n adds r2, #8\n mrs r3, psp\n bl report\n pop {r4, pc}");
}

static void look(const char *name, u32 stack, u32 control, u32 fpscr) {
  text(name); end();
  for (u32 i = 0; i < 33; i++) seen[i] = 0;
  __asm__ volatile(
      "mrs r4, control\n msr psp, %1\n msr control, %2\n isb\n mov r0, %3\n mov r1, %4\n mov r2, %5\n bl context\n"
      "svc #2\n"
      "movs r0, #0\n msr control, r0\n isb\n"
      ::"r"(0), "r"(stack), "r"(control), "r"(0x40000000u), "r"(fpscr), "r"(seen)
      : "r0", "r1", "r2", "r3", "r4", "r12", "lr", "memory", "cc");
  for (u32 i = 0; i < 33; i++) field(" ", seen[i]);
  end();
  faults = 0;
}
// The second call ends unprivileged mode: its handler makes the thread privileged.
__attribute__((naked)) void svc(void) {
  __asm__ volatile(
      "tst lr, #4\n ite eq\n mrseq r0, msp\n mrsne r0, psp\n ldr r0, [r0, #24]\n ldrb r0, [r0, #-2]\n cmp r0, #2\n bne handler\n"
      "mrs r0, control\n bic r0, #1\n msr control, r0\n bx lr\n");
}

#define TOP ((u32)process_stack + sizeof process_stack)
static void prepare(u32 fpccr, u32 svc_priority) {
  __asm__ volatile("movs r0, #0\n msr control, r0\n isb" ::: "r0");
  FPCCR = fpccr; CPACR = 0xf00000; CFSR = ~0u; HFSR = ~0u; SHCSR = ENABLES; handler_uses = nested_uses = 0;
  REG8(0xE000ED1F) = svc_priority; REG8(0xE000ED22) = 0xc0; REG8(0xE000E400) = 0x20; REG(0xE000E100) = 1;
}

int main(void) {
  CPACR = 0xf00000;
  MPU_RNR = 0; MPU_RBAR = 0; MPU_RASR = (3u << 24) | (1 << 17) | (28 << 1) | 1;
  MPU_RNR = 1; MPU_RBAR = 0x20000000; MPU_RASR = (3u << 24) | (1 << 17) | (1u << 28) | (21 << 1) | 1;
  MPU_RNR = 2; MPU_RBAR = (u32)process_stack; MPU_RASR = (6u << 24) | (1 << 17) | (1u << 28) | (11 << 1) | 1;
  MPU_RNR = 3; MPU_RBAR = 0xE000E000; MPU_RASR = (3u << 24) | (1u << 28) | (11 << 1) | 1;
  static const u32 modes[] = {0xc0000000u, 0x80000000u, 0};
  for (u32 m = 0; m < 3; m++) {
    for (u32 control = 0; control < 4; control++) {
      for (u32 uses = 0; uses < 8; uses++) {
        prepare(modes[m], 0x80);
        handler_uses = uses;
        nested_uses = uses >> 2 | (uses & 2);
        FPDSCR = m == 0 && uses == 3 ? 0x03400000u : 0;
        static const char digits[] = "0123456789";
        char name[] = "mode 0 control 0 uses 0";
        name[5] = digits[m]; name[15] = digits[control]; name[22] = digits[uses];
        look(name, TOP - 4 * (uses & 1), control | (m == 2 ? 4 : 0), 0x50000010u);
        FPDSCR = 0;
      }
    }
  }
  prepare(0xc0000000u, 0x80); handler_uses = 9; look("coprocessor off in the handler", TOP, 2, 0x9f);
  prepare(0xc0000000u, 0x80); handler_uses = 17; look("stack protected before lazy stacking", TOP, 2, 0x9f);
  prepare(0xc0000000u, 0x80); handler_uses = 17; look("stack protected before lazy stacking, user", TOP, 3, 0x9f);
  prepare(0xc0000000u, 0x80); SHCSR = 0; handler_uses = 17; look("stack protected before lazy stacking, hard", TOP, 2, 0x9f);
  prepare(0xc0000000u, 0x00); handler_uses = 17; look("stack protected before lazy stacking, handler at priority 0", TOP, 2, 0x9f);
  u32 done[2] = {0x20026, 0};
  return semihost(0x20, done);
}
__attribute__((naked)) void reset(void) { __asm__ volatile("ldr r0, =main\n bx r0"); }
__attribute__((section(".vectors"), used)) void (*const vectors[32])(void) = {
  (void (*)(void))stack_top, reset, handler, handler, handler, handler, handler, handler, handler, handler, handler, svc, handler, handler, handler, handler,
  handler, handler, handler, handler, handler, handler, handler, handler, handler, handler, handler, handler, handler, handler, handler, handler,
};
