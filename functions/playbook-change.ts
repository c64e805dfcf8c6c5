/** A playbook parameter changed, a policy on one has something to say, or a minute has passed: checks and compiles all playbooks. */

import { defineFunction } from '../shared/lambda.ts';
import { handleNews } from '../shared/playbook/news.ts';
import { rememberPlaybooks } from '../shared/playbook/parse.ts';

export const { create, handler } = defineFunction((deps) => {
	const parse = rememberPlaybooks();
	return (events) => handleNews(deps, events, parse);
});
