/** Lifecycle actions: instances that launch and terminate under hooks that playbooks name. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Flow, Part, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import type { LifecycleText } from './claims.ts';
import { drawLifecycle } from './lifecycle-draw.ts';
import { countFeatures, FEATURES } from './lifecycle-features.ts';
import { checkServed } from './lifecycle-served.ts';
import { type Action, Actions, checkAsked, checkDeadline, checkResult, operationsAbout } from './lifecycle-watch.ts';

const isAction = (event: BusEvent) => event['detail-type'].endsWith('Lifecycle Action');

export const lifecycle: Flow = {
	name: 'lifecycle',
	weight: 6,
	draw: drawLifecycle,
	watch,
	mustAccountFor: isAction,
	accounts,
	isBestEffort: ({ source }) => source === 'aws.autoscaling',
	dueAt,
	transitions: [
		...['opened -> starting', 'opened -> waiting (registration)', 'opened -> waiting (limit)', 'opened -> waiting (calendar)'],
		...['opened -> waiting (pause)', 'opened -> ending as failed', 'opened -> failed', 'opened -> skipped'],
		...[
			'waiting (registration) -> starting',
			'waiting (limit) -> starting',
			'waiting (calendar) -> starting',
			'waiting (pause) -> starting',
		],
		...['waiting (throttle) -> starting', 'waiting (registration) -> waiting (limit)', 'waiting (registration) -> waiting (calendar)'],
		...['waiting (registration) -> ending as failed', 'waiting (registration) -> timed-out', 'waiting (limit) -> timed-out'],
		...['waiting (calendar) -> timed-out', 'waiting (limit) -> ending as timed-out', 'waiting (calendar) -> ending as timed-out'],
		...[
			'starting -> running',
			'starting -> waiting (pause)',
			'starting -> waiting (throttle)',
			'starting -> succeeded',
			'starting -> failed',
		],
		...['starting -> ending as failed', 'starting -> ending as timed-out', 'running -> succeeded', 'running -> failed'],
		...['running -> ending as failed', 'running -> ending as timed-out', 'running -> ending as succeeded'],
		...['ending as failed -> failed', 'ending as timed-out -> timed-out', 'ending as succeeded -> succeeded'],
	],
	features: FEATURES,
	faults: ['a node acknowledges nothing', "an agent's connection is lost", 'a node vanishes'],
	rare: [
		...['work that cannot know itself ran again', 'running -> ending as succeeded', 'waiting (registration) -> waiting (limit)'],
		...['waiting (registration) -> waiting (calendar)', 'waiting (limit) -> timed-out', 'waiting (calendar) -> timed-out'],
	],
};

function watch(scene: Scene, { playbooks = [] }: Part): Watch {
	const own = playbooks as readonly LifecycleText[];
	const actions = new Actions(scene, own);
	/** Actions that we have completed, and whose operations are not on record yet as decided. */
	const unjudged = new Set<Action>();
	const judge = ({ id }: Recorded) => {
		for (const action of unjudged) {
			if (operationsAbout(scene, action).at(-1)?.id !== id) continue;
			unjudged.delete(action);
			checkResult(scene, actions, action, own);
		}
	};
	return {
		emitted(event, fate) {
			if (isAction(event)) actions.announced(event, fate);
		},
		asked: (call, execution) => checkAsked(scene, actions, own, call, execution),
		called(call, execution) {
			if (call.operation !== 'CompleteLifecycleAction') return;
			const completed = actions.completed(call, execution);
			if (completed?.ended?.by === 'us') unjudged.add(completed);
		},
		written(after, before) {
			countFeatures(scene, own, after, before);
			checkDeadline(scene, own, after);
			if (after.closedAt !== undefined) judge(after);
		},
		step: () => actions.look(),
		minute: () => checkServed(scene, actions, false),
		pending: () =>
			[...actions.active]
				.filter(({ claimedBy }) => claimedBy !== undefined && claimedBy.mode !== 'observe')
				.map(({ instanceId, hook }) => `${instanceId} waits at ${hook}`),
		end() {
			for (const action of unjudged) checkResult(scene, actions, action, own);
			checkServed(scene, actions, true);
		},
	};
}

/** By its instance and hook. */
function accounts({ detail }: BusEvent, { operations }: Scene): boolean {
	const { EC2InstanceId: instanceId, LifecycleHookName: hook } = detail;
	return [...operations.values()].some(
		({ subject }) => subject.kind === 'lifecycle' && subject.instanceId === instanceId && subject.hook === hook,
	);
}

/** The hook's time runs whether its work has begun or not. What is paused has not begun: its deadline is moved when the pause is over. */
function dueAt({ kind, ending, waiting, deadlineAt }: Recorded): number | undefined {
	if (kind !== 'lifecycle' || ending !== undefined) return undefined;
	return waiting === 'pause' ? Number.POSITIVE_INFINITY : deadlineAt;
}
