/** What must hold of nodes' states while they change: who is told, and what is applied again where. */

import type { AssociationOperation, StateOperation } from '../../../shared/operation/types.ts';
import { settingsOf } from '../../aws/ssm/state-manager/model.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import type { StatesAtAws } from './state-at-aws.ts';
import { isOwn } from './state-draw.ts';

const MINUTE = 60_000;
const REFRESH = 'AWS-RefreshAssociation';
const COMMENT = /^fleetkeeper (association-\S+), part (\d+) of (\d+)$/;
/** What was sent is looked for after so long: where lists lag further behind, it may be sent again, which harms nothing. Milliseconds. */
const FOUND_AFTER = 110_000;
/** What is decided, or due, is done by then, once nothing goes wrong any more. */
const DONE_WITHIN = 30 * MINUTE;

export const isState = (operation: Recorded): operation is StateOperation => operation.kind === 'state';
export const isAssociation = (operation: Recorded): operation is AssociationOperation => operation.kind === 'association';

/** A failed association is applied again once at most, and on nodes on which it failed alone; nobody else's is. */
export function checkApplied(scene: Scene, states: StatesAtAws): void {
	const sent = new Map<string, number>();
	for (const { document, comment, targets, requestedAt } of scene.world.services.ssm.commands()) {
		if (document.name !== REFRESH) continue;
		const [, id = ''] = COMMENT.exec(comment) ?? [];
		const operation = scene.operations.get(id);
		if (operation === undefined || !isAssociation(operation)) {
			scene.violated(3, `'${comment}' is for no operation`);
			continue;
		}
		const times = (sent.get(comment) ?? 0) + 1;
		sent.set(comment, times);
		if (times > 1 && scene.plan.listLagMs < FOUND_AFTER) scene.violated(2, `${id} is applied again ${times} times: '${comment}'`);
		const { associationId } = operation.subject;
		const well = targets.flatMap(({ Values = [] }) => Values).filter((node) => !states.hasFailed(associationId, node, requestedAt));
		if (well.length > 0) scene.violated(3, `${id} is applied again on ${well.join(', ')}, where it did not fail`);
	}
	const again = new Map<string, Set<string>>();
	for (const comment of sent.keys()) {
		const [, id = '', , parts = ''] = COMMENT.exec(comment) ?? [];
		again.set(id, (again.get(id) ?? new Set()).add(parts));
	}
	for (const [id, parts] of again) if (parts.size > 1) scene.violated(2, `${id} is applied again more than once`);
}

/** An operation is about what is ours, and there is one at a time. */
export function checkOpened(scene: Scene, states: StatesAtAws, operation: AssociationOperation | StateOperation): void {
	const twin = [...scene.operations.values()].find(
		(other) => other.id !== operation.id && other.closedAt === undefined && subjectOf(other) === subjectOf(operation),
	);
	if (twin !== undefined) scene.violated(4, `${operation.id} is opened while ${twin.id} is about the same`);
	if (!isAssociation(operation)) return;
	const association = states.association(operation.subject.associationId);
	const { name } = association ? settingsOf(association) : {};
	if (!isOwn(name)) scene.violated(3, `${operation.id} is about ${name}, which is none of ours`);
}

function subjectOf(operation: Recorded): string {
	if (isAssociation(operation)) return operation.subject.associationId;
	return isState(operation) ? [operation.subject.complianceType, operation.subject.node, operation.subject.group].join() : operation.id;
}

/** The clock looks at everything in its time. */
export function checkPace(scene: Scene, { id, kind, closedAt, ending, dueAt = Number.POSITIVE_INFINITY }: Recorded): void {
	if ((kind !== 'association' && kind !== 'state') || closedAt !== undefined) return;
	const { startAt } = scene.setting;
	const calmAt = startAt + scene.plan.fromMs + scene.plan.untilMs;
	const since = Math.max(ending === undefined ? dueAt : (scene.decidedOnRecord(id) ?? 0), calmAt);
	if (scene.now() - since <= DONE_WITHIN) return;
	scene.violated(5, ending ? `${id} was decided long ago, and ${ending.pending.join(', ')} is not done` : `${id} was due long ago`);
}
