/* Vector table, first instructions, and the few routines that C cannot write.
 * The linker script puts .vectors at the start of the run area. */
  .syntax unified
  .cpu cortex-m7
  .thumb

  .section .vectors, "ax", %progbits
  .global vector_table
vector_table:
  .word __stack_top
  .word reset_handler
  .word fault_entry               /* 2 NMI: going back could meet the same cause again */
  .word hard_fault_entry          /* 3 */
  .word fault_entry               /* 4 MemManage */
  .word fault_entry               /* 5 BusFault */
  .word fault_entry               /* 6 UsageFault */
  .rept 4
  .word exception_unexpected
  .endr
  .word svc_entry                 /* 11 */
  .word fault_entry               /* 12 DebugMonitor: a BKPT, with MON_EN as the root of trust leaves it */
  .rept 3
  .word exception_unexpected      /* 13 ... 15 */
  .endr
  .rept 9
  .word exception_unexpected      /* IRQ 0 ... 8 */
  .endr
  .word RAMECC_IRQHandler         /* IRQ 9, exception 25 */
  .rept 146
  .word exception_unexpected      /* IRQ 10 ... 155, the last one of STM32H7S7 */
  .endr

/* At 0x2c0 from the table in every build: the accepted twin of a refused `fault exec`. */
  .balign 64
  .global return_probe
  .thumb_func
  .type return_probe, %function
return_probe:
  movw r0, #0x600d
  bx lr

/* Everything of a `fault unprivileged` command that runs without privilege: 128 bytes, so that one MPU region can open
 * just them. r0 = 0 load, 1 store, 2 call; r1 = address; r2 = value; r3 = top of the unprivileged stack. */
  .balign 128
  .global unprivileged_window
unprivileged_window:
  .global unprivileged_access
  .thumb_func
  .type unprivileged_access, %function
unprivileged_access:
  push {r3-r11, lr}
  msr psp, r3
  mov r12, #3                     /* SPSEL | nPRIV */
  msr control, r12
  isb
  cmp r0, #1
  beq 1f
  bhi 2f
  ldr r0, [r1]
  svc #0
1:
  str r2, [r1]
  mov r0, r2
  dsb
  svc #0
2:
  orr r1, r1, #1
  blx r1
  svc #0
  .balign 128

  .section .text.startup, "ax", %progbits
  .global reset_handler
  .thumb_func
  .type reset_handler, %function
reset_handler:
  ldr r4, =0xe0001004             /* DWT_CYCCNT, counting since the boot code enabled it */
  ldr r4, [r4]
  mov r5, sp
  movs r0, #0
  msr control, r0                 /* FPCA may be left from the boot code: exception frames stay basic without it */
  msr basepri, r0
  isb
  ldr r0, =0x5802453c             /* RCC AHB2ENR.SRAM2EN: data and stack lie there. Without it the first push fails */
  ldr r1, [r0]
  orr r1, r1, #0x40000000
  str r1, [r0]
  ldr r1, [r0]
  dsb
  ldr r0, =__bss_start
  ldr r1, =__bss_end
  movs r2, #0
1:
  cmp r0, r1
  bhs 2f
  str r2, [r0], #4
  b 1b
2:
  mov r0, r4                      /* VTOR and MSP stay as the root of trust left them: the banner tells what they are */
  mov r1, r5
  cpsie f
  cpsie i
  bl main
3:
  wfe
  b 3b

/* A fault never returns to where it was, so the handlers start on stacks of their own: a lost stack pointer is no
 * second fault. HardFault has another one, because it may have interrupted the fault handler. */
  .section .text.fault_entry, "ax", %progbits
  .global fault_entry
  .thumb_func
  .type fault_entry, %function
fault_entry:
  mov r1, lr
  tst lr, #4                      /* EXC_RETURN.SPSEL */
  itt ne
  mrsne r0, psp
  bne 1f
  mrs r0, msp
  ldr r2, =0xe000ed28             /* CFSR.MSTKERR, STKERR on the main stack: the MPU may close all of this RAM, and the */
  ldr r2, [r2]                    /* next push would lock the core up. So without it; fault_report resets in this case */
  movw r3, #0x1010
  tst r2, r3
  beq 1f
  ldr r3, =0xe000ed94             /* MPU_CTRL */
  movs r2, #0
  str r2, [r3]
  dsb
  isb
1:
  ldr sp, =__fault_stack_top
  b fault_report

  .global hard_fault_entry
  .thumb_func
  .type hard_fault_entry, %function
hard_fault_entry:
  mov r1, lr
  tst lr, #4
  ite eq
  mrseq r0, msp
  mrsne r0, psp
  ldr sp, =__hard_fault_stack_top
  b fault_report

/* Leaves the handler for privileged thread mode at r0, on an empty main stack: an exception frame of our own making,
 * because the one of the fault may never have been stored. */
  .section .text.fault_resume, "ax", %progbits
  .global fault_resume
  .thumb_func
  .type fault_resume, %function
fault_resume:
  ldr r1, =__stack_top - 32
  mov sp, r1
  bic r0, r0, #1
  str r0, [sp, #24]               /* PC */
  mov r0, #0x01000000             /* xPSR: T; no IT state, no alignment word */
  str r0, [sp, #28]
  movs r0, #0
  msr control, r0
  msr basepri, r0
  msr primask, r0
  isb
  mvn lr, #6                      /* EXC_RETURN 0xfffffff9: thread mode, main stack, basic frame */
  bx lr

/* The way back from unprivileged_access, with r0 of the unprivileged code. */
  .section .text.svc_entry, "ax", %progbits
  .global svc_entry
  .thumb_func
  .type svc_entry, %function
svc_entry:
  tst lr, #4
  bne 1f
  b exception_unexpected          /* an SVC from elsewhere */
1:
  mrs r0, psp
  ldr r0, [r0]
  movs r1, #0
  msr control, r1
  isb
  sub sp, sp, #32
  str r0, [sp]
  ldr r1, =unprivileged_return
  str r1, [sp, #24]
  mov r1, #0x01000000
  str r1, [sp, #28]
  mvn lr, #6
  bx lr
  .balign 4
unprivileged_return:
  pop {r3-r11, pc}
