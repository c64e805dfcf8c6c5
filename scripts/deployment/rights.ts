/** Holds what the framework calls against the policy for those who deploy, as IAM would. */

import { asked, POLICIES } from './deployer.ts';
import { isAllowed } from './iam.ts';
import type { Call } from './recorder.ts';

export class Rights {
	readonly #used = new Set<string>();

	/** What the policy does not allow of these calls, one line each. */
	async lackingFor(calls: readonly Call[]): Promise<string[]> {
		const lacking = new Set<string>();
		for (const call of calls) {
			const request = asked(call);
			if (request === undefined) continue;
			this.#used.add(request.action);
			if (!(await isAllowed([POLICIES['deployer']], request))) lacking.add(`${request.action} on ${request.resource}`);
		}
		return [...lacking];
	}

	/** What the policy allows and no call has needed. */
	unused(): string[] {
		const granted = POLICIES['deployer']?.Statement.flatMap(({ Action }) => Action) ?? [];
		return granted.filter((action) => !this.#used.has(action));
	}
}
