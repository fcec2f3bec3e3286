/* Request lines: pure C, no hardware. */
#ifndef ROT_HIL_REQUEST_H
#define ROT_HIL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#define REQUEST_MAX 200u
#define REQUEST_WORDS 8u

typedef enum { REQUEST_EMPTY, REQUEST_OK, REQUEST_BAD_CRC, REQUEST_BAD_ARGUMENT } request_verdict;

typedef struct {
  uint32_t seq; /* 0 where the line has no readable sequence number */
  uint32_t words; /* the command and its arguments */
  char *word[REQUEST_WORDS];
} request;

/* Splits `text` (terminated, changed in place). */
request_verdict request_parse(char *text, request *out);
/* The decimal number at the start of `text` if it is 1...999999 and a space follows; else 0. */
uint32_t request_seq(const char *text);
/* Decimal or 0x, at most 32 bits. */
bool request_number(const char *text, uint32_t *value);
bool request_is(const char *text, const char *expected);
uint32_t request_length(const char *text);

#endif
