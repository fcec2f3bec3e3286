// Defects of the harness's own way to the board: the driver of the tool, the session, provisioning.
const programmer = (file) => `harness/programmer/${file}`;

export const driver = [
  { name: 'the supply voltage is not read', file: programmer('parse.ts'), find: 'voltage: voltage === null ? null : Number(voltage[1]),', replace: 'voltage: null,', suite: 'self-check', test: /supply/, reason: /null/, also: ['product-state', 'debug-authentication'] /* the brick guard wants it proven */ },
  { name: 'bytes in front of those asked for', file: programmer('programmer.ts'), find: 'bytes.subarray(address - start, address - start + size)', replace: 'bytes.subarray(0, size)', suite: 'self-check', test: /no multiple of four/, reason: /"4455"/ },
  { name: 'a software reset instead of the pin', file: programmer('programmer.ts'), find: "actions: [{ do: 'hard-reset' }]", replace: "actions: [{ do: 'reset' }]", suite: 'watchdog', test: /reset pin/, reason: /Expected: 0/ },
];
