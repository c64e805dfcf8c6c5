/** The clock: what is due, every minute; what nobody reported, every five minutes. */

import { defineFunction } from '../shared/lambda.ts';
import { handleClock } from '../shared/operation/clock.ts';

export const { create, handler } = defineFunction(handleClock);
