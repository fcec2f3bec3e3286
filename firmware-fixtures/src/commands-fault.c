#include "commands.h"
#include "cpu.h"
#include "fault.h"
#include "line.h"
#include "registers.h"

static void answer_value(const arguments *a, uint32_t value) {
  answer_ok(a);
  line_field("value", value);
  line_close();
}

void command_on_fault(const arguments *a) {
  bool reset = request_is(a->text[0], "reset");
  if (!reset && !request_is(a->text[0], "continue")) return answer_error(a->seq, "bad-argument");
  fault_set_policy(reset);
  answer_ok(a);
  line_name("policy");
  line_text(a->text[0]);
  line_close();
}

static uint32_t execute(uint32_t address) { return ((uint32_t(*)(void))(address | 1u))(); }

static uint32_t store(uint32_t address, uint32_t value) {
  REG32(address) = value;
  dsb(); /* a store fault is imprecise: let it arrive here */
  return value;
}

static uint32_t divide_by_zero(void) {
  uint32_t quotient;
  CCR |= CCR_DIV_0_TRP;
  dsb();
  isb();
  __asm volatile("sdiv %0, %1, %2" : "=r"(quotient) : "r"(1), "r"(0));
  CCR &= ~CCR_DIV_0_TRP;
  return quotient;
}

static uint32_t load_double_unaligned(void) {
  static uint32_t words[4];
  uint32_t low, high;
  __asm volatile("ldrd %0, %1, [%2]" : "=&r"(low), "=&r"(high) : "r"((uint32_t)words + 2u));
  return low ^ high;
}

static void call_supervisor_masked(void) {
  __asm volatile("cpsid i\n  svc #0\n  cpsie i" ::: "r0", "r1", "r2", "r3", "r12", "memory");
}

static bool operation_of(const char *word, uint32_t *operation) {
  if (request_is(word, "read")) *operation = UNPRIVILEGED_READ;
  else if (request_is(word, "write")) *operation = UNPRIVILEGED_WRITE;
  else if (request_is(word, "exec")) *operation = UNPRIVILEGED_EXEC;
  else return false;
  return true;
}

void command_fault(const arguments *a) {
  const char *kind = a->text[0];
  uint32_t operation, address, value = 0;
  if (a->count == 1u) {
    if (request_is(kind, "udf")) __asm volatile("udf #0");
    else if (request_is(kind, "divzero")) value = divide_by_zero();
    else if (request_is(kind, "unaligned")) value = load_double_unaligned();
    else if (request_is(kind, "svc-masked")) call_supervisor_masked();
    else return answer_error(a->seq, "bad-argument");
    return answer_value(a, value);
  }
  bool unprivileged = request_is(kind, "unprivileged");
  uint32_t first = unprivileged ? 1u : 0u;
  if (!operation_of(a->text[first], &operation) || !argument_number(a, first + 1u, &address)) {
    return answer_error(a->seq, "bad-argument");
  }
  uint32_t expected = first + (operation == UNPRIVILEGED_WRITE ? 3u : 2u);
  if (unprivileged && operation == UNPRIVILEGED_WRITE && a->count == 3u) expected = 3u; /* the value may be left out: 0 */
  else if (operation == UNPRIVILEGED_WRITE && !argument_number(a, first + 2u, &value)) {
    return answer_error(a->seq, "bad-argument");
  }
  if (a->count != expected) return answer_error(a->seq, "bad-argument");
  if (unprivileged) value = fault_unprivileged(operation, address, value);
  else if (operation == UNPRIVILEGED_EXEC) value = execute(address);
  else if (operation == UNPRIVILEGED_WRITE) value = store(address, value);
  else value = REG32(address);
  answer_value(a, value);
}
