// Defects of the emulated chip that the application under test runs on: what a real one with an erratum, or another revision, would be.
const chip = (file) => `harness/emulator/stm32h7rs/${file}`;

export const emulator = [
  { name: 'window of the window watchdog without effect', file: chip('wwdg.ts'), find: '(this.peek(at.CFR) & counterBits)) this.ports', replace: 'counterBits) this.ports', suite: 'watchdog', test: /far above its window/, reason: /Expected: false|toBe/ },
  { name: 'unprivileged code has the rights of privileged code', file: 'harness/emulator/cpu/mpu.ts', find: '[privileged ? 0 : 1];', replace: '[privileged ? 0 : 0];', suite: 'mpu', test: /unprivileged/, reason: /no fault/ },
  { name: 'external RAM goes on without its clock', file: 'harness/emulator/machine.ts', find: "this.#bus.setVisible(name, xspi2 > 0 && this.#chip.maps('XSPI2'));", replace: "this.#bus.setVisible(name, xspi2 >= 0 && this.#chip.maps('XSPI2'));", suite: 'clock', test: /switched off by code in internal RAM/, reason: /"cfsr"/ },
  { name: 'RAM survives a loss of power', file: chip('memories.ts'), find: "if (cause !== 'power-on') return;", replace: "if (cause !== 'power-on' || this.banks.length > 0) return;", suite: 'self-check', test: /power switch used/, reason: /not/, also: ['boot', 'confirmation', 'power-cut'] },
  { name: 'failing address counted in bytes', file: chip('ecc-memory.ts'), find: 'doubleKind, index, low, high', replace: 'doubleKind, index * this.code.wordBytes, low, high', suite: 'ramecc', test: /failing address/, reason: /"far"/ },
];
