/** What people and metrics do to alarms, and people to the OpsItems about them. */

import {
	CloudWatchClient,
	DeleteAlarmMuteRuleCommand,
	DeleteAlarmsCommand,
	PutMetricAlarmCommand,
	type PutMetricAlarmCommandInput,
	type StateValue,
} from '@aws-sdk/client-cloudwatch';
import { CreateOpsItemCommand, UpdateOpsItemCommand } from '@aws-sdk/client-ssm';
import type { AlarmHandle } from '../../aws/cloudwatch/index.ts';
import type { World } from '../../world.ts';
import { PERSON, tried } from '../people.ts';

/** Its metric has an alarm so from now on. One that is not there stays so. */
export function report(world: World, name: string, value: StateValue, reason: string): void {
	alarmOf(world, name)?.set(value, reason);
}

/** One of its time series has an alarm so. */
export function reportSeries(world: World, name: string, attributes: Readonly<Record<string, string>>, value: StateValue): void {
	alarmOf(world, name)?.contribute(attributes, value, `it is ${value}`);
}

function alarmOf({ services }: World, name: string): AlarmHandle | undefined {
	return services.cloudWatch.alarms().find((alarm) => alarm.name === name);
}

export async function makeAlarm({ aws }: World, settings: PutMetricAlarmCommandInput): Promise<void> {
	await tried(aws.client(CloudWatchClient).send(new PutMetricAlarmCommand(settings)));
}

export async function deleteAlarm({ aws }: World, name: string): Promise<void> {
	await tried(aws.client(CloudWatchClient).send(new DeleteAlarmsCommand({ AlarmNames: [name] })));
}

/** Mutes an alarm from now on, by a rule of its own, or makes its mute end later. */
export function muteAlarm(world: World, name: string, minutes: number): void {
	if (alarmOf(world, name) === undefined) return;
	const { clock, services } = world;
	services.cloudWatch.mute({ name: `mute-${name}`, alarms: [name], from: clock.now(), until: clock.now() + minutes * 60_000 });
}

export async function unmute({ aws }: World, name: string): Promise<void> {
	await tried(aws.client(CloudWatchClient).send(new DeleteAlarmMuteRuleCommand({ AlarmMuteRuleName: `mute-${name}` })));
}

/** Resolves what OpsItems of ours are open about an alarm. */
export async function resolveItems({ aws, services }: World, alarm: string): Promise<void> {
	const ours = services.ssm.opsItems().filter(({ source, data }) => source === 'fleetkeeper' && data.get('alarm')?.Value === alarm);
	for (const { id } of ours) await tried(aws.ssm.send(new UpdateOpsItemCommand({ OpsItemId: id, Status: 'Resolved' })));
}

/** Opens an OpsItem that looks much like one of ours. */
export async function writeItem({ aws }: World, alarm: string): Promise<void> {
	const OperationalData = { alarm: { Type: 'SearchableString', Value: alarm } } as const;
	await tried(
		aws.ssm.send(
			new CreateOpsItemCommand({ Title: `${alarm} is in ALARM`, Source: PERSON, Description: 'I look at it.', OperationalData }),
		),
	);
}
