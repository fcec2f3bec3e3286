/* A program for the specs of line-table.ts: more than one line per statement, an inlined function, a loop. */
static inline int twice(int value)
{
  return value +
         value;
}

int sum(const int *values, int count)
{
  int total = 0;
  for (int i = 0; i < count; i++)
  {
    total += twice(values[i]);
  }
  return total;
}

int divide(int a, int b)
{
  if (b == 0)
    return -1;
  return a / b;
}

void _start(void)
{
  static const int values[] = {1, 2, 3};
  volatile int out = divide(sum(values, 3), 2);
  for (;;)
    out++;
}
