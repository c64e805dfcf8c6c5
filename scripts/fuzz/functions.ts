/** The functions, what events they are sent, and what of an event a person would look for in the ledger. */

import { create as alarmState } from '../../functions/alarm-state.ts';
import { create as automationStatus } from '../../functions/automation-status.ts';
import { create as commandStatus } from '../../functions/command-status.ts';
import { create as configCompliance } from '../../functions/config-compliance.ts';
import { create as fleetEvent } from '../../functions/fleet-event.ts';
import { create as instanceLifecycle } from '../../functions/instance-lifecycle.ts';
import { create as nodeState } from '../../functions/node-state.ts';
import { create as playbookChange } from '../../functions/playbook-change.ts';
import { create as reconcile } from '../../functions/reconcile.ts';
import { create as sessionEvent } from '../../functions/session-event.ts';
import type { CreateHandler } from '../../shared/deps.ts';
import type { Operation } from '../../shared/operation/types.ts';
import { fleetCare } from './fleet-care.ts';
import {
	BAND,
	done,
	dropped,
	type Event,
	file,
	METRIC_MATH,
	nodeId,
	ORDER,
	opens,
	PATCH_NONCOMPLIANT,
	REBALANCE,
	REFRESH_FAILED,
	type Sample,
	SERIES,
	STATE_CHANGE,
	sessionId,
	uuid,
} from './samples.ts';

export interface FuzzedFunction {
	/** As in `functions/`. */
	readonly name: string;
	readonly create: CreateHandler;
	readonly samples: readonly Sample[];
	/** Batches that functions are sent before, so that there is something to settle or to meet. */
	readonly before: readonly (readonly [name: string, create: CreateHandler, events: readonly Event[]])[];
	/** Whether an operation is about what the event names. */
	isAbout(event: Event, operation: Operation): boolean;
	/** A call that shows that it has done its work, where that leaves no operation. */
	readonly does?: string;
	/** Calls that it makes whatever it is sent: the clock looks at all that is open. */
	readonly calls?: number;
}

/** Subjects that there is something about before the events come. */
export const PREPARED = 6;
/** Batches that bring a sample about each of them. */
export type Prepare = (name: string, create: CreateHandler, sample: Sample) => FuzzedFunction['before'];

/** Alone, and several in one batch: their commands are told apart otherwise. */
const prepared: Prepare = (name, create, { make }) => {
	const events = Array.from({ length: PREPARED }, (_, n) => make(n));
	return [[name, create, events.slice(0, 1)] as const, [name, create, events.slice(1)] as const];
};

/** An id that AWS gave to the work on a node: known once it has been prepared. */
export type WorkIds = ReadonlyMap<string, string>;

const node =
	(kind: string, more: object = {}) =>
	({ detail }: Event, n: number) =>
		Object.assign(detail, { EC2InstanceId: nodeId(kind, n), LifecycleActionToken: uuid(kind, n), ...more });
const alarmed = (event: Event, n: number) => {
	event.detail.alarmName = `${event.detail.alarmName}-${n}`;
	event.resources = [`arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${event.detail.alarmName}`];
};
const found = ({ detail }: Event, n: number) => {
	for (const each of [detail, detail.newEvaluationResult.evaluationResultIdentifier.evaluationResultQualifier]) {
		each.resourceId = nodeId('d', n);
	}
};
const onNode = ({ detail, resources }: Event, n: number) => {
	detail['instance-id'] = nodeId('d', n);
	resources[0] = resources[0].replace(/[^/]*$/, nodeId('d', n));
};
const patched = ({ detail }: Event, n: number) => Object.assign(detail, { 'resource-id': nodeId('d', n) });
const associated = ({ detail }: Event, n: number) => Object.assign(detail, { 'association-id': uuid('a', n) });
const opened = ({ detail }: Event, n: number) => {
	detail.requestParameters.target = nodeId('d', n % PREPARED);
	detail.responseElements.sessionId = sessionId('b', n);
};
/** Outside the rules: it is terminated, and told. */
const unexplained = (event: Event, n: number) => {
	opened(event, n);
	const { requestParameters, responseElements } = event.detail;
	responseElements.sessionId = sessionId('c', n);
	delete requestParameters.reason;
	delete requestParameters.documentName;
};
/** What is done with a session that is there, or with one that nobody has heard of. */
const handled = (kind: 'b' | 'a') => (event: Event, n: number) => {
	const id = sessionId(kind, kind === 'b' ? n % PREPARED : n);
	for (const each of [event.detail.requestParameters, event.detail.responseElements]) each.sessionId = id;
};
const foreign = ({ detail }: Event) => Object.assign(detail, { 'document-name': 'acme-backup', Definition: 'acme-backup' });
/** News of subjects that there is nothing about. */
const unknown = (about: (event: Event, n: number) => void) => (event: Event, n: number) => about(event, n + PREPARED);

const drain = opens(file('instance-terminating'), node('d'));
const collect = opens(
	file('instance-terminating'),
	node('c', { AutoScalingGroupName: 'batch-workers', LifecycleHookName: 'fleetkeeper-collect' }),
);
const highCpu = opens(file('alarm-high-cpu'), alarmed);
const noncompliant = opens(file('compliance-noncompliant'), found);
const request = file('run-automation-requested');
const command = file('run-command-requested');
const drains = prepared('instance-lifecycle', instanceLifecycle, drain);
const collects = prepared('instance-lifecycle', instanceLifecycle, collect);
const alarms = prepared('alarm-state', alarmState, highCpu);
const findings = prepared('config-compliance', configCompliance, noncompliant);
const shell = opens(file('session-started'), opened);
const unpatched = opens(file('configuration-compliance-non-compliant'), patched);

/** Ends of whole commands: of none that there is an operation of, of one on one node, and of somebody else's. */
const whole = file('command-success');
const wholes = [
	dropped(whole, ({ detail }, n) => Object.assign(detail.parameters, { WorkId: [`command-${n.toString(16).padStart(16, '0')}-1.1`] })),
	dropped(whole, ({ detail }) => Object.assign(detail.parameters, { WorkId: ['lifecycle-5a1d3c7e9b02f486-1.1'] })),
	dropped(whole, foreign),
];

/** @param workIds of what is prepared. */
export function functionsWith(workIds: WorkIds): readonly FuzzedFunction[] {
	const workOn = (kind: string, n: number) => workIds.get(nodeId(kind, n % PREPARED)) ?? uuid('f', n);
	const ended = (status: string) =>
		opens(file('command-invocation-success'), ({ detail }, n) =>
			Object.assign(detail, { 'command-id': workOn('d', n), 'instance-id': nodeId('d', n % PREPARED), status }),
		);
	const executed = (Status: string) =>
		opens(file('automation-success'), (event, n) => {
			event.time = '2026-03-02T09:22:40Z';
			Object.assign(event.detail, { ExecutionId: workOn('c', n), Definition: 'fleetkeeper-local-collect-and-drain', Status });
		});
	return [
		{
			name: 'instance-lifecycle',
			create: instanceLifecycle,
			samples: [
				...[drain, collect, opens(file('instance-launching'), node('b'))],
				...[dropped(file('instance-terminating-foreign-hook'), node('d')), dropped(file('instance-terminating-warm-pool'), node('d'))],
			],
			before: drains,
			isAbout: ({ detail }, { subject }) =>
				subject.kind === 'lifecycle' && subject.instanceId === detail?.EC2InstanceId && subject.hook === detail.LifecycleHookName,
		},
		{
			name: 'command-status',
			create: commandStatus,
			samples: [ended('Success'), ended('Failed'), ended('TimedOut'), dropped(file('command-invocation-success'), foreign), ...wholes],
			before: drains,
			isAbout: ({ detail }, { subject }) => subject.kind === 'lifecycle' && subject.instanceId === detail?.['instance-id'],
		},
		{
			name: 'automation-status',
			create: automationStatus,
			samples: [executed('Success'), executed('Failed'), dropped(file('automation-success'), foreign)],
			before: collects,
			isAbout: ({ detail }, { work }) => work?.externalId !== undefined && work.externalId === detail?.ExecutionId,
		},
		{
			name: 'alarm-state',
			create: alarmState,
			samples: [
				...[highCpu, opens(file('alarm-muted'), alarmed), opens(file('alarm-composite-suppressed'), alarmed)],
				...[opens(BAND, alarmed), opens(METRIC_MATH, alarmed), opens(SERIES, (event, n) => alarmed(event, n % PREPARED))],
				...[dropped(file('alarm-high-cpu-ok'), unknown(alarmed)), dropped(file('alarm-target-tracking'), alarmed)],
				dropped(file('alarm-deleted'), unknown(alarmed)),
			],
			before: alarms,
			isAbout: ({ detail }, { subject }) => subject.kind === 'alarm' && subject.alarm === detail?.alarmName,
		},
		{
			name: 'config-compliance',
			create: configCompliance,
			samples: [noncompliant, dropped(file('compliance-compliant'), unknown(found))],
			before: findings,
			isAbout: ({ detail }, { subject }) =>
				subject.kind === 'compliance' && subject.rule === detail?.configRuleName && subject.resourceId === detail.resourceId,
		},
		{
			name: 'fleet-event',
			create: fleetEvent,
			samples: [
				...[opens(file('spot-interruption'), onNode), opens(REBALANCE, onNode), opens(STATE_CHANGE, onNode)],
				...[opens(file('health-scheduled-change')), opens(REFRESH_FAILED), opens(PATCH_NONCOMPLIANT, patched)],
				opens(ORDER, ({ detail }, n) => Object.assign(detail.order, { id: `o-${n}` })),
				opens(request),
				opens(request, ({ detail }, n) => Object.assign(detail, { requestId: `request-${n}`, runbook: 'isolate-node' })),
				opens(request, ({ detail }) =>
					Object.assign(detail, {
						...{ targetParameter: 'InstanceId', targets: [{ key: 'tag:service', values: ['web'] }], parameters: {} },
						...{ maxConcurrency: '10%', maxErrors: '1' },
					}),
				),
				opens(command),
				opens(command, ({ detail }, n) =>
					Object.assign(detail, {
						...{ requestId: `command-${n}`, targets: [{ key: 'InstanceIds', values: [nodeId('d', n), nodeId('b', n)] }] },
						...{ calendar: 'change-freeze', timeoutSeconds: 600, deliverWithinSeconds: 60, maxConcurrency: '2', maxErrors: '10%' },
					}),
				),
				opens(command, ({ detail }) =>
					Object.assign(detail, { targets: ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => ({ key: `tag:${key}`, values: ['yes', 'no'] })) }),
				),
				...[dropped({ ...ORDER, source: 'fleetkeeper' }), dropped(file('calendar-open'))],
			],
			before: [],
			isAbout: (event, operation) => {
				const named = [event?.id, event?.detail?.requestId];
				if (operation.kind === 'command') return named.includes(operation.subject.requestId);
				return operation.kind === 'event' && named.some((id) => operation.eventIds.includes(id));
			},
		},
		{
			name: 'node-state',
			create: nodeState,
			samples: [
				unpatched,
				opens(file('configuration-compliance-compliant'), (event, n) => patched(event, n % PREPARED)),
				// A node that falls and recovers within one batch opens nothing: these are others.
				dropped(file('configuration-compliance-compliant'), ({ detail }, n) => Object.assign(detail, { 'resource-id': nodeId('a', n) })),
				// Of no association here: they are somebody else's.
				...[dropped(file('association-failed'), associated), dropped(file('instance-association-failed'), associated)],
			],
			before: prepared('node-state', nodeState, unpatched),
			isAbout: ({ detail }, operation) => {
				if (operation.kind !== 'state') return false;
				const { subject, nodes, well } = operation;
				return [subject.node, ...Object.keys(nodes), ...Object.keys(well)].includes(detail?.['resource-id']);
			},
		},
		{
			name: 'session-event',
			create: sessionEvent,
			samples: [
				...[shell, opens(file('session-started'), unexplained)],
				...[opens(file('session-resumed'), handled('b')), opens(file('session-terminated'), handled('b'))],
				...[dropped(file('session-resumed'), handled('a')), dropped(file('session-terminated'), handled('a'))],
				dropped(file('session-refused')),
			],
			before: prepared('session-event', sessionEvent, shell),
			isAbout: ({ detail }, { subject }) =>
				subject.kind === 'session' && subject.sessionId === (detail?.responseElements?.sessionId ?? detail?.requestParameters?.sessionId),
		},
		...fleetCare(prepared),
		{
			name: 'playbook-change',
			create: playbookChange,
			samples: ['playbook-changed', 'playbook-expired', 'playbook-expiring', 'playbook-not-changed', 'parameter-not-changed', 'tick'].map(
				(name) => done(file(name)),
			),
			before: [],
			isAbout: () => false,
			does: 'GetParametersByPath',
		},
		{
			name: 'reconcile',
			create: reconcile,
			samples: ['tick', 'sweep', 'calendar-open'].map((name) => done(file(name))),
			before: [...drains, ...alarms, ...prepared('fleet-event', fleetEvent, opens(PATCH_NONCOMPLIANT, patched))],
			isAbout: () => false,
			does: 'Query',
			calls: 300,
		},
	];
}
