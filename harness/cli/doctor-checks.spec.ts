import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HarnessError } from '../errors/index.js';
import type { Attached } from '../lab/index.js';
import { checkAttached, checkNode, checkRuntimeFolder, checkTemporaryFolder, checkVirtualBoards } from './doctor-checks.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-doctor-spec-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const port = { path: '/dev/ttyACM0', serialNumber: '50FF', manufacturer: null, vendorId: '0483', productId: null, accessible: true };
const attached: Attached = {
  tool: { path: '/opt/tool', version: '2.21.0' },
  probes: [{ sn: '50FF', firmware: 'V2J47S7', board: 'STM32H7S78-DK', kit: 'stm32h7s78-dk', port: '/dev/ttyACM0' }],
  ports: [port],
  problems: [],
};
const states = (change: Partial<Attached>): Record<string, string> => Object.fromEntries(checkAttached({ ...attached, ...change }, 'linux').map(({ name, status }) => [name, status]));
const problem = (code: string): HarnessError => new HarnessError({ code, kind: 'bench', message: 'it is not there', nextStep: 'get it' });

describe('the version of Node', () => {
  it.each([
    ['v20.19.0', 'ok'],
    ['v20.20.2', 'ok'],
    ['v22.0.0', 'ok'],
    ['v20.18.9', 'failed'],
    ['v18.99.0', 'failed'],
  ])('%s against >=20.19 → %s', (version, status) => expect(checkNode(version, '>=20.19').status).toBe(status));
});

describe('tool, probes and ports', () => {
  it('all there → all ok', () => expect(states({})).toEqual({ tool: 'ok', probes: 'ok', 'serial-ports': 'ok' }));

  it('no tool → failed, with its remedy; probes are not asked for', () => {
    expect(states({ tool: null, probes: [], problems: [problem('tool-missing')] })).toEqual({ tool: 'failed', 'serial-ports': 'ok' });
    expect(checkAttached({ ...attached, tool: null, problems: [problem('tool-missing')] })[0]).toMatchObject({ detail: 'it is not there', remedy: 'get it' });
  });

  it('no probe → a warning; a port that may not be opened → failed, with the group', () => {
    expect(states({ probes: [] })).toMatchObject({ probes: 'warning' });
    expect(states({ ports: [{ ...port, accessible: false }] })).toMatchObject({ 'serial-ports': 'failed' });
    expect(checkAttached({ ...attached, ports: [{ ...port, accessible: false }] }, 'linux').at(-1)!.remedy).toContain('dialout');
  });

  it('ports that cannot be listed → a warning, not a missing tool', () => {
    expect(states({ ports: [], problems: [problem('ports-unlisted')] })).toEqual({ tool: 'ok', probes: 'ok', 'serial-ports': 'warning' });
  });
});

describe('folders and virtual boards', () => {
  it('a runtime folder that can be written → ok; one that somebody else made → failed, with the remedy of the refusal', () => {
    expect(checkRuntimeFolder(() => folder)).toMatchObject({ status: 'ok', detail: folder });
    const refuse = (): never => {
      throw problem('runtime-folder');
    };
    expect(checkRuntimeFolder(refuse)).toMatchObject({ status: 'failed', remedy: 'get it' });
    expect(checkRuntimeFolder(() => join(folder, 'absent'))).toMatchObject({ status: 'failed', remedy: expect.stringContaining('ROT_HIL_RUNTIME_DIR') });
  });

  it('a temporary folder → ok; none → failed', () => {
    expect(checkTemporaryFolder(folder).status).toBe('ok');
    expect(checkTemporaryFolder(join(folder, 'absent')).status).toBe('failed');
  });

  it('drop-in with its run bit and a build → ok; without either → failed with the command; on Windows → a warning', () => {
    const [tool, entry] = [join(folder, 'tool'), join(folder, 'process.js')];
    writeFileSync(tool, '');
    expect(checkVirtualBoards(tool, entry, 'linux')).toMatchObject({ status: 'failed', remedy: 'run npm run build' });
    writeFileSync(entry, '');
    chmodSync(tool, 0o644);
    expect(checkVirtualBoards(tool, entry, 'linux')).toMatchObject({ status: 'failed', remedy: `chmod +x ${tool}` });
    chmodSync(tool, 0o755);
    expect(checkVirtualBoards(tool, entry, 'linux').status).toBe('ok');
    expect(checkVirtualBoards(tool, entry, 'win32').status).toBe('warning');
  });
});
