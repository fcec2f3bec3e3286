import { HarnessError } from '../errors/index.js';
import { describeHolder } from './holder.js';

const bench = (code: string, message: string, nextStep: string, cause: unknown): HarnessError =>
  new HarnessError({ code, kind: 'bench', message, nextStep, cause });

/** Why a serial port could not be opened. The messages are those of the serialport package on Linux, macOS and Windows. */
export function openError(path: string, cause: unknown): HarnessError {
  const text = cause instanceof Error ? cause.message : String(cause);
  // flock on Linux and macOS; EBUSY after TIOCEXCL by another program; Windows opens ports exclusively and says "Access denied".
  if (/lock port|EBUSY|resource busy/i.test(text) || (process.platform === 'win32' && /access denied/i.test(text))) {
    const holder = describeHolder(path);
    return bench(
      'console-busy',
      `the serial port ${path} is in use${holder === undefined ? '' : ` by ${holder}`}`,
      holder === undefined ? 'close the terminal program that has it open, then try again' : 'wait until it ends, or end it, then try again',
      cause,
    );
  }
  if (/permission denied|EACCES|access denied/i.test(text)) {
    return bench('console-permission', `the serial port ${path} may not be opened by this user`, 'on Linux add the user to the group of the port (dialout) and log in again', cause);
  }
  if (/no such file|ENOENT|file not found/i.test(text)) {
    return bench('console-missing', `there is no serial port ${path}`, 'connect the board, or give the port that `rot-hil boards` shows', cause);
  }
  return bench('console-open', `the serial port ${path} cannot be opened: ${text.slice(0, 200)}`, 'check the cable and the name of the port (rot-hil boards)', cause);
}
