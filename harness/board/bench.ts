import type { Address } from '../units/index.js';

/** What a board is connected to: all that the session needs to reach it. Real or not makes no difference here. */
export interface Bench {
  /** Name of the board in reports. */
  readonly name: string;
  /** Kit id: `stm32h7s78-dk`. */
  readonly kit: string;
  readonly probe: {
    /** Serial number of the ST-LINK, as `-l st-link` prints it. */
    readonly sn: string;
  };
  readonly console: {
    /** Path of the serial port. */
    readonly path: string;
    readonly baudRate: number;
  };
  /** Absolute path of STM32_Programmer_CLI. */
  readonly programmerPath: string;
  /** External loader name or path for `-el`. */
  readonly externalLoader: string;
  /** External loader name or path for `-elbl`, through the boot loader; default: the kit's. */
  readonly bootLoaderLoader?: string;
  /** How the boot loader is reached outside product state OPEN; default: the console's port at 921600. */
  readonly bootLoader?: { readonly port: string; readonly baudRate: number };
  /** Keep the pauses of ST's provisioning scripts (3 s before each OBKey file); default false. */
  readonly provisioningPauses?: boolean;
  /** Command of a switch that takes the board's power away at an operation of its next boot; absent where there is none. */
  readonly powerSwitch?: readonly string[];
  /** Command that takes the board's power away and gives it back; absent where there is none, or where the switch above does that too (`cycle`). */
  readonly powerCycle?: readonly string[];
  /** Commands that write the whole board, as it is, to a file, and put it back into such a state: called with the file's path. Absent where a board cannot do that, as on every desk. */
  readonly states?: { readonly save: readonly string[]; readonly load: readonly string[] };
  /** False: the root of trust was built without the memory cipher engine that the chip has (OEMIROT: no MCE region); default true. */
  readonly memoryCipher?: boolean;
  /** File in which the board's own time stands (`harness/console/board-time.ts`), where that is not the wall's: waits on its console last in board time then. */
  readonly timeFile?: string;
  /** The root of trust to be programmed at `address`: a `.bin` file (OEMiROT_Boot.bin of the user's own build). */
  readonly rotBinary: { readonly path: string; readonly address: Address };
  /** Boot path stirot-oemurot: OEMuROT, absolute path of its .bin (OEMiROT_Boot built with OEMUROT_ENABLE, to be signed) or of the signed .hex. Absent: what is in user flash stands in for it. */
  readonly secondStage?: string;
}
