import process from 'node:process';
import { run } from 'jest';

/** Entry of the Jest process of a run: arguments as Jest's own program takes them. */
await run(process.argv.slice(2));
