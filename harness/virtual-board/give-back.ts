import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So long after the last tool has gone nobody waits for the board. */
const quietMs = 5000;

/**
 * Gives memory back that calls of tools left behind, images of megabytes among it. A board with nothing to do would keep it: the host's collector
 * comes by when something is wanted, and an idle board wants nothing.
 * @returns to be called when a tool has gone
 */
export function givesBackWhenQuiet(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let timer: NodeJS.Timeout | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(collect, quietMs);
    timer.unref();
  };
}
