import type { ErrorKind } from '../errors/index.js';

export interface KnownFailure {
  readonly pattern: RegExp;
  readonly code: string;
  readonly kind: ErrorKind;
  /** A read that met it may be tried again. */
  readonly transient: boolean;
  readonly nextStep: string;
}

/** Messages of the tool that have a name of their own; first match wins. Wordings as in public reports of failing calls. */
const knownFailures: readonly KnownFailure[] = [
  {
    pattern: /No debug probe detected|No ST-?LINK (?:detected|found|device)|ST-?LINK.*(?:serial|SN)\b.*not (?:found|detected|connected)|no probe with/i,
    code: 'probe-missing',
    kind: 'bench',
    transient: false,
    nextStep: "connect the board's ST-LINK, or give the serial number that `rot-hil boards` shows",
  },
  {
    pattern: /DEV_USB_COMM_ERR|ST-?LINK error|DEV_CONNECT_ERR|USB communication error/i,
    code: 'probe-lost',
    kind: 'bench',
    transient: true,
    nextStep: 'check the USB cable and hub of the ST-LINK, close other programs that use it, then try again',
  },
  {
    pattern: /Debug Authentication (?:failed|failure|error)|Authentication (?:failed|refused|denied)|SDMAuthenticate.*(?:fail|error)|(?:wrong|invalid) (?:password|certificate|credential)/i,
    code: 'authentication-refused',
    kind: 'bench',
    transient: false,
    nextStep: 'the device refused this credential and is as it was: find the key and chain, or the password, that belong to the DA_Config.obk it was provisioned with (rot-hil keys check)',
  },
  {
    pattern: /RSSLIB_SETOBKEY_BAD_SIZE/i,
    code: 'obk-bad-size',
    kind: 'usage',
    transient: false,
    nextStep: 'the .obk file has a size that the device refuses: rebuild it from its XML for this device family',
  },
  {
    pattern: /Expected value for Option Byte|Option Bytes? Programming failed/i,
    code: 'option-byte-refused',
    kind: 'bench',
    transient: false,
    nextStep: 'the option byte kept another value: check the product state (rot-hil status), BOOT0, a connected USB device cable and a running tamper configuration',
  },
  {
    pattern: /failed to (?:load|open|initialize).*loader|External ?loader|\.stldr|Flash ?loader (?:cannot|can't|failed)|no (?:external )?flash loader/i,
    code: 'loader-refused',
    kind: 'bench',
    transient: false,
    nextStep: 'check the name of the external loader in the board or lab file: from STM32CubeProgrammer 2.18 on the file name must equal the name inside the loader',
  },
  {
    pattern: /verif\w*.*(?:fail|error|mismatch)|data mismatch/i,
    code: 'verify-failed',
    kind: 'bench',
    transient: false,
    nextStep: 'the memory does not hold what was written: check the supply and the external memory, read the state back (rot-hil status), then write again',
  },
  {
    pattern: /No STM32 target found|Unable to get core ID|Unable to detect DBGMCU|No response from the target|DEV_TARGET_RESET_ERR|Cannot connect to access port|Activating device: KO|failed to reconnect|DEV_TARGET_NOT_HALTED|DEV_NO_DEVICE|Target (?:not|is not) responding/i,
    code: 'target-unreachable',
    kind: 'bench',
    transient: true,
    nextStep: 'check power, SWD wiring, BOOT0 and that the product state allows debugging (rot-hil status), then try again',
  },
  {
    // unverified: the tool's words for a serial port that another program holds, or that is not there.
    pattern: /Cannot open port|Serial Port.*(?:busy|in use|not found)/i,
    code: 'com-port',
    kind: 'bench',
    transient: false,
    nextStep: "close every program that has the board's serial port open (a console, a terminal), check its name, then try again",
  },
  {
    pattern: /(?:file|path).*(?:does not exist|not found|cannot be opened|can't be opened|failed to open)|(?:failed to|cannot|can't) open.*file|wrong (?:file )?path/i,
    code: 'tool-file',
    kind: 'usage',
    transient: false,
    nextStep: 'check that the file exists, is readable and has the format its extension says',
  },
];

/** The first known failure that one of the lines tells of. */
export function classifyFailure(lines: readonly string[]): KnownFailure | undefined {
  return knownFailures.find(({ pattern }) => lines.some((line) => pattern.test(line)));
}
