// Unit specs beside the source. Board suites (suites/*.hil.ts) are run by `rot-hil run`, which writes its own configuration.
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/harness', '<rootDir>/firmware-fixtures'],
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' }],
  },
};
