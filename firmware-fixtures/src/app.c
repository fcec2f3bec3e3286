/* The application under test: banner, then one answer line per request line (PROTOCOL.md). */
#include "commands.h"
#include "cpu.h"
#include "fault.h"
#include "interrupts.h"
#include "line.h"
#include "registers.h"
#include "uart.h"

static const command commands[] = {
    {"identify", 0, 0, command_identify}, {"echo", 1, 1, command_echo},
    {"read", 2, 2, command_read}, {"write", 3, 3, command_write},
    {"dump", 2, 2, command_dump}, {"crc32", 2, 2, command_crc32},
    {"vtor", 0, 0, command_vtor}, {"mpu", 0, 0, command_mpu},
    {"mpu-set", 3, 3, command_mpu_set}, {"cycles", 0, 0, command_cycles},
    {"ramecc", 0, 0, command_ramecc}, {"ecc-inject", 3, 3, command_ecc_inject},
    {"ecc-clear", 1, 1, command_ecc_clear}, {"on-fault", 1, 1, command_on_fault},
    {"fault", 1, 4, command_fault}, {"confirm", 0, 0, command_confirm},
    {"iwdg", 1, 1, command_iwdg}, {"hang", 0, 0, command_hang}, {"bite", 3, 3, command_bite},
    {"reset", 0, 0, command_reset}, {"clock", 0, 0, command_clock},
    {"cpu-clock", 1, 1, command_cpu_clock}, {"line-watch", 0, 0, command_line_watch},
    {"line-time", 0, 0, command_line_time}, {"pll2-pause", 1, 1, command_pll2_pause},
};

void answer_ok(const arguments *a) {
  interrupts_report();
  line_open("@");
  line_decimal(a->seq);
  line_text(" ok");
}

void answer_error(uint32_t seq, const char *code) {
  interrupts_report();
  line_open("@");
  line_decimal(seq);
  line_text(" error");
  line_name("code");
  line_text(code);
  line_close();
}

bool argument_number(const arguments *a, uint32_t index, uint32_t *value) {
  return index < a->count && request_number(a->text[index], value);
}

static void execute(request *r) {
  arguments a = {r->seq, r->words - 1u, r->word + 1};
  for (uint32_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    if (!request_is(r->word[0], commands[i].name)) continue;
    if (a.count < commands[i].least || a.count > commands[i].most) return answer_error(a.seq, "bad-argument");
    serving = a.seq;
    commands[i].action(&a);
    serving = 0;
    return;
  }
  answer_error(a.seq, "unknown-command");
}

static uint8_t next_byte(void) {
  uint8_t byte;
  while (!uart_get(&byte)) {
    interrupts_report();
    uart_sleep();
  }
  return byte;
}

/* One line without its end; false if it was longer than a request may be (its first characters are kept). */
static bool read_line(char *text) {
  uint32_t length = 0;
  bool fits = true;
  for (;;) {
    uint8_t byte = next_byte();
    if (byte == '\n') break;
    if (byte == '\r') continue;
    if (length < REQUEST_MAX) text[length++] = (char)(byte ? byte : 0x7f); /* NUL would end the line early */
    else fits = false;
  }
  text[length] = 0;
  return fits;
}

static void serve_one(void) {
  static char text[REQUEST_MAX + 1u];
  request r;
  bool fits = read_line(text);
  if (uart_lost()) return answer_error(request_seq(text), "overrun");
  if (!fits) return answer_error(request_seq(text), "line-too-long");
  switch (request_parse(text, &r)) {
    case REQUEST_EMPTY: return;
    case REQUEST_OK: return execute(&r);
    case REQUEST_BAD_CRC: return answer_error(r.seq, "bad-crc");
    default: return answer_error(r.seq, "bad-argument");
  }
}

_Noreturn void serve(void) {
  for (;;) serve_one();
}

static void enable_cycle_counter(void) {
  if (DEMCR & DEMCR_TRCENA && DWT_CTRL & DWT_CTRL_CYCCNTENA) return; /* as after the root of trust */
  DEMCR |= DEMCR_TRCENA;
  DWT_LAR = 0xc5acce55u; /* Cortex-M7 locks software access to the DWT where no debugger is present */
  DWT_CYCCNT = 0u;
  DWT_CTRL |= DWT_CTRL_CYCCNTENA;
}

void main(uint32_t boot_cycles, uint32_t msp);
void main(uint32_t boot_cycles, uint32_t msp) {
  enable_cycle_counter();
  fault_init();
  uart_init();
  line_abandon();
  line_open("$rot-hil");
  identity();
  line_field("msp", msp);
  line_field("boot_cycles", boot_cycles);
  line_text(" proto=1");
  line_close();
  serve();
}
