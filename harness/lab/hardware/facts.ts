import type { Mark } from './marks.js';

/** A mark with what `confirm-on-hardware` can do about it. */
export interface Fact extends Mark {
  /** Short, in the order of the list: `F01`. */
  readonly id: string;
  /** First word of the tests that try it (suites/confirm/hardware.hil.ts); null where none does. */
  readonly probe: string | null;
  /** Why it is not tried; null where it is. */
  readonly why: string | null;
}

/** Probes by the file of a mark and words of its sentence or code. */
const probes: readonly (readonly [probe: string, file: RegExp, words: RegExp])[] = [
  ['device-id', /^boards\/devices\//, /not seen in a public transcript/],
  ['option-bytes', /^boards\/devices\//, /headings are ours/],
  ['option-bytes', /drop-in\/option-bytes\.ts$/, /wording/],
  ['option-registers', /virtual-board\/option-bytes\.ts$/, /read as 0/],
  ['tool-version', /tool-version\.ts$/, /release note names/],
  ['voltage', /self-check\.hil\.ts$/, /probe measures/],
  ['attach-asleep', /src\/uart\.h$/, /attaches to the sleeping core/],
  ['run-slot', /board-status\.ts$/, /run slot/],
  ['idcode', /dbgmcu\.ts$/, /revision code/],
  ['package', /memories\.ts$/, /package code/],
  ['supply', /pwr\.ts$/, /LDOEN and SDEN/],
  ['compensation', /sbs\.ts$/, /CCVALR|mid-scale/],
  ['exti', /exti\.ts$/, /direct lines/],
  ['gpio', /gpio\.ts$/, /analog mode/],
  ['reset-flags', /rcc\.ts$/, /which flags accompany/],
  ['reset-flags', /watchdog\.hil\.ts$/, /leaves the reset flags/],
  ['clock-gate', /clock-gate\.ts$/, /without it reads give 0/],
  ['sleep-clocks', /clock-enables\.ts$/, /every clock in Sleep on/],
  ['ready-flags', /rcc\.ts$/, /the flag is raised only where/],
  ['port-missing', /drop-in\/session\.ts$/, /a port that is not there/],
  ['port-held', /drop-in\/session\.ts$/, /a port that another program holds/],
  ['port-held', /programmer\/failures\.ts$/, /serial port/],
  ['tcm-control', /memory-control\.ts$/, /INITTCMEN|AHBPCR after reset/],
  ['ecc-single', /ecc-code\.ts$/, /every number but that of bit 12/],
  ['ecc-single', /stm32h7rs\/ramecc\.ts$/, /even and odd 32-bit words/],
  ['ecc-single', /src\/ramecc\.c$/, /word width of the backup RAM/],
  ['ecc-single', /commands-ramecc\.c$/, /STRD to AXI SRAM/],
  ['ecc-double', /commands-ramecc\.c$/, /double error is no bus error/],
  ['ecc-stays', /suites\/ramecc\.hil\.ts$/, /leaves the word as it is/],
  ['ecc-late', /suites\/ramecc\.hil\.ts$/, /already flagged/],
  ['pll2-off', /pll2-pause\.S$|emulator\/machine\.ts$/, /kernel clock|bus error then/],
];

/** Why others are not tried, by the file of the mark; the first that fits. */
const reasons: readonly (readonly [file: RegExp, why: string])[] = [
  [/suites\/(memory-map|mpu|product-state|ramecc|stirot|watchdog)\.hil\.ts$/, 'needs a board behind STiRoT, or one opened again: a change of the product state'],
  [/session\/closed-board\.ts$/, 'needs a board closed for STiRoT: a change of the product state'],
  [/virtual-board\/option-bytes\.ts$/, 'would write option bytes of the product state'],
  [/virtual-board\/boot-timeline\.ts$/, 'an estimate, which no single board confirms'],
  [/src\/clock\.c$/, 'needs another bus divider than the root of trust leaves, on which the console depends'],
  [/app-check\//, 'a memory map of ST that no register tells'],
  [/emulator\/cpu\/memory-(access|control)\.ts$/, 'needs a program of its own in the fixture: a probing access with BFHFNMIGN, a DMA transfer to a TCM that is off'],
  [/stm32h7rs\/(xspi|chip|external-flash-window)\.ts$/, 'stops the external memory that the board boots from; a board that hangs in it does not come back by itself'],
  [/stm32h7rs\/(ramecc|ecc-memory)\.ts$/, 'needs errors that the fixture does not make: it clears the status before each, and writes whole words'],
  [/stm32h7rs\/dma\.ts$/, 'the fixture has no command that times a transfer'],
  [/stm32h7rs\/(rcc|rng)\.ts$/, 'changes a clock under the running console; a board that hangs in it does not come back by itself'],
  [/virtual-board\/(board|life-cycle|rom-services|debug-authentication)\.ts$|drop-in\/(secure|debug-authentication)\.ts$|keys\/|provisioning\/plan-closed\.ts$|rot\/hand-over\.ts$/, 'needs a change of the product state'],
  [/rot\/mpu-table\.ts$/, 'needs another release or boot path of the root of trust than the one that is provisioned'],
  [/drop-in\/session\.ts$/, 'needs a bench with several probes, or none'],
  [/boards\/kits\/|drop-in\//, 'is seen when the board is provisioned: a run on it passes, or its first step fails'],
  [/boards\/devices\//, 'can be read from a device only before it is provisioned for the first time: `STM32_Programmer_CLI -c port=SWD -ob displ`'],
  [/rot\/oemirot\.ts$/, 'needs an OBKey that is damaged on purpose'],
  [/flash\/mce-layer\.ts$/, 'the application cannot read an erased block of the enciphered slots where the root of trust leaves them closed'],
  [/emulator\/cpu\/exceptions\.ts$/, 'the fixture has no command that times an exception'],
  [/emulator\//, 'the fixture has no command for it yet'],
];

/** Every mark with its probe, or why there is none. */
export function factsOf(marks: readonly Mark[]): Fact[] {
  return marks.map((mark, index) => {
    const probe = probes.find(([, file, words]) => file.test(mark.file) && words.test(`${mark.fact} ${mark.code}`))?.[0] ?? null;
    const why = probe !== null ? null : (reasons.find(([file]) => file.test(mark.file))?.[1] ?? 'no probe for it yet');
    return { id: `F${String(index + 1).padStart(2, '0')}`, ...mark, probe, why };
  });
}

/** Probes that no mark wants any more, for the spec of the list. */
export function idleProbes(marks: readonly Mark[]): string[] {
  return probes.filter(([, file, words]) => !marks.some((mark) => file.test(mark.file) && words.test(`${mark.fact} ${mark.code}`))).map(([probe, file]) => `${probe} ${String(file)}`);
}
