import process from 'node:process';
import { log } from './io.js';

export interface Interruption {
  readonly signal: AbortSignal;
  /** Exit code for the signal that came, by the shell's convention. */
  readonly exitCode: number | undefined;
  end(): void;
}

/** Set for a process that must not outlive the one that started it. */
export const parentVariable = 'ROT_HIL_PARENT';
/** How soon the death of the parent is noticed, milliseconds. */
const watchMs = 500;

/**
 * The first Ctrl-C lets a command put everything away; the second does not wait for that. The death of a parent that was named in
 * the environment counts as one, too.
 * @param what what is being done about it, for people
 * @param say default: a line on stderr
 */
export function interruption(what: string, say: (line: string) => void = log): Interruption {
  const abort = new AbortController();
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  let exitCode: number | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    const code = codes[name as keyof typeof codes];
    // The exit handlers of the run's process and the virtual board's watch on its owner end what is left.
    if (exitCode !== undefined) process.exit(code);
    exitCode = code;
    say(`interrupted: ${what} (once more to end at once)`);
    abort.abort();
  };
  const names = Object.keys(codes) as (keyof typeof codes)[];
  for (const name of names) process.on(name, onSignal);
  const parent = process.env[parentVariable];
  const watch =
    parent === undefined
      ? undefined
      : setInterval(() => {
          if (String(process.ppid) === parent) return;
          clearInterval(watch);
          onSignal('SIGHUP');
        }, watchMs).unref();
  return {
    signal: abort.signal,
    get exitCode() {
      return exitCode;
    },
    end: () => {
      clearInterval(watch);
      // One that was interrupted is on its way out: another Ctrl-C must not change how it ends.
      if (exitCode === undefined) for (const name of names) process.off(name, onSignal);
    },
  };
}
