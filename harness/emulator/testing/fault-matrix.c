// Faults and exceptions, one line each, for a comparison of two cores: prints what the handler finds.
// Built by fault-matrix.qemu.ts: arm-none-eabi-gcc -mcpu=cortex-m7 -mfloat-abi=soft -O1 -ffreestanding -nostdlib.
#include <stdint.h>

typedef uint32_t u32;
#define REG(a) (*(volatile u32 *)(a))
#define REG8(a) (*(volatile uint8_t *)(a))
#define REG16(a) (*(volatile uint16_t *)(a))
#define ICSR REG(0xE000ED04)
#define VTOR REG(0xE000ED08)
#define AIRCR REG(0xE000ED0C)
#define CCR REG(0xE000ED14)
#define SHPR2 REG(0xE000ED1C)
#define SHPR3 REG(0xE000ED20)
#define SHCSR REG(0xE000ED24)
#define CFSR REG(0xE000ED28)
#define HFSR REG(0xE000ED2C)
#define MMFAR REG(0xE000ED34)
#define BFAR REG(0xE000ED38)
#define CPACR REG(0xE000ED88)
#define MPU_CTRL REG(0xE000ED94)
#define MPU_RNR REG(0xE000ED98)
#define MPU_RBAR REG(0xE000ED9C)
#define MPU_RASR REG(0xE000EDA0)
#define ENABLES 0x70000u

static int semihost(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}
static char line[400];
static unsigned used;
static void text(const char *s) { while (*s && used < sizeof line - 2) line[used++] = *s++; }
static void field(const char *name, u32 value) {
  text(name);
  for (int shift = 28; shift >= 0; shift -= 4) line[used++] = "0123456789abcdef"[(value >> shift) & 15];
}
static void end(void) { line[used++] = '\n'; line[used] = 0; semihost(4, line); used = 0; }

// ---- leaving a case: the handler comes back here with the registers of the runner ----
u32 saved[10];
u32 handler_stack[256], process_stack[256];
static volatile u32 order[16], ordered;
__attribute__((naked, noinline)) static u32 run_case(void (*body)(void), u32 control, u32 stack) {
  __asm__ volatile(
      "push {r4-r11, lr}\n ldr r3, =saved\n str sp, [r3]\n"
      "mov r12, r0\n msr psp, r2\n cbz r2, 1f\n b 2f\n1: ldr r2, =process_stack+768\n msr psp, r2\n2:"
      "msr control, r1\n isb\n ldr r0, =0x11111111\n ldr r1, =0x22222222\n ldr r2, =0x33333333\n ldr r3, =0x44444444\n"
      "movs r4, #0\n msr APSR_nzcvqg, r4\n blx r12\n"
      "svc #99\n"
      ".global case_over\ncase_over:\n ldr r3, =saved\n ldr sp, [r3]\n pop {r4-r11, pc}\n");
}
void case_over(void);

__attribute__((used)) static void report(u32 exception, u32 exc_return, u32 msp, u32 psp) {
  const u32 *frame = (const u32 *)(exc_return & 4 ? psp : msp);
  MPU_CTRL = 0;
  const u32 cfsr = CFSR;
  field(" exception=", exception);
  field(" return=", exc_return);
  field(" cfsr=", cfsr);
  field(" hfsr=", HFSR & ~0x80000000u);
  if (cfsr & 0x80) field(" mmfar=", MMFAR);
  if (cfsr & 0x8000) field(" bfar=", BFAR);
  field(" shcsr=", SHCSR & 0x7ffff & ~0x100u);
  if (!(cfsr & 0x1010)) {
    static const char *const names[] = {" r0=", " r1=", " r2=", " r3=", " r12=", " lr=", " pc=", " xpsr="};
    for (int i = 0; i < 8; i++) field(names[i], frame[i]);
    field(" sp=", (u32)frame);
  }
  CFSR = 0xffffffffu;
  HFSR = 0xffffffffu;
  const u32 own = exception == 4 ? 1 : exception == 5 ? 2 : exception == 6 ? 8 : exception == 11 ? 0x80 : exception == 14 ? 0x400 : exception == 15 ? 0x800 : 0;
  SHCSR = ENABLES | own;
  ICSR = 0x0a000000u;
  VTOR = 0;
  u32 *back = (u32 *)(saved[0] - 64);
  for (int i = 0; i < 8; i++) back[i] = 0;
  back[6] = (u32)case_over & ~1u;
  back[7] = 0x01000000u;
  __asm__ volatile("movs r0, #0\n msr control, r0\n isb\n msr primask, r0\n msr basepri, r0\n msr faultmask, r0\n mov sp, %0\n bx %1" ::"r"(back), "r"(0xfffffff9u) : "r0");
  __builtin_unreachable();
}
__attribute__((naked)) void handler(void) {
  __asm__ volatile("mrs r0, ipsr\n mov r1, lr\n mrs r2, msp\n mrs r3, psp\n ldr sp, =handler_stack+1024\n b report");
}

// ---- exceptions that return: they note their number ----
static volatile u32 svc_plan;
__attribute__((used)) static u32 note(u32 number) { order[ordered++ & 15] = number; return number; }
__attribute__((naked)) void noting(void) { __asm__ volatile("push {r4, lr}\n mrs r0, ipsr\n bl note\n pop {r4, pc}"); }
__attribute__((naked)) void svc(void) {
  __asm__ volatile("ldr r0, =svc_plan\n ldr r0, [r0]\n cbnz r0, 1f\n b handler\n1: bx r0");
}

static void region(u32 number, u32 base, u32 log2size, u32 attributes) {
  MPU_RNR = number;
  MPU_RBAR = base;
  MPU_RASR = attributes | ((log2size - 1) << 1) | 1;
}
#define NONE 0u
#define PRIV_RW (1u << 24)
#define PRIV_RW_USER_RO (2u << 24)
#define FULL (3u << 24)
#define PRIV_RO (5u << 24)
#define RO (6u << 24)
#define XN (1u << 28)
#define NORMAL (1u << 17)

#define AREA 0x20100000u
static void mpu(void) {
  for (u32 i = 0; i < 8; i++) { MPU_RNR = i; MPU_RASR = 0; }
  region(0, 0, 29, FULL | NORMAL);           // code
  region(1, 0x20000000, 20, FULL | NORMAL);  // stacks and data
  region(2, AREA, 12, NONE | XN | NORMAL);
  region(3, AREA + 0x1000, 12, RO | XN | NORMAL);
  region(4, AREA + 0x2000, 12, PRIV_RW | XN | NORMAL);
  region(5, AREA + 0x3000, 12, PRIV_RW_USER_RO | NORMAL | (0x81u << 8)); // first and last eighth fall through
  region(6, AREA + 0x4000, 13, FULL | NORMAL);
  region(7, AREA + 0x5000, 12, PRIV_RO | XN | NORMAL); // overlaps the second half of region 6
  REG(AREA + 0x4000) = 0x47704770; // BX lr
  MPU_CTRL = 1;
}
static void mpu_background(void) { mpu(); MPU_CTRL = 5; }
static void mpu_hard(void) { mpu(); SHCSR = 0; }
static void mpu_primask(void) { mpu(); __asm__ volatile("cpsid i"); }
static void mpu_faultmask(void) { mpu(); __asm__ volatile("cpsid f"); }
static void plain(void) {}
static void div_trap(void) { CCR |= 0x10; }
static void unalign_trap(void) { CCR |= 8; }
static void hard_only(void) { SHCSR = 0; }
static void primask(void) { __asm__ volatile("cpsid i"); }
static void basepri(void) { REG8(0xE000ED1F) = 0x40; __asm__ volatile("msr basepri, %0" ::"r"(0x40)); }
static void no_stkalign(void) { CCR &= ~0x200u; }
static void fpu_on(void) { CPACR = 0xf00000; }
#define PLAN(name, code) __attribute__((naked)) static void name(void) { __asm__ volatile(code); } static void set_##name(void) { svc_plan = (u32)name; }
PLAN(bad_return, "ldr r0, =0xfffffff5\n bx r0")
PLAN(bad_return_mode, "ldr r0, =0xfffffff1\n bx r0")
PLAN(fault_in_svc, "udf #7")
PLAN(bad_ipsr, "ldr r0, [sp, #28]\n orr r0, #5\n str r0, [sp, #28]\n bx lr")
PLAN(even_return, "ldr r0, [sp, #28]\n bic r0, #0x1000000\n str r0, [sp, #28]\n bx lr")
PLAN(thread_psp, "ldr r0, =0xfffffffd\n mrs r1, psp\n subs r1, #32\n msr psp, r1\n mov r3, sp\n ldmia r3!, {r4-r7}\n stmia r1!, {r4-r7}\n ldmia r3!, {r4-r7}\n stmia r1!, {r4-r7}\n add sp, #32\n bx r0")
static void psp_noaccess(void) { mpu(); }
static void svc_masked(void) { __asm__ volatile("cpsid i"); }

#define BODY(name, code) __attribute__((naked)) static void name(void) { __asm__ volatile(code "\n bx lr\n .ltorg"); }
BODY(udf16, "udf #1")
BODY(udf32, "udf.w #1")
BODY(cp0, "cdp p0, 0, c0, c0, c0")
BODY(vmov, ".hword 0xee30, 0x0a00")
BODY(it_udf, "movs r0, #0\n .hword 0xbf02, 0x2105, 0xde00, 0x2206")
BODY(sdiv0, "movs r3, #0\n sdiv r0, r1, r3")
BODY(udiv0, "movs r3, #0\n udiv r0, r1, r3")
BODY(ldr_un, "ldr r1, =0x20100001\n ldr r0, [r1]")
BODY(ldrh_un, "ldr r1, =0x20100001\n ldrh r0, [r1]")
BODY(str_un, "ldr r1, =0x20100002\n str r0, [r1, #4]!")
BODY(ldrd_un, "ldr r1, =0x20100002\n ldrd r2, r3, [r1]")
BODY(strd_un, "ldr r1, =0x20100002\n strd r2, r3, [r1, #8]!")
BODY(ldm_un, "ldr r1, =0x20100002\n ldmia r1!, {r2, r3}")
BODY(stm_un, "ldr r1, =0x20100002\n stmia r1!, {r2, r3}")
BODY(ldrex_un, "ldr r1, =0x20100002\n ldrex r2, [r1]")
BODY(ldrexh_un, "ldr r1, =0x20100001\n ldrexh r2, [r1]")
BODY(strex_un, "ldr r1, =0x20100001\n strex r2, r3, [r1]")
BODY(bx_even, "ldr r1, =0x00000400\n bx r1")
BODY(blx_even, "ldr r1, =0x00000400\n blx r1")
BODY(pop_even, "ldr r1, =0x00000400\n push {r1}\n pop {pc}")
BODY(ldr_pc_even, "ldr r1, =0x00000400\n push {r1}\n ldr pc, [sp], #4")
BODY(unmapped_ldr, "ldr r1, =0x70000004\n ldr r0, [r1, #8]!")
BODY(unmapped_ldrb, "ldr r1, =0x70000003\n ldrb r0, [r1], #1")
BODY(unmapped_str, "ldr r1, =0x70000004\n str r0, [r1, #4]!")
BODY(unmapped_strh, "ldr r1, =0x70000002\n strh r0, [r1]")
BODY(unmapped_ldm, "ldr r1, =0x70000000\n ldmia r1!, {r0, r2, r3}")
BODY(unmapped_stm, "ldr r1, =0x70000000\n stmdb r1!, {r0, r2, r3}")
BODY(unmapped_exec, "ldr r1, =0x70000001\n bx r1")
BODY(unmapped_blx, "ldr r1, =0x70000101\n blx r1")
BODY(device_exec, "ldr r1, =0x40000001\n bx r1")
BODY(system_exec, "ldr r1, =0xe0000001\n bx r1")
BODY(exc_return_in_thread, "ldr r1, =0xfffffff9\n bx r1")
BODY(ppb_read, "ldr r1, =0xe000ed00\n ldr r0, [r1]")
BODY(ppb_write, "ldr r1, =0xe000ed08\n str r0, [r1]")
BODY(stir_user, "ldr r1, =0xe000ef00\n movs r0, #3\n str r0, [r1]")
BODY(load_none, "ldr r1, =0x20100010\n ldr r0, [r1]")
BODY(load_none_it, "movs r3, #0\n ldr r1, =0x20100010\n itte eq\n moveq r2, #1\n ldreq r0, [r1]\n movne r2, #2")
BODY(load_masked, "ldr r1, =0x20100010\n ldr r0, [r1]\n cpsie f")
BODY(store_ro, "ldr r1, =0x20101010\n str r0, [r1, #4]!")
BODY(load_ro, "ldr r1, =0x20101010\n ldr r0, [r1]\n movs r0, #0")
BODY(store_priv, "ldr r1, =0x20102010\n str r0, [r1]")
BODY(load_priv, "ldr r1, =0x20102010\n ldr r0, [r1]\n movs r0, #0")
BODY(ldrt_priv, "ldr r1, =0x20102010\n ldrt r0, [r1]")
BODY(strbt_priv, "ldr r1, =0x20102010\n strbt r0, [r1]")
BODY(strht_user_ro, "ldr r1, =0x20103810\n strht r0, [r1]")
BODY(load_subregion_off, "ldr r1, =0x20103010\n ldr r0, [r1]")
BODY(load_subregion_on, "ldr r1, =0x20103810\n ldr r0, [r1]\n movs r0, #0")
BODY(load_last_subregion, "ldr r1, =0x20103ff0\n ldr r0, [r1]")
BODY(exec_area, "push {r4, lr}\n ldr r1, =0x20104001\n blx r1\n pop {r4, pc}")
BODY(exec_xn, "ldr r1, =0x20101001\n bx r1")
BODY(exec_overlap, "ldr r1, =0x20105001\n bx r1")
BODY(store_overlap, "ldr r1, =0x20105000\n str r0, [r1]")
BODY(load_outside, "ldr r1, =0x20200000\n ldr r0, [r1]")
BODY(exec_outside, "ldr r1, =0x20200001\n bx r1")
BODY(ldrd_border, "ldr r1, =0x200ffffc\n ldrd r2, r3, [r1]")
BODY(ldm_border, "ldr r1, =0x200ffff8\n ldmia r1!, {r0, r2, r3}")
BODY(stm_border, "ldr r1, =0x20102ff8\n stmia r1!, {r0, r2, r3}")
BODY(strd_border, "ldr r1, =0x20100ffc\n strd r2, r3, [r1, #-4]!")
BODY(ldr_across, "ldr r1, =0x200ffffe\n ldr r0, [r1]")
BODY(svc1, "svc #1")
BODY(svc_it, "movs r0, #0\n itte eq\n moveq r1, #1\n svceq #1\n movne r1, #2")
BODY(svc_sp4, "sub sp, #4\n svc #1")
BODY(user_cps, "cpsid i\n mrs r0, primask\n mrs r2, control\n mrs r3, ipsr\n svc #1")
BODY(user_msr, "movs r0, #0\n msr control, r0\n mrs r2, control\n mov r0, #0xf0000000\n msr apsr_nzcvq, r0\n svc #1")

struct test { const char *name; void (*setup)(void); void (*body)(void); u32 control, stack; };
#define T(setup, body, control) { #setup " " #body " " #control, setup, body, control, 0 },
static const struct test tests[] = {
  T(plain, udf16, 0) T(plain, udf32, 0) T(plain, udf16, 1) T(plain, udf16, 2) T(plain, udf16, 3) T(plain, it_udf, 0) T(hard_only, udf16, 0) T(primask, udf16, 0)
  T(plain, cp0, 0) T(plain, vmov, 0) T(fpu_on, cp0, 0)
  T(div_trap, sdiv0, 0) T(div_trap, udiv0, 1) T(plain, sdiv0, 0) T(plain, udiv0, 0)
  T(plain, ldr_un, 0) T(unalign_trap, ldr_un, 0) T(unalign_trap, ldrh_un, 0) T(plain, ldrh_un, 1) T(plain, str_un, 0) T(unalign_trap, str_un, 0)
  T(plain, ldrd_un, 0) T(plain, strd_un, 0) T(plain, ldm_un, 0) T(plain, stm_un, 0) T(plain, ldrex_un, 0) T(plain, ldrexh_un, 0) T(plain, strex_un, 0)
  T(plain, bx_even, 0) T(plain, blx_even, 0) T(plain, pop_even, 0) T(plain, ldr_pc_even, 0)
  T(plain, unmapped_ldr, 0) T(plain, unmapped_ldrb, 1) T(plain, unmapped_str, 0) T(plain, unmapped_strh, 0) T(plain, unmapped_ldm, 0) T(plain, unmapped_stm, 0)
  T(hard_only, unmapped_ldr, 0) T(primask, unmapped_str, 0)
  T(plain, unmapped_exec, 0) T(plain, unmapped_blx, 0) T(plain, device_exec, 0) T(plain, system_exec, 0) T(plain, exc_return_in_thread, 0) T(hard_only, device_exec, 0)
  T(plain, ppb_read, 1) T(plain, ppb_write, 1) T(plain, ppb_read, 0) T(plain, stir_user, 1)
  T(mpu, load_none, 0) T(mpu, load_none, 1) T(mpu, load_none, 3) T(mpu, load_none_it, 0) T(mpu, store_ro, 0) T(mpu, load_ro, 0) T(mpu, load_ro, 1)
  T(mpu, store_priv, 0) T(mpu, store_priv, 1) T(mpu, load_priv, 1) T(mpu, load_priv, 0) T(mpu, ldrt_priv, 0) T(mpu, strbt_priv, 0) T(mpu, strht_user_ro, 0)
  T(mpu, load_subregion_off, 0) T(mpu, load_subregion_on, 0) T(mpu, load_subregion_on, 1) T(mpu, load_last_subregion, 0) T(mpu_background, load_subregion_off, 0) T(mpu_background, load_subregion_off, 1)
  T(mpu, exec_area, 0) T(mpu, exec_area, 1) T(mpu, exec_xn, 0) T(mpu, exec_overlap, 0) T(mpu, store_overlap, 0)
  T(mpu, load_outside, 0) T(mpu, exec_outside, 0) T(mpu_background, load_outside, 0) T(mpu_background, load_outside, 1) T(mpu_background, device_exec, 0)
  T(mpu, ldrd_border, 0) T(mpu, ldm_border, 0) T(mpu, strd_border, 0) T(mpu, stm_border, 1) T(mpu, ldr_across, 0)
  T(mpu_hard, load_none, 0) T(mpu_primask, store_ro, 0) T(mpu_hard, exec_xn, 0) T(mpu_faultmask, load_masked, 0)
  T(mpu, ppb_read, 1) T(mpu, unmapped_ldr, 0) T(mpu, udf16, 3)
  T(plain, svc1, 0) T(plain, svc1, 3) T(plain, svc_it, 0) T(svc_masked, svc1, 0) T(basepri, svc1, 0) T(plain, svc_sp4, 0) T(plain, svc_sp4, 2) T(no_stkalign, svc_sp4, 0)
  T(set_bad_return, svc1, 0) T(set_bad_return_mode, svc1, 0) T(set_fault_in_svc, svc1, 0) T(set_fault_in_svc, svc1, 3) T(set_bad_ipsr, svc1, 0) T(set_even_return, svc1, 0) T(set_thread_psp, svc1, 0)
  T(plain, user_cps, 1) T(plain, user_msr, 1) T(plain, user_msr, 3)
  { "process stack without access", psp_noaccess, svc1, 2, AREA + 0x100 }, { "process stack unmapped", plain, svc1, 2, 0x70000100 },
  { "process stack without access, user", psp_noaccess, svc1, 3, AREA + 0x100 }, { "process stack read only", psp_noaccess, udf16, 3, AREA + 0x1100 },
  { "process stack unmapped, hard", hard_only, svc1, 2, 0x70000100 }, { "process stack border", psp_noaccess, svc1, 2, AREA + 0x2010 },
};

// ---- priorities: which order do interrupts run in ----
static void order_case(const char *name) {
  __asm__ volatile("cpsie i\n isb\n nop\n nop");
  text(name);
  for (u32 i = 0; i < ordered; i++) field(" ", order[i]);
  end();
  ordered = 0;
}
static void orders(void) {
  static const uint8_t priorities[6] = {0x80, 0x40, 0xc0, 0x40, 0x80, 0x20};
  REG(0xE000E100) = 0x3f;
  for (u32 group = 0; group < 8; group++) {
    AIRCR = 0x05fa0000u | (group << 8);
    for (u32 i = 0; i < 6; i++) REG8(0xE000E400 + i) = priorities[i];
    __asm__ volatile("cpsid i");
    REG(0xE000E200) = 0x3f;
    ICSR = 0x14000000u;
    field("pending ", REG(0xE000E200)); field(" icsr ", ICSR & 0xfffffffu); end();
    REG(0xE000E280) = 0x10;
    order_case("order");
  }
  AIRCR = 0x05fa0000u;
  __asm__ volatile("msr basepri, %0" ::"r"(0x80));
  REG(0xE000E200) = 0x3f;
  __asm__ volatile("msr basepri_max, %0" ::"r"(0xc0));
  order_case("basepri 80");
  __asm__ volatile("msr basepri, %0" ::"r"(0));
  order_case("basepri 0");
  REG(0xE000E180) = 0x3f;
  REG(0xE000EF00) = 2;
  field("disabled, pending ", REG(0xE000E200)); end();
  REG(0xE000E280) = 0x3f;
  REG16(0xE000E402) = 0x1030; field("ipr ", REG(0xE000E400)); end();
  REG8(0xE000ED23) = 0xf0; REG16(0xE000ED22) = 0x50a0; field("shpr3 ", SHPR3); end();
  CCR |= 0x10;
  CCR &= ~0x10u;
  MPU_RNR = 3; MPU_RBAR = 0x20000000u | 0x10 | 5; field("rbar ", MPU_RBAR); field(" rnr ", MPU_RNR); end();
}

int main(void) {
  for (u32 i = 0; i < sizeof tests / sizeof tests[0]; i++) {
    CCR = 0x200; SHCSR = ENABLES; MPU_CTRL = 0; CPACR = 0; svc_plan = 0; SHPR2 = 0; CFSR = 0xffffffff; HFSR = 0xffffffff;
    text(tests[i].name);
    text(":");
    tests[i].setup();
    run_case(tests[i].body, tests[i].control, tests[i].stack);
    end();
  }
  MPU_CTRL = 0;
  orders();
  u32 done[2] = {0x20026, 0};
  return semihost(0x20, done);
}
extern u32 stack_top[];
__attribute__((naked)) void reset(void) { __asm__ volatile("ldr r0, =main\n bx r0"); }
__attribute__((section(".vectors"), used)) void (*const vectors[32])(void) = {
  (void (*)(void))stack_top, reset, handler, handler, handler, handler, handler, handler, handler, handler, handler, svc, handler, handler, noting, noting,
  noting, noting, noting, noting, noting, noting, noting, noting, noting, noting, noting, noting, noting, noting, noting, noting,
};
