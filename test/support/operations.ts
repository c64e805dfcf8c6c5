/** Operations as they stand at some moment of their lives, and a life that is led fact by fact. */

import { nextLifecycle } from '../../shared/kinds/lifecycle/next.ts';
import { canBeKeptAlive, deadline, heartbeatInterval } from '../../shared/kinds/lifecycle/timers.ts';
import type { Effect, Fact, Note, WorkFact } from '../../shared/operation/facts.ts';
import { operationId } from '../../shared/operation/ids.ts';
import type { HookTimers, LifecycleSubject, Operation, Run, Then, Work } from '../../shared/operation/types.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
/** When every operation of these tests opens. */
export const OPENED_AT = Date.parse('2026-03-02T09:00:00Z');
export const TOKEN = '6f1ac0e5-1f5a-4d0f-9d5e-0a1b2c3d4e5f';

export const TERMINATING: LifecycleSubject = {
	kind: 'lifecycle',
	group: 'web-1',
	hook: 'fleetkeeper-drain',
	instanceId: 'i-0123456789abcdef0',
	transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
	account: '111122223333',
	region: 'eu-west-1',
};
export const LAUNCHING: LifecycleSubject = {
	...TERMINATING,
	hook: 'fleetkeeper-bootstrap',
	transition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
};

export const DRAIN: Run = {
	type: 'command',
	document: 'drain-node',
	parameters: { GraceSeconds: ['120'] },
	timeoutSeconds: 900,
	deliverWithinSeconds: 180,
	registerWithinSeconds: 0,
};
export const CONTINUE: Then = { lifecycle: 'CONTINUE' };
export const ABANDON: Then = { lifecycle: 'ABANDON' };
export const CONTINUE_AND_TELL: Then = { lifecycle: 'CONTINUE', opsItem: { severity: '3' } };
export const HALF_HOUR_HOOK: HookTimers = { heartbeatTimeoutSeconds: 1_800, globalTimeoutSeconds: 172_800, defaultResult: 'ABANDON' };

interface Changes extends Partial<Omit<Operation, 'run' | 'hookTimers'>> {
	readonly run?: Partial<Run>;
	readonly hookTimers?: Partial<HookTimers>;
}

/** An operation as it is opened by its event, with what a test changes of it. */
export function anOperation({ run: runChanges, hookTimers: timerChanges, ...changes }: Changes = {}): Operation {
	const run = { ...DRAIN, ...runChanges };
	const hookTimers = { ...HALF_HOUR_HOOK, ...timerChanges };
	const subject = changes.subject ?? TERMINATING;
	const openedAt = changes.openedAt ?? OPENED_AT;
	const actionStartedAt = changes.actionStartedAt ?? openedAt;
	return {
		id: operationId(subject, changes.occurrence ?? 1),
		kind: 'lifecycle',
		subject,
		occurrence: 1,
		playbook: { name: 'drain-web', parameterVersion: 1 },
		run,
		then: { onSuccess: CONTINUE, onFailure: CONTINUE },
		state: 'starting',
		history: [],
		openedAt,
		deadlineAt: deadline(run.timeoutSeconds, hookTimers, actionStartedAt, openedAt),
		dueAt: openedAt,
		token: TOKEN,
		eventId: 'event-1',
		hookTimers,
		actionStartedAt,
		...(canBeKeptAlive(hookTimers) && { heartbeat: { nextAt: actionStartedAt + heartbeatInterval(hookTimers), count: 0 } }),
		...(run.registerWithinSeconds > 0 && { registerBy: openedAt + run.registerWithinSeconds * SECOND }),
		occasion: { detail: {}, account: subject.account, region: subject.region },
		attempts: { start: 0, ending: 0 },
		version: 0,
		publishedVersion: 0,
		...changes,
	};
}

export function someWork(operation: Pick<Operation, 'id'>, changes: Partial<Work> = {}): Work {
	return {
		id: `${operation.id}.1`,
		attempt: 1,
		type: 'command',
		document: 'drain-node',
		parameters: { GraceSeconds: ['120'] },
		shared: false,
		recordedAt: OPENED_AT,
		...changes,
	};
}

export const succeeded: WorkFact = { type: 'work', status: 'succeeded', details: 'Success' };
export const failed: WorkFact = { type: 'work', status: 'failed', details: 'Failed', exitCode: 3, output: 'nginx did not stop' };
export const startedAs = (externalId: string): Fact => ({ type: 'work-started', externalId, adopted: false });
export const online: Fact = { type: 'node', status: 'online' };
export const lost: Fact = { type: 'node', status: 'connection-lost', since: '2026-03-02T08:40:00.000Z' };
export const unknown: Fact = { type: 'node', status: 'not-registered' };
export const notStarted = (why: Extract<Fact, { type: 'work-not-started' }>['why'], message = 'Rate exceeded'): Fact => ({
	type: 'work-not-started',
	why,
	message,
});
/** What Auto Scaling says of the instance; undefined: it has left its group. */
export const waitsIn = (lifecycleState: string | undefined, otherHooks = false): Fact => ({ type: 'instance', lifecycleState, otherHooks });
export const completed: Fact = { type: 'done', effect: 'complete-lifecycle' };
export const workStopped: Fact = { type: 'done', effect: 'cancel-work' };
export const gone = (effect: Effect['name']): Fact => ({
	type: 'not-done',
	effect,
	why: 'gone',
	message: 'No active Lifecycle Action found',
});

/** Leads one operation from fact to fact as the engine does, without AWS and without a ledger. */
export class Life {
	operation: Operation;
	now: number;
	/** What the last fact asked for. */
	effects: readonly Effect[] = [];
	/** What the last fact told. */
	notes: readonly Note[] = [];

	constructor(operation: Operation, now = operation.openedAt) {
		this.operation = operation;
		this.now = now;
	}

	/** Facts that come at the same moment. */
	meets(...facts: readonly Fact[]): this {
		for (const fact of facts) {
			const step = nextLifecycle(this.operation, fact, this.now);
			const lines = step.notes.map((note) => ({ at: new Date(this.now).toISOString(), ...note }));
			this.operation = { ...step.operation, history: [...step.operation.history, ...lines] };
			this.effects = step.effects;
			this.notes = step.notes;
		}
		return this;
	}

	/** Time passes; the clock does not look. */
	after(milliseconds: number): this {
		this.now += milliseconds;
		return this;
	}

	/** The clock looks. */
	ticks(): this {
		return this.meets({ type: 'tick' });
	}

	/** From the opening to work that runs as `command-1`. */
	runs(): this {
		return this.meets({ type: 'opened' }, online, startedAs('command-1'));
	}

	get asked(): string[] {
		return this.effects.map(({ name }) => name);
	}

	/** What the history says happened, line by line. */
	get told(): string[] {
		return this.operation.history.map(({ what }) => what);
	}
}

export function life(changes: Changes = {}): Life {
	return new Life(anOperation(changes));
}
