// Defects that the board suites must notice, as data: in `file` the text `find` becomes `replace`. `suite`: the one that must turn red, in a test like `test`,
// with a message like `reason`. `also`: suites that judge the same property and may turn red with it; anything else that is red makes the run a failure.

const fixture = (file) => `firmware-fixtures/src/${file}`;
const rot = (file) => `harness/rot/${file}`;
const programmer = (file) => `harness/programmer/${file}`;

export const defects = [
  // The firmware fixture.
  { name: 'CRC-32 of memory leaves out the last byte', file: fixture('commands-memory.c'), find: 'i < count; i++) {\n    if ((i & 63u)', replace: 'i + 1u < count; i++) {\n    if ((i & 63u)', suite: 'boot', test: /every byte/, reason: /Expected: \d+/, also: ['update-overwrite'] },
  { name: 'a fault is always told as privileged', file: fixture('fault.c'), find: 'bool privileged = from_handler || !(read_control() & 1u);', replace: 'bool privileged = true;', suite: 'mpu', test: /unprivileged/, reason: /"privileged": true/ },
  { name: 'MMFAR told with a bit missing', file: fixture('fault.c'), find: 'line_field("mmfar", mmfar);', replace: 'line_field("mmfar", mmfar & ~4u);', suite: 'mpu', test: /MemManage/, reason: /"mmfar"/ },
  { name: 'the application does not write RASR', file: fixture('commands-core.c'), find: '  MPU_RASR = rasr;\n  dsb();', replace: '  dsb();', suite: 'mpu', test: /region 15/, reason: /IACCVIOL|rasr/ },
  { name: 'errors injected in another bit', file: fixture('commands-ramecc.c'), find: '#define ONE_BIT 0x00001000u', replace: '#define ONE_BIT 0x00000800u', suite: 'ramecc', test: /bit 12/, reason: /Expected: 4096/ },
  { name: 'watchdog set to half of its time', file: fixture('commands-core.c'), find: '*reload = ticks >> (2u + *prescaler);', replace: '*reload = ticks >> (3u + *prescaler);', suite: 'watchdog', test: /bites after its time/, reason: /Expected: > 8.5/ },
  { name: 'baud rate 3 % too low', file: fixture('uart.c'), find: 'CONSOLE_BRR = (clock_pclk1() + BAUD_RATE / 2u) / BAUD_RATE;', replace: 'CONSOLE_BRR = (clock_pclk1() + BAUD_RATE / 2u) / BAUD_RATE * 33u / 32u;', suite: 'clock', test: /baud rate/, reason: /Expected: (< 0.02|825)/ },

  // The model of the root of trust: installation and checks.
  { name: 'security counter not compared', file: 'harness/image/check-tlvs.ts', find: 'if (counter < stored) return', replace: 'if (counter < stored && stored > 0xfffffffe) return', suite: 'rollback', test: /refused/, reason: /security-counter|valid/, also: ['update-overwrite', 'authenticity'] },
  { name: 'security counter never stored', file: rot('install-overwrite.ts'), find: 'return counter === stored || data.updateCounter(counter);', replace: 'return true;', suite: 'rollback', test: /stored/, reason: /Expected: 50331648/, also: ['update-overwrite', 'authenticity'] },
  { name: 'image hash not compared', file: 'harness/image/check-tlvs.ts', find: "if (!equalBytes(stored, this.digest)) return reject('hash', 'image hash mismatch');", replace: '', suite: 'authenticity', test: /refused by the hash/, reason: /"stage": "signature"|signature KO/ },
  { name: 'key hash not compared', file: 'harness/image/check-tlvs.ts', find: "if (!equalBytes(stored, own.subarray(0, stored.length))) return", replace: "if (stored.length === 33) return", suite: 'authenticity', test: /refused by the key hash/, reason: /"stage": "signature"|signature KO/ },
  { name: 'signature not verified', file: 'harness/image/check-tlvs.ts', find: 'return this.options.engine.verify(this.options.authPublicKey, signature, this.digest);', replace: 'return true;', suite: 'authenticity', test: /signature KO/, reason: /"verdict": "valid"/ },
  { name: 'bytes behind the image not looked at', file: 'harness/image/slot-pattern.ts', find: 'const head = slot.read(from, aligned - from).findIndex((byte) => byte !== 0xff);', replace: 'if (slot.size > 0) return undefined;\n  const head = -1;', suite: 'authenticity', test: /behind the TLVs/, reason: /"verdict": "valid"/ },
  { name: 'hash reference not used', file: 'harness/image/check-tlvs.ts', find: 'if (hashReference !== undefined && equalBytes(hashReference, this.digest)) {', replace: 'if (hashReference !== undefined && hashReference.length === 0) {', suite: 'boot', test: /accepted before/, reason: /hash ref OK/ },
  // Swap.
  { name: 'an unconfirmed image stays', mode: 'swap', file: rot('swap-type.ts'), find: "{ type: 'revert', primary: { magic: 'good', imageOk: 'unset', copyDone: 'set' }", replace: "{ type: 'revert', primary: { magic: 'good', imageOk: 'bad', copyDone: 'set' }", suite: 'confirmation', test: /goes back/, reason: /Expected: "revert"/, also: ['update-swap', 'power-cut'] },
  { name: 'the flag is taken over whatever the trailer says', mode: 'swap', file: rot('confirmation.ts'), find: "if (magic === 'bad' || (magic === 'good' && copyDone === 'unset')) {", replace: "if (magic === 'set') {", suite: 'confirmation', test: /at the flag|at it/, reason: /Confirm Flag Not Correctly Written/ },
  { name: 'one bit of the flag does not count', mode: 'swap', file: rot('confirmation.ts'), find: 'byte === confirmationPattern[i]', replace: '(byte | 1) === (confirmationPattern[i]! | 1)', suite: 'confirmation', test: /one bit of its first word off/, reason: /Expected: "revert"/ },

  // What it hands over.
  { name: 'AXI SRAM3 not cleared', file: rot('hand-over.ts'), find: "['DTCM', 'AXI_SRAM1', 'AXI_SRAM3']", replace: "['DTCM', 'AXI_SRAM1']", suite: 'memory-map', test: /a pattern in every RAM/, reason: /AXI SRAM3/ },
  { name: 'DMA buffer not cleared', file: rot('hand-over.ts'), find: "{ address: dmaBuffer.address, size: dmaBuffer.size, value: 0, what: 'DMA buffer' },", replace: '', suite: 'memory-map', test: /DMA buffer/, reason: /Expected/ },
  { name: 'hide-protection level 2', file: rot('boot-registers.ts'), find: '[1, 2, 3].map((level)', replace: '[1, 2].map((level)', suite: 'memory-map', test: /hide-protection/, reason: /Expected: 111/ },
  { name: 'PLL1 at 360 MHz', file: rot('boot-registers.ts'), find: '0x0101037b', replace: '0x01010367', suite: 'clock', test: /380 MHz/, reason: /380000000|< 0.02/ },
  { name: 'RAMECC interrupt not enabled', file: rot('boot-registers.ts'), find: '(1 << 9) | (1 << 13)', replace: '1 << 13', suite: 'ramecc', test: /NVIC/, reason: /Expected: 512/ },

  // The MPU table.
  { name: 'default map behind the regions', file: rot('hand-over.ts'), find: 'const mpuControl = 0x3;', replace: 'const mpuControl = 0x7;', suite: 'mpu', test: /MPU_CTRL/, reason: /Expected: 3/ },
  { name: 'the own slot may be written', file: rot('mpu-table.ts'), find: "return { number: 14, base, size, access: 'privilegedRo'", replace: "return { number: 14, base, size, access: 'privilegedRw'", suite: 'mpu', test: /region 14|own slot/, reason: /rasr|no fault/ },
  { name: 'internal RAM may be executed', file: rot('mpu-table.ts'), find: "{ number: 5, ...internalRam[release], access: 'privilegedRw', execute: false", replace: "{ number: 5, ...internalRam[release], access: 'privilegedRw', execute: true", suite: 'mpu', test: /region 5|AHB SRAM2/, reason: /rasr|IACCVIOL/ },
  { name: 'region 13 half as large', file: rot('mpu-table.ts'), find: 'base: 0x30007f80, size: 0x80', replace: 'base: 0x30007f80, size: 0x40', suite: 'mpu', test: /region 13/, reason: /rasr/ },

  // The RAMECC handles and monitors.
  { name: 'handles of DTCM0 and DTCM1 swapped', file: rot('ramecc.ts'), find: "{ address: 0x52009060, name: 'RAMECC1 monitor 2', watches: 'DTCM0' },\n  { address: 0x52009080, name: 'RAMECC1 monitor 3', watches: 'DTCM1' },", replace: "{ address: 0x52009080, name: 'RAMECC1 monitor 3', watches: 'DTCM1' },\n  { address: 0x52009060, name: 'RAMECC1 monitor 2', watches: 'DTCM0' },", suite: 'ramecc', test: /handle 1/, reason: /"instance"/ },
  { name: 'handles not ready', file: rot('ramecc.ts'), find: 'const stateReady = 1;', replace: 'const stateReady = 2;', suite: 'ramecc', test: /handle 0/, reason: /"state"/ },
  { name: 'double errors not notified', file: rot('ramecc.ts'), find: 'const monitorControl = 0x38;', replace: 'const monitorControl = 0x30;', suite: 'ramecc', test: /two bits flipped/, reason: /"irqs": 0/ },

  // The driver of the tool.
  { name: 'the supply voltage is not read', file: programmer('parse.ts'), find: 'voltage: voltage === null ? null : Number(voltage[1]),', replace: 'voltage: null,', suite: 'self-check', test: /supply/, reason: /null/, also: ['product-state', 'debug-authentication'] /* the brick guard wants it proven */ },
  { name: 'bytes in front of those asked for', file: programmer('programmer.ts'), find: 'bytes.subarray(address - start, address - start + size)', replace: 'bytes.subarray(0, size)', suite: 'self-check', test: /no multiple of four/, reason: /"4455"/ },
  { name: 'a software reset instead of the pin', file: programmer('programmer.ts'), find: "actions: [{ do: 'hard-reset' }]", replace: "actions: [{ do: 'reset' }]", suite: 'watchdog', test: /reset pin/, reason: /Expected: 0/ },
];
