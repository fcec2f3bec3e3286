import type { Rule } from '../rule.js';
import { clockRules } from './clock.js';
import { confirmationRules } from './confirmation.js';
import { fpuRules } from './fpu.js';
import { imageRules } from './image.js';
import { linkerSymbolRules } from './linker-symbols.js';
import { memoryRules } from './memory.js';
import { mpuRules } from './mpu.js';
import { linkerScriptMissing } from './project.js';
import { rameccRules } from './ramecc.js';
import { sharedAreaRules } from './shared-areas.js';
import { stackHeapRules } from './stack-heap.js';
import { vectorTableRules } from './vector-table.js';

/** Every rule, in the order of the reference page. */
export const rules: readonly Rule[] = [...vectorTableRules, ...imageRules, ...linkerSymbolRules, ...memoryRules, ...stackHeapRules, ...sharedAreaRules, ...confirmationRules, ...rameccRules, ...mpuRules, ...clockRules, ...fpuRules, linkerScriptMissing];
