/** Prints the trace of the seed given as argument. */

import { trace } from './trace.ts';

console.log(JSON.stringify(await trace(Number(process.argv[2]))));
