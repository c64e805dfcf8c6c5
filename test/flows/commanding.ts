/** Commands on many nodes, as flows ask for them. */

import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { fleet } from '../../cli/fleet.ts';
import type { CommandOperation } from '../../shared/operation/types.ts';
import { nodeId } from './deployment.ts';
import type { Flow, OurCall } from './support.ts';

const BUS = 'fleetkeeper-local-requests';

/** A playbook that allows `restart-service`. */
export const onCommand = (more = '') => `name: on-command
priority: 10
on: request
when: { detail: { command: [restart-service] } }
run: { timeout: 1h }
then: { onFailure: { opsItem: { severity: "3" } } }
${more}`;

/** A pipeline asks, by an event. */
export async function ask(flow: Flow, detail: object): Promise<void> {
	const entry = { EventBusName: BUS, Source: 'ops.pipeline', DetailType: 'Run Command Requested', Detail: JSON.stringify(detail) };
	await flow.people(({ events }) => events.send(new PutEventsCommand({ Entries: [entry] })));
}

/** For a restart of nginx, with more of the request. */
export const restart = (more: object = {}) => ({
	command: 'restart-service',
	parameters: { ServiceName: ['nginx'] },
	targets: [{ key: 'tag:service', values: ['nginx'] }],
	maxConcurrency: '100%',
	...more,
});

/** Ids of nodes `from` to `to`. */
export const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => nodeId(from + n));
export const byIds = (from: number, to: number) => [{ key: 'InstanceIds', values: ids(from, to) }];

export async function theOnly(flow: Flow): Promise<CommandOperation> {
	const [only, ...more] = await flow.operations('command');
	if (only === undefined || more.length > 0) throw new Error(`There are ${only ? more.length + 1 : 0} commands on many nodes.`);
	return only;
}

/** What was sent, as far as it had its effect: the targets with the rate. */
export function sent(flow: Flow): { readonly to: unknown; readonly concurrency: unknown; readonly errors: unknown }[] {
	return flow
		.calls('SendCommand')
		.filter(({ error }) => error === undefined || error === 'ReplyLost')
		.map(({ input: { Targets, MaxConcurrency, MaxErrors } }) => ({ to: Targets, concurrency: MaxConcurrency, errors: MaxErrors }));
}

/** Calls of Systems Manager by their names. */
export function ssmCalls(calls: readonly OurCall[]): Record<string, number> {
	const by: Record<string, number> = {};
	for (const { service, operation, caller } of calls)
		if (service === 'ssm' && !caller.endsWith('playbook-change')) by[operation] = (by[operation] ?? 0) + 1;
	return by;
}

/** A person at the command line. */
export async function person(flow: Flow, ...args: string[]): Promise<{ status: number; out: string; err: string }> {
	const [out, err]: [string[], string[]] = [[], []];
	const io = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text), cwd: '/nowhere' };
	const status = await flow.people((aws) => fleet(args, { io, env: {}, connect: () => aws, now: () => flow.now, user: 'anna' }));
	return { status, out: out.join('\n'), err: err.join('\n') };
}
