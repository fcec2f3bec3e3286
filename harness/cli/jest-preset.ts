/** `preset: 'rot-hil'` of a Jest configuration: board suites (`*.hil.ts`) run by `npx jest` as by `rot-hil run`. */
import { fileURLToPath } from 'node:url';
import { presetConfig } from '../lab/index.js';

const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export default presetConfig({ globalSetup: beside('./jest-setup.js'), globalTeardown: beside('./jest-teardown.js') });
