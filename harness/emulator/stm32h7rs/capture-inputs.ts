import type { Frequencies } from './clock-tree.js';

/** A clock inside the chip that a timer can measure: its frequency in Hz. */
export type CaptureClock = (clocks: Frequencies) => number;

const outputs: Readonly<Record<number, CaptureClock>> = { 4: (clocks) => clocks.mco1, 5: (clocks) => clocks.mco2 };

/**
 * Clocks on the first input of a timer, by TISEL.TI1SEL. Source: stm32h7rsxx_hal_tim_ex.h, TIM_TIMx_TI1_…. What is not here
 * and not 0 (the pin) comes from a block that gives no edges in this model.
 */
export const captureClocks: Readonly<Record<string, Readonly<Record<number, CaptureClock>>>> = {
  TIM9: outputs,
  TIM12: { ...outputs, 2: (clocks) => clocks.hsi / 1024, 3: (clocks) => clocks.csi / 128 },
  TIM15: outputs,
};
