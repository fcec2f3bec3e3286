/* Runs in internal RAM, where it is copied to: position independent, and nothing of it or of its data in external memory.
 * r0 = address to load from, r1 = three words for what came of it: value, CFSR, BFAR.
 * FAULTMASK with CCR.BFHFNMIGN: a bus fault of the load is recorded and ignored (Armv7-M ARM DDI 0403E, B3.2.8), so that no
 * handler in external memory is asked for.
 * unverified: that a load from a memory whose XSPI has no kernel clock ends in a bus fault on a board and does not wait for ever. */
  .syntax unified
  .cpu cortex-m7
  .thumb
  .section .text.pll2_pause, "ax", %progbits
  .balign 4
  .global pll2_pause_start
  .type pll2_pause_start, %object   /* words to be copied: no Thumb bit in its address */
pll2_pause_start:
  push {r4-r8, lr}
  cpsid f
  ldr r2, =0xe000ed14             /* CCR */
  ldr r3, [r2]
  orr r4, r3, #0x100              /* BFHFNMIGN */
  str r4, [r2]
  ldr r5, =0x58024400             /* RCC_CR */
  ldr r6, [r5]
  bic r7, r6, #0x04000000         /* PLL2ON */
  str r7, [r5]
1:
  ldr r7, [r5]
  tst r7, #0x08000000             /* PLL2RDY */
  bne 1b
  dsb
  isb
  movs r4, #0
  ldr r4, [r0]
  dsb
  str r4, [r1]
  ldr r7, =0xe000ed28             /* CFSR */
  ldr r4, [r7]
  str r4, [r1, #4]
  ldr r8, [r7, #0x10]             /* BFAR */
  str r8, [r1, #8]
  str r4, [r7]
  str r6, [r5]
2:
  ldr r7, [r5]
  tst r7, #0x08000000
  beq 2b
  str r3, [r2]
  dsb
  isb
  cpsie f
  pop {r4-r8, pc}
  .ltorg
  .balign 4
  .global pll2_pause_end
pll2_pause_end:
