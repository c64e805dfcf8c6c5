/** `fleet -- retry <operation>`: goes on with what waits, or with what failed while its instance still waits. */

import { LAUNCHING, type Sighting, transitionsOfState } from '../shared/kinds/lifecycle/sighting.ts';
import { hookLimit } from '../shared/kinds/lifecycle/timers.ts';
import { openSightings } from '../shared/opening/lifecycle.ts';
import type { LifecycleOperation, Operation, OperationKind } from '../shared/operation/types.ts';
import { lookAtInstance } from '../shared/outcomes/lifecycle.ts';
import { act, actor, BY, report } from './support/act.ts';
import { findOperation } from './support/find.ts';
import { endText } from './support/format.ts';
import { type Desk, Refusal, readArguments, type Verb } from './support/verb.ts';

/** How long Auto Scaling may go on showing a wait that we have ended. Milliseconds. */
const WAIT_MAY_LAG = 60_000;
/** Where nothing tells when a wait began, it is taken to have begun one sweep ago. Milliseconds. */
const SWEEP_PERIOD = 300_000;

export const retry: Verb = {
	usage: 'retry <operation> [--by NAME] [--json]',
	summary: 'goes on at once with what waits, or opens a closed lifecycle operation anew',
	details:
		'An operation that waits is tried now; one that is closing goes on with what is left to do. A closed one about a lifecycle action ' +
		'is opened anew, by the playbooks now in force, where Auto Scaling still holds its instance. Operations of other kinds are opened ' +
		'by what happens: an alarm that goes off, a finding of AWS Config, an event.',
	async run(args, desk) {
		const { values, positionals } = readArguments(args, BY, [1, 1]);
		const operation = await findOperation(desk.services(), positionals[0] as string);
		const by = actor(desk, values.by);
		if (operation.closedAt !== undefined) {
			if (operation.kind !== 'lifecycle')
				throw new Refusal(`${operation.id} is closed: ${endText(operation)}. ${OPENED_BY[operation.kind]}`);
			await openAgain(desk, operation, by, values.json);
			return undefined;
		}
		mustNotBeUnderWay(operation);
		await act(desk, operation, { type: 'operator', verb: 'retry', by }, values.json);
		return undefined;
	},
};

/** What opens another operation about the same subject. */
const OPENED_BY: Readonly<Record<Exclude<OperationKind, 'lifecycle'>, string>> = {
	alarm: 'Another is opened when the alarm goes off again.',
	compliance:
		'Another is opened when the rule finds the resource noncompliant again, or by the sweep a day later where it still is; until then, ' +
		'start the runbook by hand.',
	event: 'The next event opens another; for a runbook that was asked for, ask again: fleet -- request.',
	command: 'To run it on the nodes where it did not succeed, ask for them: fleet -- run --failed-of.',
	patch: 'The next run of its maintenance window opens another; to patch nodes now, ask for it: fleet -- patch.',
	association: 'The next run of the association that fails opens another.',
	agent: 'Another is opened by the next check of all agents, a day later, where the cause is still there.',
	state: 'Another is opened when Systems Manager finds it noncompliant again.',
	inventory: 'Another is opened when the inventory of a node breaks the rule again.',
	session: 'A session that is over begins no more.',
};

function mustNotBeUnderWay({ id, state, ending, work }: Operation): void {
	if (ending !== undefined || state === 'waiting' || state === 'verifying') return;
	// What runs without work of ours is only looked at.
	if (state === 'running' && work === undefined) return;
	const now =
		state === 'starting'
			? 'its work is being started, and the clock looks every minute for what came of it'
			: `its work (${work?.document}) has begun`;
	throw new Refusal(`${id} is ${state}: ${now}. To begin anew, fleet -- cancel it first; the failure rule of its playbook applies then.`);
}

async function openAgain(desk: Desk, named: LifecycleOperation, by: string, json: boolean): Promise<void> {
	const services = desk.services();
	const last = (await services.ledger.latest(named.subject)) ?? named;
	if (last.closedAt === undefined) throw new Refusal(`${named.id} is closed, and ${last.id} is open for the same instance: name that one.`);
	await mustStillWait(desk, last, last.closedAt);
	const now = services.now();
	const sameWait = now < hookLimit(last.hookTimers, last.actionStartedAt);
	const sighting: Sighting = {
		subject: last.subject,
		detail: last.occasion.detail,
		startedAt: sameWait ? last.actionStartedAt : now - SWEEP_PERIOD,
		seenBy: 'operator',
		by,
		...(sameWait && last.token !== undefined && { token: last.token }),
	};
	const [opening] = await openSightings(services, [sighting]);
	if (opening === undefined || !opening.ok) throw opening?.error ?? new Refusal(`${last.id} could not be opened again: ask once more.`);
	const { outcome, operation } = opening.value;
	if (outcome === 'exists') throw new Refusal(`Somebody was faster: ${operation.id} is open for the same instance.`);
	report(desk, operation, operation.history, json);
}

/** @throws Refusal where the hook is over, or where the instance waits for somebody else. */
async function mustStillWait(desk: Desk, operation: LifecycleOperation, closedAt: number): Promise<void> {
	const { id, subject, result } = operation;
	const services = desk.services();
	const fact = (await lookAtInstance(services.hooks)(services, [operation])).get(id);
	if (fact?.type !== 'instance') {
		const why = fact?.type === 'not-done' ? fact.message : 'no answer';
		throw new Refusal(`${id} is closed, and whether ${subject.instanceId} still waits cannot be read: ${why}. Ask again.`);
	}
	const { lifecycleState: state = '' } = fact;
	const story = `${id} is closed: ${endText(operation)}`;
	if (!transitionsOfState(state).includes(subject.transition)) {
		const where = state === '' ? 'is in no Auto Scaling group any more' : `is ${state}`;
		const next =
			subject.transition === LAUNCHING ? 'A new instance opens an operation of its own.' : 'Nothing is held that work could be done on.';
		throw new Refusal(`${story}. Hook ${subject.hook} is over: ${subject.instanceId} ${where}. ${next}`);
	}
	if (result?.lifecycle === undefined || result.lifecycle === 'over') return;
	if (fact.otherHooks) {
		throw new Refusal(`${story}. ${subject.instanceId} is ${state}, but at another hook of ${subject.group}: ours is over.`);
	}
	if (services.now() - closedAt < WAIT_MAY_LAG) {
		throw new Refusal(
			`${story}. Auto Scaling may still show the wait that this ended: if ${subject.instanceId} waits a minute from now, ask again.`,
		);
	}
}
