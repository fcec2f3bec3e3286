/** The builder of jest-junit 17, which its reporter writes to a file. It reads nothing of the environment or of package.json. */
declare module 'jest-junit/utils/buildJsonResults.js' {
  type Template = (variables: { readonly filepath: string; readonly classname: string; readonly title: string }) => string;

  interface JunitOptions {
    readonly suiteName: string;
    readonly suiteNameTemplate: Template;
    readonly classNameTemplate: Template;
    readonly titleTemplate: Template;
    readonly ancestorSeparator: string;
    readonly [option: string]: string | Template;
  }

  interface JunitReport {
    readonly startTime: number;
    readonly testResults: readonly {
      readonly testFilePath: string;
      readonly numFailingTests: number;
      readonly numPassingTests: number;
      readonly numPendingTests: number;
      readonly perfStats: { readonly start: number; readonly end: number };
      readonly testResults: readonly {
        readonly ancestorTitles: readonly string[];
        readonly title: string;
        readonly duration: number;
        readonly status: 'passed' | 'failed' | 'error' | 'pending';
        readonly failureMessages: readonly string[];
      }[];
    }[];
  }

  /** Elements as the npm package `xml` takes them: `{name: [{_attr: {…}}, child…]}`. */
  export default function buildJsonResults(report: JunitReport, appDirectory: string, options: JunitOptions, rootDir: string | null): object;
}
