/** The core with a playbook that lets commands be asked for. */

import type { Drop } from '../../shared/errors.ts';
import { openFromCommandRequests } from '../../shared/opening/command.ts';
import type { CommandOperation } from '../../shared/operation/types.ts';
import { commandAtAws } from '../../shared/parts/command.ts';
import type { CompiledPlaybook, RequestPlaybook } from '../../shared/playbook/types.ts';
import { type Core, createCore } from './core.ts';

export function onCommand(changes: Partial<RequestPlaybook> = {}): CompiledPlaybook<RequestPlaybook> {
	const playbook: RequestPlaybook = {
		name: 'on-command',
		priority: 100,
		on: 'request',
		when: { detail: { command: ['restart-service', 'AWS-ConfigureAWSPackage'] } },
		run: { timeoutSeconds: 3_600 },
		then: { onFailure: {} },
		...changes,
	};
	return { playbook, parameterVersion: 1 };
}

export const commandCore = (...playbooks: CompiledPlaybook[]) =>
	createCore({ playbooks: playbooks.length > 0 ? playbooks : [onCommand()], parts: [commandAtAws()] });

export const commandRequest = (id: string, detail: Record<string, unknown> = {}, changes: object = {}) => ({
	version: '0',
	id,
	'detail-type': 'Run Command Requested',
	source: 'ops.console',
	account: '111122223333',
	region: 'eu-west-1',
	time: '2026-03-02T09:00:00Z',
	resources: [],
	detail: { command: 'restart-service', targets: [{ key: 'tag:service', values: ['nginx'] }], ...detail },
	...changes,
});

/** What became of each request. */
export async function hears(core: Core, ...events: readonly unknown[]): Promise<string[]> {
	const results = await openFromCommandRequests(core.services, events);
	return results.map((each) => (each.ok ? each.value.outcome : ((each.error as Drop).reason ?? String(each.error))));
}

export async function commands(core: Core): Promise<CommandOperation[]> {
	const { ledger } = core.another();
	const ids = [...(await ledger.open()), ...(await ledger.closedOn('2026-03-02'))];
	return (await ledger.load(ids)) as CommandOperation[];
}

/** @throws Error where there are none, or more than one. */
export async function theCommand(core: Core): Promise<CommandOperation> {
	const [only, ...more] = await commands(core);
	if (only === undefined || more.length > 0) throw new Error(`There are ${only ? more.length + 1 : 0} commands.`);
	return only;
}
