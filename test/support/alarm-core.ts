/** The core of Fleetkeeper with one playbook for alarms, and one alarm. */

import { openFromAlarms } from '../../shared/opening/alarm.ts';
import type { AlarmOperation } from '../../shared/operation/types.ts';
import { alarmAtAws } from '../../shared/parts/alarm.ts';
import type { AlarmPlaybook, CompiledPlaybook } from '../../shared/playbook/types.ts';
import { NAME, NODE } from './alarm-events.ts';
import { type Core, createCore } from './core.ts';
import { ALARM, anAlarm, MINUTE, OPENED_AT, RUNBOOK } from './operations.ts';

export const ITEM = 'oi-000000000001';

export function webAlarms(changes: Partial<AlarmPlaybook> = {}): CompiledPlaybook<AlarmPlaybook> {
	const playbook: AlarmPlaybook = {
		name: 'web-alarms',
		priority: 100,
		on: 'alarm',
		when: { detail: { alarmName: [{ prefix: 'web-' }] } },
		opsItem: { severity: '3', category: 'Performance', runbooks: ['restart-node'] },
		alarm: anAlarm().timers,
		...changes,
	};
	return { playbook, parameterVersion: 2 };
}

export const restart = (changes: Partial<AlarmPlaybook> = {}) =>
	webAlarms({ run: { ...RUNBOOK, parameters: { InstanceId: ['$.dimensions.InstanceId'] } }, ...changes });

/** An account with one playbook and one alarm, about which AWS Config and CloudTrail have something to say. */
export async function withAlarm(playbook = webAlarms()) {
	const core = await createCore({ playbooks: [playbook], parts: (deps) => [alarmAtAws(deps)] });
	core.on('LookupEvents', () => ({
		Events: [{ EventName: 'ModifyInstanceAttribute', EventTime: new Date(OPENED_AT - MINUTE), ReadOnly: 'false', Username: 'alice' }],
	}));
	core.on('GetResourceConfigHistory', () => ({
		configurationItems: [
			{
				configurationItemCaptureTime: new Date(OPENED_AT - MINUTE),
				configurationItemStatus: 'ResourceDiscovered',
				resourceId: NODE,
				tags: { 'aws:cloudformation:stack-name': 'web' },
			},
		],
	}));
	core.on('ListAlarmMuteRules', () => ({ AlarmMuteRuleSummaries: [] }));
	stands(core, 'ALARM', 0);
	return core;
}

/** How DescribeAlarms has the alarm from now on. */
export function stands(core: Core, StateValue: string, after: number, more: object = {}) {
	const described = {
		AlarmName: NAME,
		StateValue,
		StateReason: 'as asked',
		StateTransitionedTimestamp: new Date(OPENED_AT + after),
		...more,
	};
	core.on('DescribeAlarms', ({ AlarmNames }) => ({ MetricAlarms: AlarmNames ? [described] : [] }));
}

export async function hears(core: Core, ...events: readonly unknown[]) {
	const results = await openFromAlarms(core.services, events);
	return results.map((result) => (result.ok ? result.value : result.error));
}

export async function latest(core: Core): Promise<AlarmOperation> {
	return (await core.services.ledger.latest(ALARM)) as AlarmOperation;
}

/** What the last call of OpsCenter put into the item's data. */
export function data(core: Core, call: 'CreateOpsItem' | 'UpdateOpsItem'): Record<string, string> {
	const entries = Object.entries(core.calls(call).at(-1)?.OperationalData ?? {}) as [string, { Value: string }][];
	return Object.fromEntries(entries.map(([name, { Value }]) => [name, Value]));
}
