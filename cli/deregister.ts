/** `fleet -- deregister <node>`: removes the registration of a machine outside EC2. */

import { DeregisterManagedInstanceCommand, DescribeInstanceInformationCommand, type InstanceInformation } from '@aws-sdk/client-ssm';
import { requestIdOf } from '../shared/errors.ts';
import { openAgents } from '../shared/opening/agent.ts';
import { advance } from '../shared/operation/engine.ts';
import type { Fact } from '../shared/operation/facts.ts';
import { calledBy } from '../shared/operation/history.ts';
import { actor, BY } from './support/act.ts';
import { instant, oneLine } from './support/format.ts';
import { type Desk, printJson, Refusal, readArguments, UsageError, type Verb } from './support/verb.ts';

const MACHINE = /^mi-[0-9a-f]{17}$/;
const OPTIONS = { ...BY, reason: { type: 'string' }, online: { type: 'boolean' } } as const;

export const deregister: Verb = {
	usage: 'deregister <node> --reason TEXT [--online] [--by NAME] [--json]',
	summary: 'removes the registration of a machine outside EC2',
	details:
		'For machines that are gone: one that is to come back after that has to register anew, with an activation. One whose agent answers is ' +
		'refused, unless it is with --online. The operation about it, where there is one, has the reason on record. What is done is done ' +
		'with your own credentials.',
	async run(args, desk) {
		const { values, positionals } = readArguments(args, OPTIONS, [0, 1]);
		const [id] = positionals;
		if (id === undefined) throw new UsageError('names no node');
		if (!MACHINE.test(id)) {
			const hint = id.startsWith('i-') ? ': an instance of EC2 goes with its termination' : '';
			throw new UsageError(`takes the id of a machine outside EC2, mi- and 17 of 0-9 and a-f, not '${id}'${hint}`);
		}
		const reason = oneLine(values.reason ?? '');
		if (reason === '') throw new UsageError('takes a --reason: it is on record with the operation about the node');
		const node = await find(desk, id);
		if (node.PingStatus === 'Online' && !values.online) {
			throw new Refusal(
				`The agent of ${id} (${node.Name ?? node.ComputerName}) answers: it is no stale registration. With --online it is removed all the same.`,
			);
		}
		const output = await desk.connect().ssm.send(new DeregisterManagedInstanceCommand({ InstanceId: id }));
		const found = requestIdOf(output);
		const { requestId } = calledBy(found);
		const by = actor(desk, values.by);
		const told = await tell(desk, { type: 'deregistered', id, by, reason, requestId: found });
		if (values.json) {
			printJson(desk, { node: id, requestId: requestId ?? null, operations: told });
			return undefined;
		}
		const silent = node.LastPingDateTime ? `, silent since ${instant(node.LastPingDateTime.getTime())}` : '';
		desk.io.out(`${id} (${node.Name ?? node.ComputerName}${silent}) is deregistered [${requestId}]`);
		if (told.length > 0) desk.io.out(`On record in ${told.join(', ')}`);
		return undefined;
	},
};

/** @throws Refusal where Systems Manager does not manage it. */
async function find(desk: Desk, id: string): Promise<InstanceInformation> {
	const unknown = new Refusal(`Systems Manager manages no node ${id} here. The nodes: aws ssm describe-instance-information`);
	try {
		const Filters = [{ Key: 'InstanceIds', Values: [id] }];
		const { InstanceInformationList: [node] = [] } = await desk.connect().ssm.send(new DescribeInstanceInformationCommand({ Filters }));
		if (node === undefined) throw unknown;
		return node;
	} catch (error) {
		if ((error as Error).name === 'InvalidInstanceId') throw unknown;
		throw error;
	}
}

/** @returns the ids of the operations about the node. */
async function tell(desk: Desk, fact: Extract<Fact, { type: 'deregistered' }>): Promise<string[]> {
	const services = desk.services();
	const about = (await openAgents(services)).filter(({ nodes }) => fact.id in nodes);
	await advance(
		services,
		about.map((operation) => ({ operation, facts: [fact] })),
	);
	return about.map(({ id }) => id);
}
