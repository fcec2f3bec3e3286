// Defects of the harness's own way to the board: the driver of the tool, the session, provisioning.
const programmer = (file) => `harness/programmer/${file}`;

export const driver = [
  { name: 'the supply voltage is not read', file: programmer('parse.ts'), find: 'voltage: voltage === null ? null : Number(voltage[1]),', replace: 'voltage: null,', suite: 'self-check', test: /supply/, reason: /null/, also: ['product-state', 'debug-authentication'] /* the brick guard wants it proven */ },
  { name: 'bytes in front of those asked for', file: programmer('programmer.ts'), find: 'bytes.subarray(address - start, address - start + size)', replace: 'bytes.subarray(0, size)', suite: 'self-check', test: /no multiple of four/, reason: /"4455"/ },
  { name: 'a software reset instead of the pin', file: programmer('programmer.ts'), find: "actions: [{ do: 'hard-reset' }]", replace: "actions: [{ do: 'reset' }]", suite: 'watchdog', test: /reset pin/, reason: /Expected: 0/ },
  { name: 'the size of an OBKey file, refused by the device, told as another failure', file: programmer('failures.ts'), find: "code: 'obk-bad-size'", replace: "code: 'tool-failed'", suite: 'provisioning', test: /cut short/, reason: /obk-bad-size/ },
  { name: 'the integrity row of a discovery is not read', file: programmer('discovery-report.ts'), find: "row('st provisioning integrity status')", replace: "row('provisioning integrity status')", suite: 'debug-authentication', test: /discovery/, reason: /discovery-integrity/, also: ['product-state'] },

  // The console.
  { name: 'only the last lines of the console are kept', file: 'harness/console/line-log.ts', find: 'lines: 20_000', replace: 'lines: 64', suite: 'soak', test: /every answer right/, reason: /length: 200/, also: ['self-check'] },

  // Provisioning and its guard.
  { name: 'brick guard: an image that the device would refuse passes', file: 'harness/provisioning/guard/image-rules.ts', find: "return verdict === 'valid' ? undefined :", replace: "return verdict !== undefined ? undefined :", suite: 'product-state', test: /signed by a stranger/, reason: /resolved instead of rejected/ },
  { name: 'brick guard: an image that the device would refuse passes, STiRoT', on: { bootPath: 'stirot' }, file: 'harness/provisioning/guard/image-rules.ts', find: "return verdict === 'valid' ? undefined :", replace: "return verdict !== undefined ? undefined :", suite: 'stirot', test: /signed by a stranger/, reason: /resolved instead of rejected/, also: ['product-state'] },
  { name: 'an image provisioned in OPEN is not judged before', file: 'harness/provisioning/check-inputs.ts', find: "if (verdict.verdict !== 'valid') {", replace: "if (verdict.verdict === undefined) {", suite: 'provisioning', test: /signed by a stranger/, reason: /resolved instead of rejected/ },
  { name: 'the end of a plan does not stand in the journal', file: 'harness/provisioning/execute-plan.ts', find: "  options.journal?.append({ event: 'plan-end', outcome: 'done' });\n", replace: '', suite: 'product-state', test: /journal certain/, reason: /"certain": false/ },

  // The session.
  { name: 'provisioned without an image, the primary slot keeps the old one', file: 'harness/session/board-session.ts', find: "      await this.writeSlot('primary', new Uint8Array(0));\n", replace: '', suite: 'provisioning', test: /none →/, reason: /an application started where none was expected/ },
];
