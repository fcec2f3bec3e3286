import type { Writable } from 'node:stream';
import type { Console } from './console.js';

/** The keyboard of a person: what of `process.stdin` is needed. */
export interface Keyboard {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (bytes: Buffer) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  off(event: 'data', listener: (bytes: Buffer) => void): unknown;
  off(event: 'end', listener: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface InteractiveOptions {
  readonly console: Console;
  readonly keyboard: Keyboard;
  readonly screen: Pick<Writable, 'write'>;
  /** Called on Ctrl-R; a failure is shown and does not end the terminal. */
  readonly onReset?: () => Promise<void>;
  /** What Enter sends; default CR LF: an application that wants either gets it. */
  readonly newline?: string;
  /** Show what is typed. */
  readonly echo?: boolean;
  /** Ends the terminal. */
  readonly signal: AbortSignal;
}

const QUIT = 0x1d;
const RESET = 0x12;
const ENTER = 0x0d;
const NEWLINE = 0x0a;

/**
 * A terminal on a board: what is typed is sent; Ctrl-] quits, Ctrl-R resets. Printing is the caller's, who gets lines or bytes from the console.
 * The keyboard is raw only while this runs, however it ends. A pipe as keyboard is sent line by line, and its end does not end the terminal.
 * @throws HarnessError `console-lost` (bench) when the port vanishes
 */
export async function interact(options: InteractiveOptions): Promise<'quit' | 'aborted'> {
  const { console, keyboard, screen, signal } = options;
  const newline = options.newline ?? '\r\n';
  const raw = keyboard.isTTY === true && keyboard.setRawMode !== undefined;
  const restore = (): void => {
    if (raw) keyboard.setRawMode?.(false);
  };
  let finish: (how: 'quit' | 'aborted') => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const ended = new Promise<'quit' | 'aborted'>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  let sending: Promise<void> = Promise.resolve();
  const send = (text: string): void => {
    sending = sending.then(() => console.send(text)).catch(fail);
  };
  const reset = (): void => {
    screen.write('\r\n[reset]\r\n');
    options.onReset?.().catch((error: unknown) => screen.write(`[reset failed: ${error instanceof Error ? error.message : String(error)}]\r\n`));
  };
  const onData = (bytes: Buffer): void => {
    let text = '';
    for (const byte of bytes) {
      if (raw && byte === QUIT) finish('quit');
      else if (raw && byte === RESET) reset();
      else text += byte === ENTER || (!raw && byte === NEWLINE) ? newline : String.fromCharCode(byte);
    }
    if (text !== '') send(text);
    if (options.echo === true) screen.write(bytes.toString('latin1').replace(/\r/g, '\r\n'));
  };
  const onEnd = (): void => undefined;
  const onAbort = (): void => finish('aborted');

  process.on('exit', restore);
  signal.addEventListener('abort', onAbort, { once: true });
  keyboard.on('data', onData);
  keyboard.on('end', onEnd);
  try {
    if (signal.aborted) return 'aborted';
    if (raw) keyboard.setRawMode?.(true);
    keyboard.resume();
    console.onEnd(fail);
    return await ended;
  } finally {
    restore();
    keyboard.pause();
    keyboard.off('data', onData);
    keyboard.off('end', onEnd);
    signal.removeEventListener('abort', onAbort);
    process.off('exit', restore);
    await sending;
  }
}
