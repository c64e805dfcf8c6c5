/** The playbooks in force, also on a day when the ledger cannot say which they are. */

import { getItem, tableOf } from '../../shared/aws/table.ts';
import { describeError, Fail } from '../../shared/errors.ts';
import type { Services } from '../../shared/operation/services.ts';
import { COMPILED_KEY, readCompiledItem } from '../../shared/playbook/compiled-item.ts';
import { compileInForce } from '../../shared/playbook/in-force.ts';
import { playbookHistory, readPlaybookParameters } from '../../shared/playbook/parameter-store.ts';
import type { PlaybookSet } from '../../shared/playbook/types.ts';
import { Refusal } from './verb.ts';

export interface InForce {
	readonly set: PlaybookSet;
	/** `the ledger`, or `Parameter Store` with why. */
	readonly from: string;
}

/**
 * As the ledger has them; where it cannot be read or has none, as they are in Parameter Store, each in its newest valid version.
 * @throws Refusal where neither can be read.
 */
export async function playbooksInForce(services: Services): Promise<InForce> {
	const why = await readLedger(services);
	if (typeof why !== 'string') return { set: why, from: 'the ledger' };
	try {
		const texts = await readPlaybookParameters(services);
		const { playbooks } = await compileInForce(texts, { set: undefined, sources: {} }, (name) => playbookHistory(services, name));
		return { set: { playbooks, compiledAt: new Date(services.now()).toISOString() }, from: `Parameter Store (the ledger: ${why})` };
	} catch (error) {
		throw new Refusal(
			`The playbooks cannot be read, so that nobody knows which hooks are ours. The ledger: ${why}. Parameter Store: ${describeError(error)}`,
		);
	}
}

/** The playbooks, or why there are none. */
async function readLedger(services: Services): Promise<PlaybookSet | string> {
	try {
		const { set } = readCompiledItem(await getItem(tableOf(services), COMPILED_KEY));
		return set ?? 'nothing has been compiled yet';
	} catch (error) {
		return error instanceof Fail ? error.message : describeError(error);
	}
}
