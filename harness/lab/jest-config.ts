import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export interface JestConfigOptions {
  /** Absolute path of the run's folder. */
  readonly runFolder: string;
  /** Absolute path of the environment module. */
  readonly environment: string;
  /** Absolute path of a folder for what Jest keeps between runs; nobody needs it after this one. */
  readonly cacheFolder: string;
  /** Milliseconds after which Jest gives up a test or hook. */
  readonly testTimeoutMs: number;
}

/**
 * Every wait on a board has a shorter time-out of its own. A test may install two images, and a real board takes a minute for each where a slot has 2 MB:
 * written and read back by the tool, erased and copied by the root of trust.
 */
export const testTimeoutMs = 600_000;

const resolver = createRequire(import.meta.url);

/** A file of this package beside this one: `dist/harness/…` when installed. */
function ours(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

/**
 * Command that starts Jest; its arguments follow. It is the Jest of this package: Jest's own program would prefer whatever
 * version it finds at the working directory.
 */
export function jestProgram(): string[] {
  return [process.execPath, '--experimental-vm-modules', '--no-warnings', ours('./jest-main.js')];
}

/** Instead of Jest's arguments: they come over the standard input. Its own argument: the log that goes with the process where none come. */
export const waitingArgument = '--wait';

/** Jest prints for a log file, whatever the terminal of the caller can show. */
export const jestColours: Readonly<Record<string, string>> = { NO_COLOR: '1', FORCE_COLOR: '0' };

/** Jest's arguments for the suites. */
export function jestArguments(options: JestConfigOptions, suites: readonly string[]): string[] {
  // In the argument itself: given a file, Jest 30 also wants a configuration or a package.json at the working directory.
  const config = JSON.stringify(jestConfig(options, suites));
  // A timer or a port that a suite left open must not hold the run: the board is put away before Jest ends.
  return ['--config', config, '--runInBand', '--no-cache', '--forceExit', '--runTestsByPath', ...suites];
}

/**
 * Jest's configuration for board suites, wherever this package and the suites are: installed below node_modules, or the
 * user's own file outside of any package. Every path in it is absolute.
 */
function jestConfig(options: JestConfigOptions, suites: readonly string[]): Record<string, unknown> {
  return {
    rootDir: options.runFolder,
    // Jest runs no file outside of its roots.
    roots: [...new Set(suites.map((suite) => dirname(suite)))],
    testEnvironment: options.environment,
    testRunner: resolver.resolve('jest-circus/runner'),
    testMatch: ['**/*'],
    testPathIgnorePatterns: [],
    testTimeout: options.testTimeoutMs,
    // A rejection that nobody handles fails the test that caused it.
    waitForUnhandledRejections: true,
    cacheDirectory: options.cacheFolder,
    testSequencer: ours('../jest/suite-sequencer.js'),
    globalTeardown: ours('../jest/teardown.js'),
    setupFilesAfterEnv: [ours('../jest/matchers/setup.js')],
    reporters: ['default', ours('../jest/suite-reporter.js')],
    ...modules(true),
    watchman: false,
  };
}

/** How suites and their own modules are read. @param native as ES modules, which Node has to be told (`--experimental-vm-modules`); else compiled to CommonJS */
function modules(native: boolean): Record<string, unknown> {
  const compiled = [resolver.resolve('@swc/jest'), { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: native ? 'es6' : 'commonjs' }, sourceMaps: 'inline' }];
  const own = dirname(dirname(ours('.'))).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return {
    extensionsToTreatAsEsm: native ? ['.ts', '.mts'] : [],
    moduleNameMapper: {
      // Suites see this package by its name, also those that are shipped with it.
      '^rot-hil$': ours('../index.js'),
      // A suite's own modules: TypeScript names a file by the extension it will have.
      '^(\\.{1,2}/.*)\\.js$': '$1',
    },
    moduleFileExtensions: ['js', 'mjs', 'cjs', 'ts', 'mts', 'json'],
    transform: native ? { '\\.m?ts$': compiled } : { '\\.m?ts$': compiled, [`${own}.*\\.js$`]: compiled },
    // The shipped suites lie below node_modules when this package is installed, and are TypeScript all the same.
    transformIgnorePatterns: [],
  };
}

/** Jest's configuration for a user's project: what `preset: 'rot-hil'` stands for. Every path in it is absolute. */
export function presetConfig(modulesOf: { readonly globalSetup: string; readonly globalTeardown: string }): Record<string, unknown> {
  const native = /--experimental-vm-modules/.test([...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' '));
  return {
    ...modulesOf,
    ...modules(native),
    testEnvironment: boardEnvironmentModule(),
    testMatch: ['**/*.hil.ts', '**/*.hil.mts', '**/*.hil.js', '**/*.hil.mjs'],
    testTimeout: testTimeoutMs,
    // One board, one process: suites run one after the other.
    maxWorkers: 1,
    waitForUnhandledRejections: true,
    testSequencer: ours('../jest/suite-sequencer.js'),
    setupFilesAfterEnv: [ours('../jest/matchers/setup.js')],
    reporters: ['default', ours('../jest/suite-reporter.js')],
  };
}

/** What a run of board suites loads whatever they are: a process that waits for its suites loads it meanwhile. */
export function modulesOfEveryRun(): string[] {
  const jest = createRequire(resolver.resolve('jest'));
  const core = createRequire(jest.resolve('@jest/core'));
  const ofJest = ['jest-config', 'jest-haste-map', 'jest-runner', 'jest-runtime', '@jest/reporters', '@jest/transform'].map((name) => core.resolve(name));
  return [...ofJest, resolver.resolve('jest-circus/runner'), resolver.resolve('@swc/jest'), ours('../jest/suite-sequencer.js'), ours('../jest/suite-reporter.js'), ours('../jest/teardown.js'), boardEnvironmentModule()];
}

/** Command that runs Jest on the suites at once. */
export function jestCommand(options: JestConfigOptions, suites: readonly string[]): string[] {
  return [...jestProgram(), ...jestArguments(options, suites)];
}

/** The environment module that opens the bench of a run. */
export function boardEnvironmentModule(): string {
  return ours('../jest/environment.js');
}
