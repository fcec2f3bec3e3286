/** Faults that the tool acts out by itself: `virtual start --fault`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolFault } from '../protocol.js';
import type { PrintLine } from './output.js';
import { ToolError } from './tool-error.js';

/** What `slow` adds to a command. */
const slowMs = 4000;

/** The tool ends here with this exit status. */
export class ToolEnds extends Error {
  constructor(readonly exitCode: number) {
    super('the tool ends');
    this.name = 'ToolEnds';
  }
}

/** How a command begins, how it fails and what it says when it is done. */
interface Wording {
  readonly begins: string;
  readonly error: string;
  readonly done: string;
}

const wordings: Readonly<Record<string, Wording>> = {
  '-c': { begins: 'ST-LINK SN  : ', error: 'ST-LINK error (DEV_CONNECT_ERR)', done: 'Connect mode: Hot Plug' },
  '-ob': { begins: 'PROGRAMMING OPTION BYTES AREA ...', error: 'Option Byte Programming failed', done: 'Option Bytes successfully programmed' },
  '-ob displ': { begins: 'UPLOADING OPTION BYTES DATA ...', error: 'Data read failed', done: 'OPTION BYTES BANK: 0' },
  '-obrss': { begins: 'PROGRAMMING OPTION BYTES THROUGH RSS ...', error: 'Option Byte Programming failed', done: 'Option Bytes successfully programmed' },
  '-psrss': { begins: 'Set product state', error: 'Product State Programming failed', done: 'Product State successfully programmed' },
  '-sdp': { begins: 'Secure Data Provisioning Start.', error: 'OBKey Provisioning failed', done: 'OBKey Provisioned successfully' },
  '-e': { begins: 'Mass erase ... ', error: 'failed to erase memory', done: 'Mass erase successfully achieved' },
  '-d': { begins: 'Memory Programming ...', error: 'failed to download the File', done: 'Download verified successfully ' },
  '-rst': { begins: 'MCU Reset', error: 'failed to reset the target', done: 'Software reset is performed' },
  '-hardrst': { begins: 'Hard reset', error: 'DEV_TARGET_RESET_ERR', done: 'Hard reset is performed' },
  '-g': { begins: 'RUNNING Program ... ', error: 'failed to start the program', done: 'Start operation achieved successfully' },
  'debugauth=1': { begins: 'Start Debug Authentication Sequence\n\nOpen SDM Lib', error: 'Debug Authentication Failed', done: 'Debug Authentication Success' },
  'debugauth=2': { begins: 'Start Debug Authentication Sequence\n\nOpen SDM Lib', error: 'No response from the target', done: 'Debug Authentication: Discovery Success' },
};
const otherwise: Wording = { begins: '', error: 'Data read failed', done: 'Data read successfully' };

/** Performs a command as the fault leaves it. @throws ToolError, ToolEnds */
export async function performStruck<T>(fault: ToolFault | undefined, command: string, print: PrintLine, perform: (print: PrintLine) => Promise<T>): Promise<T> {
  const { begins, error, done } = wordings[command] ?? otherwise;
  switch (fault) {
    case undefined:
      return perform(print);
    case 'slow':
      print(begins);
      await sleep(slowMs);
      return perform(print);
    case 'garbage':
      return perform(noise(print));
    case 'hang':
      print(begins);
      // A timer keeps the process alive; it ends by a signal.
      setInterval(() => undefined, 2 ** 30);
      return new Promise<never>(() => undefined);
    case 'error-exit-0':
      print(begins);
      print();
      print(`Error: ${error}`);
      print(done);
      print();
      throw new ToolEnds(0);
    case 'obk-size':
      print(begins);
      print();
      throw new ToolError('RSSLIB_SETOBKEY_BAD_SIZE', 'OBKey Provisioning failed');
    case 'reconnect-fail':
      await perform(print);
      throw new ToolError('failed to reconnect after reset !');
  }
}

/** The lines with every letter gone and control characters between, as a broken terminal or a wrong code page leaves them. */
function noise(print: PrintLine): PrintLine {
  let turn = 0;
  return (line = '') => {
    turn += 1;
    print(line.replace(/[A-Za-z0-9]/g, (letter) => '\u00c3\u2588?\u001b['.charAt((letter.charCodeAt(0) + turn) % 5)) + (turn % 3 === 0 ? '\r' : ''));
  };
}
