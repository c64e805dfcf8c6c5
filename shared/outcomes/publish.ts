/** Telling the world: `Operation State Change` on the default bus. */

import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Deps } from '../deps.ts';
import { describeError } from '../errors.ts';
import { subjectOf } from '../kinds/subjects.ts';
import { standing } from '../operation/summary.ts';
import type { Operation } from '../operation/types.ts';
import { chunks, inParallel } from '../parallel.ts';
import { SERVICE } from '../settings.ts';

/** Entries of one PutEvents call. */
const ENTRIES = 10;
const CONCURRENT_CALLS = 5;

/**
 * Publishes the state of operations at their versions, at least once each.
 * @returns the ids of those that EventBridge did not take; the clock publishes them again.
 */
export async function publish(
	{ aws, settings, log }: Pick<Deps, 'aws' | 'settings' | 'log'>,
	operations: readonly Operation[],
): Promise<Set<string>> {
	const untold = new Set<string>();
	await inParallel(chunks(operations, ENTRIES), CONCURRENT_CALLS, async (batch) => {
		try {
			const output = await aws.events.send(
				new PutEventsCommand({
					Entries: batch.map((operation) => ({
						Source: SERVICE,
						DetailType: 'Operation State Change',
						Resources: [...subjectOf(operation.subject).arns(operation.subject)],
						Detail: JSON.stringify(detailOf(operation, settings.stage)),
					})),
				}),
			);
			for (const [index, entry] of (output.Entries ?? []).entries()) {
				const operation = batch[index];
				if (entry.ErrorCode !== undefined && operation !== undefined) untold.add(operation.id);
			}
		} catch (error) {
			log.warn('Operation State Change not published: the clock will', {
				operations: batch.map(({ id }) => id),
				reason: describeError(error),
			});
			for (const { id } of batch) untold.add(id);
		}
	});
	return untold;
}

function detailOf(operation: Operation, stage: string) {
	const { id, version } = operation;
	return { stage, operationId: id, version, ...standing(operation), alert: isAlert(operation), message: sentence(operation) };
}

/** People are told of a failure once for each OpsItem, and at once, and once, that OpsCenter does not take one. */
function isAlert({ state, result, publishedVersion }: Operation): boolean {
	if (state === 'failed' || state === 'timed-out') return result?.opsItem !== 'added';
	return result?.opsItem === 'refused' && publishedVersion <= (result.refusal?.version ?? 0);
}

/** Characters of a message: the output that it quotes may be long. */
const MESSAGE = 1_500;

/** The news in words, on one line and without double quotes, which an input transformer puts around it. */
function sentence(operation: Operation): string {
	const { playbook, subject, closedAt, result = { reason: '' } } = operation;
	const { reason, lifecycle, opsItemId, opsItem, refusal, resolved } = result;
	const stands = standsAt(operation);
	const parts = [`${playbook.name} ${stands} on ${subjectOf(subject).about(subject)}${reason && `: ${reason}`}`];
	if (closedAt !== undefined && lifecycle) parts.push(`Lifecycle action: ${lifecycle}`);
	const why = refusal ? `: ${refusal.why}` : '';
	if (opsItem === 'refused')
		parts.push(`${opsItemId ? `OpsItem ${opsItemId} was not updated` : 'OpsCenter did not take an OpsItem'}${why}`);
	else if (resolved) parts.push(`OpsItem ${opsItemId} was resolved`);
	else if (opsItemId) parts.push(opsItem === 'opened' ? `OpsItem ${opsItemId} was opened` : `It was added to OpsItem ${opsItemId}`);
	const text = parts.join('. ').replaceAll('"', "'").replaceAll(/\s+/g, ' ');
	return `${text.length > MESSAGE ? `${text.slice(0, MESSAGE).toWellFormed()}...` : text}.`;
}

function standsAt({ kind, state, waiting, closedAt }: Operation): string {
	if (closedAt !== undefined) return state.replace('-', ' ');
	if (waiting !== undefined) return `is waiting (${waiting})`;
	return kind === 'alarm' && state === 'verifying' ? 'waits for OK' : `is ${state}`;
}
