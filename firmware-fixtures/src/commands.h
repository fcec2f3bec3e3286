/* One function per command of PROTOCOL.md. A command does its work first and opens the answer line last, so a fault
 * on the way leaves no half answer. */
#ifndef ROT_HIL_COMMANDS_H
#define ROT_HIL_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"

/* `count` arguments, the command word not counted. */
typedef struct {
  uint32_t seq;
  uint32_t count;
  char **text;
} arguments;

typedef void (*command_action)(const arguments *);

typedef struct {
  const char *name;
  uint32_t least, most; /* number of arguments */
  command_action action;
} command;

void answer_ok(const arguments *);
void answer_error(uint32_t seq, const char *code);
bool argument_number(const arguments *, uint32_t index, uint32_t *value);

/* commands-clock.c */
void command_clock(const arguments *);
void command_cpu_clock(const arguments *);
void command_line_watch(const arguments *);
void command_line_time(const arguments *);
void command_pll2_pause(const arguments *);
/* commands-memory.c */
void command_read(const arguments *);
void command_write(const arguments *);
void command_dump(const arguments *);
void command_crc32(const arguments *);
void command_confirm(const arguments *);
/* commands-core.c */
void command_identify(const arguments *);
void command_echo(const arguments *);
void command_vtor(const arguments *);
void command_mpu(const arguments *);
void command_mpu_set(const arguments *);
void command_cycles(const arguments *);
void command_iwdg(const arguments *);
void command_hang(const arguments *);
void command_bite(const arguments *);
void command_reset(const arguments *);
/* The fields that the banner and `identify` share. */
void identity(void);
/* commands-ramecc.c */
void command_ramecc(const arguments *);
void command_ecc_inject(const arguments *);
void command_ecc_clear(const arguments *);
/* commands-fault.c */
void command_on_fault(const arguments *);
void command_fault(const arguments *);

#endif
