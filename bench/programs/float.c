// A floating-point benchmark of our own for the FPU (double and single): elimination with pivots, polynomials and roots, a filter, a chaotic map. Prints its checksum through Arm semihosting.
#include <stdint.h>

static int semihost(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

#define SIZE 48
static double matrix[SIZE][SIZE], right[SIZE];
static float samples[256], taps[32], filtered[256];
static uint32_t seed;

static double random_number(void) {
  seed = seed * 1664525u + 1013904223u;
  return (int32_t)seed / 2147483648.0;
}

static void axpy(int count, double factor, const double *x, double *y) {
  for (int i = 0; i < count; i++) y[i] += factor * x[i];
}

static double magnitude(double x) { return x < 0 ? -x : x; }

// Solves a system and returns the sum of its solution.
static double eliminate(void) {
  for (int i = 0; i < SIZE; i++) {
    right[i] = random_number();
    for (int k = 0; k < SIZE; k++) matrix[i][k] = random_number() + (i == k ? 4 : 0);
  }
  for (int column = 0; column < SIZE; column++) {
    int pivot = column;
    for (int i = column + 1; i < SIZE; i++) if (magnitude(matrix[i][column]) > magnitude(matrix[pivot][column])) pivot = i;
    for (int k = 0; k < SIZE; k++) {
      double kept = matrix[column][k];
      matrix[column][k] = matrix[pivot][k];
      matrix[pivot][k] = kept;
    }
    double kept = right[column];
    right[column] = right[pivot];
    right[pivot] = kept;
    for (int i = column + 1; i < SIZE; i++) {
      double factor = -matrix[i][column] / matrix[column][column];
      axpy(SIZE - column, factor, &matrix[column][column], &matrix[i][column]);
      right[i] += factor * right[column];
    }
  }
  double sum = 0;
  for (int i = SIZE - 1; i >= 0; i--) {
    double value = right[i];
    for (int k = i + 1; k < SIZE; k++) value -= matrix[i][k] * right[k];
    right[i] = value / matrix[i][i];
    sum += right[i];
  }
  return sum;
}

static double sine(double x) {
  double square = x * x;
  return x * (1 + square * (-1.0 / 6 + square * (1.0 / 120 + square * (-1.0 / 5040 + square / 362880))));
}

static double functions(void) {
  double x = 0.75, sum = 0;
  for (int i = 0; i < 2000; i++) {
    double root = __builtin_sqrt(x * x + 1);
    x = sine(x) * 0.5 + 1 / root;
    sum += i & 1 ? x : -x;
    if (x > 1.5) x -= 0.5;
  }
  return sum;
}

static float filter(void) {
  for (int i = 0; i < 256; i++) samples[i] = (float)random_number();
  for (int i = 0; i < 32; i++) taps[i] = (float)(i - 16) / 64.0f;
  float sum = 0;
  for (int i = 32; i < 256; i++) {
    float value = 0;
    for (int k = 0; k < 32; k++) value += taps[k] * samples[i - k];
    filtered[i] = value;
    sum += value * value;
  }
  return sum;
}

static double logistic(void) {
  double x = 0.123;
  int above = 0;
  for (int i = 0; i < 3000; i++) {
    x = 3.9 * x * (1 - x);
    above += x > 0.5 ? (int)(x * 100) : -1;
  }
  return x + above;
}

static uint32_t mix(uint32_t checksum, double value) {
  union { double number; uint32_t words[2]; } bits = {value};
  return (checksum * 31 + bits.words[0]) * 31 + bits.words[1];
}

__attribute__((used)) static void measured(void) {
  seed = 1;
  uint32_t checksum = 0;
  for (int round = 0; round < ROUNDS; round++) {
    checksum = mix(checksum, eliminate());
    checksum = mix(checksum, functions());
    checksum = mix(checksum, filter());
    checksum = mix(checksum, logistic());
  }
  static char line[] = "checksum 0x........\n";
  for (int i = 0; i < 8; i++) line[11 + i] = "0123456789abcdef"[(checksum >> (28 - 4 * i)) & 15];
  semihost(4, line);
  semihost(0x18, (const void *)0x20026);
  for (;;) {
  }
}
// CPACR gives access to the FPU before the first function that saves its registers.
__attribute__((naked)) static void start(void) {
  __asm__ volatile("movw r0, #0xed88; movt r0, #0xe000; mov r1, #0xf00000; str r1, [r0]; dsb; isb; b measured");
}
extern uint32_t stack_top[];
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {stack_top, (const void *)start};
