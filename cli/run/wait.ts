/** Waiting for the end of an operation that was asked for. */

import type { Services } from '../../shared/operation/services.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { Refusal } from '../support/verb.ts';

/** Milliseconds. */
const LOOK_EVERY = 5_000;
/** A request that was taken has an operation within this. */
const OPENS_WITHIN = 120_000;

/** @throws Refusal where none is opened: the request was refused. */
export async function awaitEnd({ ledger, now, settings }: Services, id: string): Promise<Operation> {
	const since = now();
	for (;;) {
		const [operation] = await ledger.load([id]);
		if (operation?.closedAt !== undefined) return operation;
		if (operation === undefined && now() - since > OPENS_WITHIN) {
			throw new Refusal(
				`${id} was not opened: the request was refused, and fleet -- redrive fleet-event --stage ${settings.stage} says why.`,
			);
		}
		await new Promise((done) => setTimeout(done, LOOK_EVERY));
	}
}
