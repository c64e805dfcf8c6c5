/** A playbook parameter changed, a policy on one has something to say, or a minute has passed: checks and compiles all playbooks. */

import { defineFunction } from '../shared/lambda.ts';
import { handleNews } from '../shared/playbook/news.ts';

export const { create, handler } = defineFunction((deps) => (events) => handleNews(deps, events));
