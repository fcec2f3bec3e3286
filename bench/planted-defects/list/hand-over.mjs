// Defects of what the root of trust's model hands over to the application: memories, registers, MPU table, RAMECC handles.
const rot = (file) => `harness/rot/${file}`;

export const handOver = [
  { name: 'AXI SRAM3 not cleared', file: rot('hand-over.ts'), find: "['DTCM', 'AXI_SRAM1', 'AXI_SRAM3']", replace: "['DTCM', 'AXI_SRAM1']", suite: 'memory-map', test: /a pattern in every RAM/, reason: /AXI SRAM3/, also: ['ramecc'] /* a wrong word in it stays wrong */ },
  { name: 'DMA buffer not cleared', file: rot('hand-over.ts'), find: "{ address: dmaBuffer.address, size: dmaBuffer.size, value: 0, what: 'DMA buffer' },", replace: '', suite: 'memory-map', test: /DMA buffer/, reason: /Expected/ },
  { name: 'hide-protection level 2', file: rot('boot-registers.ts'), find: '[1, 2, 3].map((level)', replace: '[1, 2].map((level)', suite: 'memory-map', test: /hide-protection/, reason: /Expected: 111/ },
  { name: 'PLL1 at 360 MHz', file: rot('boot-registers.ts'), find: '0x0101037b', replace: '0x01010367', suite: 'clock', test: /380 MHz/, reason: /380000000|< 0.02/ },
  { name: 'RAMECC interrupt not enabled', file: rot('boot-registers.ts'), find: '(1 << 9) | (1 << 13)', replace: '1 << 13', suite: 'ramecc', test: /NVIC/, reason: /Expected: 512/ },
  { name: 'AXI SRAM1 not cleared, from internal RAM', on: { exec: 'int-ram' }, file: rot('hand-over.ts'), find: "['DTCM', 'AXI_SRAM1', 'AXI_SRAM3']", replace: "['DTCM', 'AXI_SRAM3']", suite: 'memory-map', test: /a pattern in every RAM/, reason: /AXI SRAM1/, also: ['ramecc'] },
  { name: 'DTCM not cleared, NUCLEO', on: { kit: 'nucleo-h7s3l8' }, file: rot('hand-over.ts'), find: "['DTCM', 'AXI_SRAM1', 'AXI_SRAM3']", replace: "['AXI_SRAM1', 'AXI_SRAM3']", suite: 'memory-map', test: /a pattern in every RAM/, reason: /DTCM/, also: ['ramecc'] },

  // The MPU table.
  { name: 'default map behind the regions', file: rot('hand-over.ts'), find: 'const mpuControl = 0x3;', replace: 'const mpuControl = 0x7;', suite: 'mpu', test: /MPU_CTRL/, reason: /Expected: 3/ },
  { name: 'the own slot may be written', file: rot('mpu-table.ts'), find: "return { number: 14, base, size, access: 'privilegedRo'", replace: "return { number: 14, base, size, access: 'privilegedRw'", suite: 'mpu', test: /region 14|own slot/, reason: /rasr|no fault/ },
  { name: 'internal RAM may be executed', file: rot('mpu-table.ts'), find: "{ number: 5, ...internalRam[release], access: 'privilegedRw', execute: false", replace: "{ number: 5, ...internalRam[release], access: 'privilegedRw', execute: true", suite: 'mpu', test: /region 5|AHB SRAM2/, reason: /rasr|IACCVIOL/ },
  { name: 'region 13 half as large', file: rot('mpu-table.ts'), find: 'base: 0x30007f80, size: 0x80', replace: 'base: 0x30007f80, size: 0x40', suite: 'mpu', test: /region 13/, reason: /rasr/ },

  // The RAMECC handles and monitors.
  { name: 'handles of DTCM0 and DTCM1 swapped', file: rot('ramecc.ts'), find: "{ address: 0x52009060, name: 'RAMECC1 monitor 2', watches: 'DTCM0' },\n  { address: 0x52009080, name: 'RAMECC1 monitor 3', watches: 'DTCM1' },", replace: "{ address: 0x52009080, name: 'RAMECC1 monitor 3', watches: 'DTCM1' },\n  { address: 0x52009060, name: 'RAMECC1 monitor 2', watches: 'DTCM0' },", suite: 'ramecc', test: /handle 1/, reason: /"instance"/ },
  { name: 'handles not ready', file: rot('ramecc.ts'), find: 'const stateReady = 1;', replace: 'const stateReady = 2;', suite: 'ramecc', test: /handle 0/, reason: /"state"/ },
  { name: 'double errors not notified', file: rot('ramecc.ts'), find: 'const monitorControl = 0x38;', replace: 'const monitorControl = 0x30;', suite: 'ramecc', test: /two bits flipped/, reason: /"irqs": 0/ },
];
