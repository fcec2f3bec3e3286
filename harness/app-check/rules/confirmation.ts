import { hex32 } from '../../units/index.js';
import { mentions } from '../application.js';
import { sharedAreas } from '../boot-surroundings.js';
import { confirmation, systemReset } from '../register-map.js';
import type { Rule } from '../rule.js';

const source = 'STM32CubeH7RS OEMiROT_Appli/Src/main.c, FW_Valid_AppImage; OEMiROT_Boot/Src/boot_hal.c, boot_set_confirmed';

export const confirmationRules: readonly Rule[] = [
  {
    id: 'swap-confirmation',
    title: 'In swap mode the application can confirm itself',
    severity: 'warning',
    why: 'an image that is not confirmed is reverted at the next reset',
    fix: 'write the four words of the confirmation at 0x30007FA0, clean the data cache and reset; or sign every image as confirmed (--confirm), which gives the way back away',
    source,
    check: (application, boot) => {
      if (!boot.swap || !boot.shares || application.loads.length === 0) return [];
      if (mentions(application, confirmation.firstWord)) return [];
      const address = mentions(application, sharedAreas.flag.base);
      return [{ address: sharedAreas.flag.base, expected: `${hex32(confirmation.firstWord)} and the words behind it`, found: address ? 'the address of the flag, but not its contents' : 'neither the contents nor the address of the flag' }];
    },
  },
  {
    id: 'swap-confirmation-reset',
    title: 'An application that confirms itself resets afterwards',
    severity: 'warning',
    why: 'the flag is read at the next start: until a reset nothing is confirmed, and a power cut loses it',
    fix: 'call NVIC_SystemReset() after the flag is written and the data cache cleaned',
    source,
    check: (application, boot) => {
      if (!boot.swap || !boot.shares || !mentions(application, confirmation.firstWord)) return [];
      return systemReset.some((value) => mentions(application, value)) ? [] : [{ expected: 'a write of VECTKEY and SYSRESETREQ to AIRCR', found: 'none' }];
    },
  },
];
