// What a night on this machine has in use: processes, files, ports and terminals that belong to a runtime folder, and how a process grows.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

const numbers = (folder) => readdirSync(folder).filter((name) => /^\d+$/.test(name));
const text = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // ended meanwhile, or another user's
  }
};

/** Processes with this runtime folder in their environment. */
export function processesOf(runtime) {
  return numbers('/proc').flatMap((pid) => {
    if (!text(`/proc/${pid}/environ`).includes(runtime)) return [];
    const command = text(`/proc/${pid}/cmdline`).split('\0').join(' ');
    const what = / nightly /.test(command) ? 'night' : /jest-main/.test(command) ? 'jest' : /virtual-board\/process/.test(command) ? 'board' : /STM32_Programmer_CLI|drop-in/.test(command) ? 'tool' : / run /.test(command) ? 'run' : 'other';
    return [{ pid: Number(pid), what }];
  });
}

/** Memory of processes in MB, what they share counted once (Pss). */
export function memoryOf(processes) {
  return Math.round(processes.reduce((sum, { pid }) => sum + Number(/^Pss:\s+(\d+)/m.exec(text(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0), 0) / 1024);
}

/** Open files of a process by kind: `socket`, `pipe`, `/dev/ptmx`, the path of a file. */
export function openFilesOf(pid) {
  try {
    return numbers(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:\[\d+\]$/, '')];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

/** What is in use for a runtime folder and a folder for temporary files: each a list of names. */
export function inUse(runtime, temporary) {
  const processes = processesOf(runtime);
  const files = processes.flatMap(({ pid }) => openFilesOf(pid));
  return {
    processes: processes.map(({ pid, what }) => `${what} ${pid}`),
    terminals: files.filter((file) => /^\/dev\/(ptmx|pts\/\d+)$/.test(file)),
    // A local socket has a name in this file as long as anybody listens on it.
    sockets: text('/proc/net/unix').split('\n').filter((line) => line.includes(runtime) || line.includes(temporary)),
    runtimeFiles: ['boards', 'leases', 'consoles'].flatMap((name) => (existsSync(join(runtime, name)) ? readdirSync(join(runtime, name)).map((file) => `${name}/${file}`) : [])).filter((file) => !file.endsWith('.log')),
    temporaryFiles: existsSync(temporary) ? readdirSync(temporary) : [],
  };
}

/** Terminals open on the whole machine, and TCP ports that are listened on. */
export function machineWide() {
  const listening = (file) => text(file).split('\n').filter((line) => / 0A /.test(line)).length;
  return { terminals: Number(text('/proc/sys/kernel/pty/nr')), listening: listening('/proc/net/tcp') + listening('/proc/net/tcp6') };
}

/** Samples of a process: resident memory in kB, open files, threads. */
export class Growth {
  #samples = [];

  /** @param at what the sample belongs to: runs that have ended */
  sample(pid, at) {
    const status = text(`/proc/${pid}/status`);
    const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? NaN);
    const one = { at, rssKB: field('VmRSS'), files: openFilesOf(pid).length, threads: field('Threads') };
    if (Number.isFinite(one.rssKB)) this.#samples.push(one);
    return one;
  }

  get peakMB() {
    return Math.round(Math.max(0, ...this.#samples.map(({ rssKB }) => rssKB)) / 1024);
  }

  /**
   * Where a quarter and the whole of the night stand: medians of the samples around them, so that no collection of garbage decides.
   * The first quarter is left to the code that is loaded and compiled.
   */
  summary(total) {
    const around = (share) => this.#samples.filter(({ at }) => Math.abs(at / total - share) <= 0.1);
    const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
    const at = (share) => ({ rssKB: median(around(share).map(({ rssKB }) => rssKB)), files: median(around(share).map(({ files }) => files)) });
    const [quarter, half, end] = [at(0.25), at(0.5), at(0.95)];
    return { samples: this.#samples.length, quarter, half, end, kBPerRun: Number(((end.rssKB - quarter.rssKB) / (0.7 * total)).toFixed(1)) };
  }
}
