export type { Bench } from './bench.js';
