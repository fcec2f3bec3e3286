import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { asHarnessError } from '../errors/index.js';
import type { Attached } from '../lab/index.js';
import { judgeVersion } from '../programmer/index.js';

/** One precondition. `warning`: only a part of the harness needs it. */
export interface DoctorCheck {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  /** What to do; null when nothing. */
  readonly remedy: string | null;
}

const ok = (name: string, detail: string): DoctorCheck => ({ name, status: 'ok', detail, remedy: null });

/** @param range `>=20.19`, the only form that package.json uses here */
export function checkNode(version: string, range: string): DoctorCheck {
  const numbers = (text: string): number[] => (/\d+(?:\.\d+)*/.exec(text)?.[0] ?? '0').split('.').map(Number);
  const [have, need] = [numbers(version), numbers(range)];
  const first = need.findIndex((part, at) => (have[at] ?? 0) !== part);
  const enough = first === -1 || (have[first] ?? 0) > need[first]!;
  return enough ? ok('node', version) : { name: 'node', status: 'failed', detail: `${version} is older than ${range}`, remedy: `install Node ${range.replace(/^>=\s*/, '')} or later` };
}

/** STM32CubeProgrammer, its probes and its serial ports, out of what discovery saw. */
export function checkAttached(attached: Attached, platform: NodeJS.Platform = process.platform): DoctorCheck[] {
  const toolProblem = attached.problems.find(({ code }) => code !== 'ports-unlisted');
  const portProblem = attached.problems.find(({ code }) => code === 'ports-unlisted');
  const checks: DoctorCheck[] = [];
  if (attached.tool !== null) checks.push(checkTool(attached.tool));
  else checks.push({ name: 'tool', status: 'failed', detail: toolProblem?.message ?? 'not found', remedy: toolProblem?.nextStep ?? 'install STM32CubeProgrammer' });
  if (attached.tool !== null) {
    checks.push(
      attached.probes.length > 0
        ? ok('probes', attached.probes.map(({ sn, board }) => `${sn} (${board ?? 'unknown board'})`).join(', '))
        : { name: 'probes', status: 'warning', detail: 'no ST-LINK is attached', remedy: "connect a board's ST-LINK; on Linux its udev rules must be installed (STM32CubeProgrammer, Drivers/rules)" },
    );
  }
  const closed = attached.ports.filter(({ accessible }) => !accessible);
  if (portProblem !== undefined) checks.push({ name: 'serial-ports', status: 'warning', detail: portProblem.message, remedy: portProblem.nextStep });
  else if (closed.length > 0) {
    const remedy = platform === 'linux' ? 'add yourself to the group of the port (sudo usermod -aG dialout $USER) and log in again' : 'give yourself read and write permission for the port';
    checks.push({ name: 'serial-ports', status: 'failed', detail: `may not be opened by this user: ${closed.map(({ path }) => path).join(', ')}`, remedy });
  } else checks.push(ok('serial-ports', attached.ports.length === 0 ? 'none attached' : attached.ports.map(({ path }) => path).join(', ')));
  return checks;
}

function checkTool({ path, version }: { readonly path: string; readonly version: string }): DoctorCheck {
  const judged = judgeVersion(version);
  if (judged.supported) return ok('tool', `STM32_Programmer_CLI ${version} at ${path}`);
  return { name: 'tool', status: 'failed', detail: `${judged.reason}: ${path}`, remedy: judged.nextStep };
}

/** @param prepare makes the folder and returns it, or throws why it cannot be used */
export function checkRuntimeFolder(prepare: () => string): DoctorCheck {
  try {
    const folder = prepare();
    const probe = mkdtempSync(join(folder, 'doctor-'));
    rmSync(probe, { recursive: true });
    return ok('runtime-folder', folder);
  } catch (thrown) {
    const { message, nextStep, code } = asHarnessError(thrown);
    const remedy = code === 'unexpected' ? 'set ROT_HIL_RUNTIME_DIR to a folder of your own' : nextStep;
    return { name: 'runtime-folder', status: 'failed', detail: message, remedy };
  }
}

/** What virtual boards need of an installation: pseudo-terminals, the built program, and a drop-in tool that may be executed. */
export function checkVirtualBoards(dropIn: string, processEntry: string, platform: NodeJS.Platform = process.platform): DoctorCheck {
  const name = 'virtual-boards';
  if (platform === 'win32') return { name, status: 'warning', detail: 'Windows has no pseudo-terminals for them', remedy: 'use WSL for virtual boards; real boards work here' };
  if (!existsSync(processEntry)) return { name, status: 'failed', detail: `${processEntry} does not exist`, remedy: 'run npm run build' };
  try {
    accessSync(dropIn, constants.X_OK);
  } catch {
    return { name, status: 'failed', detail: `${dropIn} may not be executed`, remedy: `chmod +x ${dropIn}` };
  }
  return ok(name, dropIn);
}

/** Reports and work files are written below the temporary folder and the working directory. */
export function checkTemporaryFolder(folder = tmpdir()): DoctorCheck {
  try {
    rmSync(mkdtempSync(join(folder, 'rot-hil-doctor-')), { recursive: true });
    return ok('temporary-folder', folder);
  } catch {
    return { name: 'temporary-folder', status: 'failed', detail: `${folder} cannot be written`, remedy: 'set TMPDIR to a folder that can' };
  }
}
