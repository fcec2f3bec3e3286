import { hex32 } from '../../units/index.js';
import type { Rule } from '../rule.js';

/** RAMECC_IRQn is 9 (cmsis_device_h7rs, stm32h7s7xx.h). */
const vector = 16 + 9;

export const rameccRules: readonly Rule[] = [
  {
    id: 'ramecc-handler',
    title: 'The application handles the RAMECC interrupt',
    severity: 'warning',
    why: 'the boot jumps with ECC on and the RAMECC interrupt enabled in the NVIC: a double error ends in the default handler, an endless loop, before the application has enabled anything',
    fix: 'define RAMECC_IRQHandler: hand the five handles at 0x30007FC0 to HAL_RAMECC_IRQHandler, or reset',
    source: 'STM32CubeH7RS OEMiROT_Boot/Src/low_level_ramecc.c, LL_RAMECC_Configure; boot_hal.c',
    check: ({ vectors, symbols, form }, boot) => {
      if (!boot.shares || (boot.configuration.path.optionBytes['ECC_ON_SRAM'] ?? 0) !== 1 || form === 'script' || vectors === undefined) return [];
      const entry = vectors.words[vector];
      if (entry === undefined || entry === 0) return [{ address: vectors.address + vector * 4, expected: 'RAMECC_IRQHandler in vector 25', found: entry === undefined ? `a table of ${vectors.words.length} vectors` : '0' }];
      const handler = symbols.get('RAMECC_IRQHandler');
      const shared = vectors.words.filter((word, index) => index >= 16 && word === entry).length;
      // The same address in many vectors is a default handler, whatever it is called.
      const isDefault = handler?.weak === true || shared > 8;
      return isDefault ? [{ address: entry, expected: 'a RAMECC_IRQHandler of its own in vector 25', found: `${handler?.weak === true ? 'the weak one' : 'a handler'} at ${hex32(entry)} that ${shared - 1} other vectors share` }] : [];
    },
  },
];
