// Defects of the firmware fixture.
const fixture = (file) => `firmware-fixtures/src/${file}`;

export const firmware = [
  { name: 'CRC-32 of memory leaves out the last byte', file: fixture('commands-memory.c'), find: 'i < count; i++) {\n    if ((i & 63u)', replace: 'i + 1u < count; i++) {\n    if ((i & 63u)', suite: 'boot', test: /every byte/, reason: /Expected: \d+/, also: ['update-overwrite'] },
  { name: 'a fault is always told as privileged', file: fixture('fault.c'), find: 'bool privileged = from_handler || !(read_control() & 1u);', replace: 'bool privileged = true;', suite: 'mpu', test: /unprivileged/, reason: /"privileged": true/ },
  { name: 'MMFAR told with a bit missing', file: fixture('fault.c'), find: 'line_field("mmfar", mmfar);', replace: 'line_field("mmfar", mmfar & ~4u);', suite: 'mpu', test: /MemManage/, reason: /"mmfar"/ },
  { name: 'the application does not write RASR', file: fixture('commands-core.c'), find: '  MPU_RASR = rasr;\n  dsb();', replace: '  dsb();', suite: 'mpu', test: /region 15/, reason: /IACCVIOL|rasr/ },
  { name: 'errors injected in another bit', file: fixture('commands-ramecc.c'), find: '#define ONE_BIT 0x00001000u', replace: '#define ONE_BIT 0x00000800u', suite: 'ramecc', test: /bit 12/, reason: /Expected: 4096/ },
  { name: 'watchdog set to half of its time', file: fixture('commands-core.c'), find: '*reload = ticks >> (2u + *prescaler);', replace: '*reload = ticks >> (3u + *prescaler);', suite: 'watchdog', test: /bites after its time/, reason: /Expected: > 8.5/ },
  { name: 'baud rate 3 % too low', file: fixture('uart.c'), find: 'CONSOLE_BRR = (clock_pclk1() + BAUD_RATE / 2u) / BAUD_RATE;', replace: 'CONSOLE_BRR = (clock_pclk1() + BAUD_RATE / 2u) / BAUD_RATE * 33u / 32u;', suite: 'clock', test: /baud rate/, reason: /Expected: (< 0.02|825)/ },
  { name: 'the core clock is raised in place too', on: { exec: 'xip' }, file: fixture('commands-clock.c'), find: '  if (executes_in_place()) return answer_error(a->seq, "executes-in-place");', replace: '  if (executes_in_place() && mhz == 0u) return answer_error(a->seq, "executes-in-place");', suite: 'clock', test: /executes in place/, reason: /executes-in-place/ },
  { name: 'requests with a wrong checksum served', file: fixture('request.c'), find: 'return !*text && claimed == crc32_finish(crc);', replace: 'return !*text && claimed != 1u;', suite: 'boot', test: /wrong checksum/, reason: /bad-crc/, also: ['self-check'] },
  { name: 'banner with a stack pointer taken late', file: fixture('startup.S'), find: '  mov r5, sp\n', replace: '  sub r5, sp, #8\n', suite: 'boot', test: /MSP at the first instruction/, reason: /Expected: \d+/ },
  { name: 'a confirmation without its last word', on: { mode: 'swap' }, file: fixture('commands-memory.c'), find: 'for (uint32_t i = 0; i < 4u; i++) CONFIRMATION_FLAG', replace: 'for (uint32_t i = 0; i < 3u; i++) CONFIRMATION_FLAG', suite: 'confirmation', test: /16 bytes/, reason: /Expected: "b7bb1f00/, also: ['update-swap', 'power-cut', 'rollback', 'authenticity', 'encryption'] },
];
