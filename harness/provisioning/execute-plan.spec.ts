import { afterEach, describe, expect, it } from '@jest/globals';
import { Programmer } from '../programmer/index.js';
import type { FakeTool } from '../programmer/testing/fake-tool.js';
import { fakeTool } from '../programmer/testing/fake-tool.js';
import { executeGuardedPlan, executePlan } from './execute-plan.js';
import * as room from './index.js';
import type { Plan } from './plan.js';

let tool: FakeTool;
const programmer = (body: string, signal?: AbortSignal): Programmer => {
  tool = fakeTool(body);
  return new Programmer({ path: tool.path, sn: 'S1', ...(signal === undefined ? {} : { signal }) });
};
const connect = { mode: 'Hotplug', actions: [{ do: 'connect' }] } as const;
const write = { mode: 'Hotplug', actions: [{ do: 'write-option-bytes', values: { ECC_ON_SRAM: 1 } }] } as const;
const readBack = { mode: 'Hotplug', actions: [{ do: 'read-option-bytes' }] } as const;
const plan: Plan = {
  name: 'spec',
  steps: [
    { name: 'attach', why: 'first', request: connect },
    { name: 'write', why: 'second', pauseBeforeMs: 150, request: write },
    { name: 'read-back', why: 'third', request: readBack, expectOptionBytes: { ECC_ON_SRAM: 1, HDP_AREA_END: 0xff } },
  ],
};
/** Does what is asked; `ecc` is what it shows afterwards. */
const obedient = (ecc = '0x1'): string =>
  `heading(); if (args.includes('displ')) { say('OPTION BYTES BANK: 0'); say('  ECC_ON_SRAM : ${ecc} (x)'); say('  HDP_AREA_END : 0xFF (x)'); } else if (args.includes('-ob')) say('Option Bytes successfully programmed');`;

afterEach(() => tool.remove());

describe('execution of a plan', () => {
  it('every call succeeds → all made in order, each announced', async () => {
    const seen: string[] = [];
    await executePlan(programmer(obedient()), plan, { onStep: (step, index, count) => seen.push(`${index + 1}/${count} ${step.name}`) });
    expect(seen).toEqual(['1/3 attach', '2/3 write', '3/3 read-back']);
    expect(tool.calls().map((args) => args.slice(6).join(' '))).toEqual(['', '-ob ECC_ON_SRAM=1', '-ob displ']);
  });

  it('the second call fails → the third is never made, and the error names the step', async () => {
    const board = programmer("heading(); if (args.includes('-ob')) say('Error: Option Byte Programming failed');");
    await expect(executePlan(board, plan)).rejects.toMatchObject({
      code: 'option-byte-refused',
      kind: 'bench',
      message: expect.stringMatching(/^step 2 of 3 \(write\): /),
      fields: { step: 'write' },
    });
    expect(tool.calls()).toHaveLength(2);
  });

  it('the tool says done and wrote nothing → read-back, naming the option byte', async () => {
    await expect(executePlan(programmer(obedient('0x0')), plan)).rejects.toMatchObject({ code: 'read-back', kind: 'bench', fields: { wrong: ['ECC_ON_SRAM is 0x0 instead of 0x1'] } });
  });

  it('a plan that changes the product state, said or not → no-guard before its first call; the guard asked → made, and only what says where it leads', async () => {
    const close = { mode: 'Hotplug', actions: [{ do: 'set-product-state', state: 'CLOSED' }] } as const;
    const said: Plan = { name: 'close', steps: [plan.steps[0]!, { name: 'close', why: '', request: close, reaches: 'CLOSED' }] };
    const unsaid: Plan = { name: 'close', steps: [plan.steps[0]!, { name: 'close', why: '', request: close }] };
    const board = programmer('heading();');
    for (const each of [said, unsaid]) await expect(executePlan(board, each)).rejects.toMatchObject({ code: 'no-guard', kind: 'guard' });
    expect(tool.calls()).toEqual([]);
    const asked: string[] = [];
    await executeGuardedPlan(board, said, { guard: ({ name }) => void asked.push(name) });
    expect([asked, tool.calls().length]).toEqual([['close'], 2]);
    await expect(executeGuardedPlan(board, unsaid, { guard: () => undefined })).rejects.toMatchObject({ code: 'no-guard' });
    expect(tool.calls()).toHaveLength(3);
  });

  it('what the room offers to others → no way to execute a plan with a guard of their own', () => {
    expect(Object.keys(room)).not.toContain('executeGuardedPlan');
    expect(Object.values(room)).not.toContain(executeGuardedPlan);
  });

  it('pauses asked for → made; else not', async () => {
    const board = programmer(obedient());
    const pauses: number[] = [];
    board.pause = async (ms) => void pauses.push(ms);
    await executePlan(board, plan);
    expect(pauses).toEqual([]);
    await executePlan(board, plan, { pauses: true });
    expect(pauses).toEqual([150]);
  });

  it('aborted in a pause → interrupted at once, nothing written', async () => {
    const abort = new AbortController();
    const board = programmer(obedient(), abort.signal);
    const long = { ...plan, steps: plan.steps.map((step) => ({ ...step, ...(step.pauseBeforeMs === undefined ? {} : { pauseBeforeMs: 60_000 }) })) };
    const running = executePlan(board, long, { pauses: true, onStep: (step) => void (step.name === 'write' && setTimeout(() => abort.abort(), 20)) });
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
    expect(tool.calls()).toHaveLength(1);
  });
});
