/** A playbook parameter changed, or a minute has passed: checks and compiles all playbooks. */

import { defineFunction } from '../shared/lambda.ts';
import { recompile } from '../shared/playbook/change.ts';

export const { create, handler } = defineFunction((deps) => async (events) => {
	// One compilation serves all changes of a batch.
	const report = await recompile(deps);
	return events.map(() => ({ ok: true, value: report }));
});
