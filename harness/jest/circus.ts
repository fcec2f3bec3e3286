/** The part of jest-circus' events that the environment uses. Source: jest-circus 30, `Circus` of @jest/types. */
export interface CircusTest {
  readonly name: string;
  readonly parent: CircusDescribe;
  mode?: 'skip' | 'only' | 'todo' | 'concurrent' | null;
  /** Each is what was thrown, or a pair of it and an Error made at the call site. */
  readonly errors: unknown[];
  status?: string | null;
  /** Milliseconds; set before `test_done` reaches the environment. */
}

export interface CircusDescribe {
  readonly name: string;
  readonly parent?: CircusDescribe;
  mode?: 'skip' | 'only' | 'todo' | null;
}

export type CircusEvent =
  | { readonly name: 'run_describe_start'; readonly describeBlock: CircusDescribe }
  | { readonly name: 'run_finish' }
  | { readonly name: 'hook_failure'; readonly error: unknown; readonly hook: { readonly type: 'beforeAll' | 'beforeEach' | 'afterEach' | 'afterAll' } }
  | { readonly name: 'error'; readonly error: unknown }
  | { readonly name: 'test_start' | 'test_skip' | 'test_todo' | 'test_done'; readonly test: CircusTest };

/** Titles of the describe blocks around a test, outermost first. */
export function ancestorsOf(test: CircusTest): string[] {
  const titles: string[] = [];
  // The outermost block is the file's own and has no title of the author's.
  for (let block = test.parent; block.parent; block = block.parent) titles.unshift(block.name);
  return titles;
}
