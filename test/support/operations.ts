/** Operations as they stand at some moment of their lives, and a life that is led fact by fact. */

import { NONE } from '../../shared/kinds/command/nodes.ts';
import { nextLifecycle } from '../../shared/kinds/lifecycle/next.ts';
import { canBeKeptAlive, deadline, heartbeatInterval } from '../../shared/kinds/lifecycle/timers.ts';
import type { Effect, Fact, Next, Note, WorkFact } from '../../shared/operation/facts.ts';
import { operationId } from '../../shared/operation/ids.ts';
import type {
	AlarmOperation,
	AlarmSubject,
	CommandOperation,
	CommandSubject,
	ComplianceOperation,
	ComplianceSubject,
	EventOperation,
	EventSubject,
	HookTimers,
	LifecycleOperation,
	LifecycleSubject,
	LifecycleThen,
	Operation,
	Run,
	Work,
} from '../../shared/operation/types.ts';

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
export const CONTINUE: LifecycleThen = { lifecycle: 'CONTINUE' };
export const ABANDON: LifecycleThen = { lifecycle: 'ABANDON' };
export const CONTINUE_AND_TELL: LifecycleThen = { lifecycle: 'CONTINUE', opsItem: { severity: '3' } };
export const HALF_HOUR_HOOK: HookTimers = { heartbeatTimeoutSeconds: 1_800, globalTimeoutSeconds: 172_800, defaultResult: 'ABANDON' };

interface Changes extends Partial<Omit<LifecycleOperation, 'run' | 'hookTimers'>> {
	readonly run?: Partial<Run>;
	readonly hookTimers?: Partial<HookTimers>;
}

/** What an operation of any kind begins with. */
function opening<S extends Operation['subject']>(subject: S, changes: { readonly occurrence?: number; readonly openedAt?: number }) {
	const openedAt = changes.openedAt ?? OPENED_AT;
	return {
		id: operationId(subject, changes.occurrence ?? 1),
		kind: subject.kind as S['kind'],
		subject,
		occurrence: 1,
		state: 'starting' as const,
		history: [],
		openedAt,
		dueAt: openedAt,
		eventId: 'event-1',
		occasion: { detail: {}, account: subject.account, region: subject.region },
		attempts: { start: 0, ending: 0 },
		version: 0,
		publishedVersion: 0,
	};
}

/** An operation as it is opened by its event, with what a test changes of it. */
export function anOperation({ run: runChanges, hookTimers: timerChanges, ...changes }: Changes = {}): LifecycleOperation {
	const run = { ...DRAIN, ...runChanges };
	const hookTimers = { ...HALF_HOUR_HOOK, ...timerChanges };
	const common = opening(changes.subject ?? TERMINATING, changes);
	const actionStartedAt = changes.actionStartedAt ?? common.openedAt;
	return {
		...common,
		playbook: { name: 'drain-web', parameterVersion: 1 },
		run,
		then: { onSuccess: CONTINUE, onFailure: CONTINUE },
		deadlineAt: deadline(run.timeoutSeconds, hookTimers, actionStartedAt, common.openedAt),
		token: TOKEN,
		hookTimers,
		actionStartedAt,
		...(canBeKeptAlive(hookTimers) && { heartbeat: { nextAt: actionStartedAt + heartbeatInterval(hookTimers), count: 0 } }),
		...(run.registerWithinSeconds > 0 && { registerBy: common.openedAt + run.registerWithinSeconds * SECOND }),
		...changes,
	};
}

export const ALARM: AlarmSubject = {
	kind: 'alarm',
	alarm: 'web-1-unresponsive',
	alarmArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:web-1-unresponsive',
	account: '111122223333',
	region: 'eu-west-1',
};
/** What is done about an alarm or a finding where a test does not say otherwise. */
export const RUNBOOK: Run = {
	type: 'automation',
	document: 'restart-node',
	parameters: { InstanceId: ['i-0123456789abcdef0'] },
	timeoutSeconds: 900,
	deliverWithinSeconds: 180,
	registerWithinSeconds: 0,
};

/** An alarm that has just gone off, for a playbook without work: `run` gives it some. */
export function anAlarm(changes: Partial<AlarmOperation> = {}): AlarmOperation {
	const common = opening(changes.subject ?? ALARM, changes);
	const { openedAt } = common;
	return {
		...common,
		playbook: { name: 'web-alarms', parameterVersion: 1 },
		opsItem: { severity: '2', category: 'Availability' },
		timers: { calmSeconds: 600, waitForOkSeconds: 86_400, insufficientData: 'ignore' },
		alarm: {
			state: 'ALARM',
			stateAt: openedAt,
			reason: 'Threshold Crossed: 1 datapoint [97.0] was greater than the threshold (90.0).',
			alarms: [openedAt],
			count: 1,
			ran: [],
		},
		deadlineAt: openedAt + (changes.run?.timeoutSeconds ?? 0) * SECOND,
		...changes,
	};
}

export const FINDING: ComplianceSubject = {
	kind: 'compliance',
	rule: 'ec2-imdsv2-check',
	resourceType: 'AWS::EC2::Instance',
	resourceId: 'i-0123456789abcdef0',
	account: '111122223333',
	region: 'eu-west-1',
};

/** A resource that a rule has just found noncompliant. */
export function aFinding(changes: Partial<ComplianceOperation> = {}): ComplianceOperation {
	const common = opening(changes.subject ?? FINDING, changes);
	const run = changes.run ?? { ...RUNBOOK, document: 'enforce-imdsv2' };
	return {
		...common,
		playbook: { name: 'enforce-imdsv2', parameterVersion: 1 },
		run,
		then: { onFailure: { opsItem: { severity: '3', category: 'Security' } } },
		settings: { settleSeconds: 900, attempts: 2 },
		finding: { compliance: 'NON_COMPLIANT', evaluatedAt: common.openedAt, knownAt: common.openedAt },
		remediatedAt: [],
		deadlineAt: common.openedAt + run.timeoutSeconds * SECOND,
		...changes,
	};
}

export const SPOT_INTERRUPTION: EventSubject = {
	kind: 'event',
	source: 'aws.ec2',
	detailType: 'EC2 Spot Instance Interruption Warning',
	key: ['i-0123456789abcdef0'],
	resources: ['arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0'],
	account: '111122223333',
	region: 'eu-west-1',
};

/** Any other event that a playbook is for, without work or an OpsItem: `run` and `opsItem` give it some. */
export function anEvent(changes: Partial<EventOperation> = {}): EventOperation {
	const common = opening(changes.subject ?? SPOT_INTERRUPTION, changes);
	return {
		...common,
		playbook: { name: 'spot-interruptions', parameterVersion: 1 },
		then: { onFailure: {} },
		events: 1,
		eventIds: ['event-1'],
		deadlineAt: common.openedAt + (changes.run?.timeoutSeconds ?? 0) * SECOND,
		...changes,
	};
}

export const WEB_SERVERS: CommandSubject = {
	kind: 'command',
	source: 'ops.console',
	requestId: 'CHG-4711',
	document: 'restart-service',
	on: 'tag:service=nginx',
	account: '111122223333',
	region: 'eu-west-1',
};

/** A command on the nodes of a tag that has just been asked for. */
export function aCommand(changes: Partial<CommandOperation> = {}): CommandOperation {
	const common = opening(changes.subject ?? WEB_SERVERS, changes);
	const { chunks = [[{ key: 'tag:service', values: ['nginx'] }]] } = changes;
	return {
		...common,
		playbook: { name: 'commands-on-request', parameterVersion: 1 },
		run: { ...DRAIN, document: 'restart-service', parameters: {}, timeoutSeconds: 3_600, deliverWithinSeconds: 3_600 },
		then: { onFailure: {} },
		request: { by: 'anna', reason: 'a new certificate' },
		maxConcurrency: '50',
		maxErrors: '0',
		chunks,
		commands: chunks.length,
		left: 3_600 * SECOND,
		nodes: NONE,
		errors: 0,
		notable: [],
		output: { s3: 's3://output/commands/1/', logGroup: 'output' },
		deadlineAt: common.openedAt + 3_600 * SECOND,
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
export class Life<O extends Operation = LifecycleOperation> {
	operation: O;
	now: number;
	/** What the last fact asked for. */
	effects: readonly Effect[] = [];
	/** What the last fact told. */
	notes: readonly Note[] = [];

	readonly #next: Next<O>;

	constructor(operation: O, next: Next<O>, now = operation.openedAt) {
		this.operation = operation;
		this.#next = next;
		this.now = now;
	}

	/** Facts that come at the same moment. */
	meets(...facts: readonly Fact[]): this {
		for (const fact of facts) {
			const step = this.#next(this.operation, fact, this.now);
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

/** Leads a lifecycle operation. */
export function lead(operation: LifecycleOperation): Life {
	return new Life(operation, nextLifecycle);
}

export function life(changes: Changes = {}): Life {
	return lead(anOperation(changes));
}
