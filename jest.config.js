// Unit specs beside the source. Board suites (suites/*.hil.ts) are run by `rot-hil run`, which writes its own configuration.
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/harness', '<rootDir>/firmware-fixtures'],
  testMatch: ['**/*.spec.ts'],
  // Tests marked concurrent start whole runs, each with a board, a tool and a Jest of its own: no more at once than a small machine has cores.
  maxConcurrency: 2,
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' }],
  },
};
