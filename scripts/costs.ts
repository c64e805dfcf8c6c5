/** `node scripts/costs.ts`: writes the tables of docs/costs.md, which a test compares with what is there. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filledIn } from './costs/tables.ts';

const FILE = join(import.meta.dirname, '..', 'docs', 'costs.md');

writeFileSync(FILE, filledIn(readFileSync(FILE, 'utf8')));
