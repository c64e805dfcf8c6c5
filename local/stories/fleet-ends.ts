/** How the story of `npm run demo -- fleet` must end. */

import type { GetParametersByPathCommandInput, GetParametersByPathCommandOutput } from '@aws-sdk/client-ssm';
import type { AgentCause } from '../../shared/kinds/agent/types.ts';
import type { Operation, SessionOperation } from '../../shared/operation/types.ts';
import type { World } from '../world.ts';
import { ANNA, BERT, LOST, NODE_PROFILE, OUTDATED, PRESSES, REPORTS, SCRAPPED, VULNERABLE, WITH_TELNET } from './fleet-estate.ts';
import type { Expectation } from './story.ts';

const isSession = (operation: Operation): operation is SessionOperation => operation.kind === 'session';
const sessionOf = (name: string) => (operation: Operation) => isSession(operation) && operation.subject.owner.endsWith(`/${name}`);
const rule = (name: string) => (operation: Operation) => operation.kind === 'inventory' && operation.subject.rule === name;
const cause = (name: AgentCause) => (operation: Operation) => operation.kind === 'agent' && operation.subject.cause === name;
const remedy = (playbook: string) => (operation: Operation) => operation.kind === 'event' && operation.playbook.name === playbook;
const tells = (pattern: RegExp) => (operation: Operation) => operation.history.some(({ what, why }) => pattern.test(`${what}: ${why}`));

const SOLVED = { state: 'succeeded', opsItem: true } as const;
const isResolved = ({ result }: Operation) => result?.resolved === true;
const isResolvedAfter = (pattern: RegExp) => (operation: Operation) => isResolved(operation) && tells(pattern)(operation);

export const EXPECTATIONS: readonly Expectation[] = [
	{
		part: 'a session is on record from its start to its end: with a reason, resumed once, and ended by nobody, which the clock finds',
		about: sessionOf(ANNA),
		state: 'succeeded',
		also: (operation) => isSession(operation) && operation.resumes === 1 && tells(/^ended: .*it was idle/)(operation),
	},
	{
		part: 'one without a reason in production is terminated within a minute, and an OpsItem says so',
		about: sessionOf(BERT),
		...{ state: 'failed', opsItem: true },
		also: ({ result }) => (result?.session?.seconds ?? Number.POSITIVE_INFINITY) <= 60,
	},
	{
		part: 'software that must not be there: one OpsItem with all nodes that have it, resolved by the inventory of the last',
		about: rule('forbidden-software'),
		...SOLVED,
		also: (operation) => operation.kind === 'inventory' && operation.count === WITH_TELNET.length && isResolved(operation),
	},
	{
		part: 'one command has removed it from all of them',
		about: ({ kind }) => kind === 'command',
		state: 'succeeded',
		also: ({ result }) => result?.nodes?.succeeded === WITH_TELNET.length,
	},
	{
		part: 'software that is too old, by the order of rpm here and of dpkg there: an OpsItem, until people have upgraded it',
		about: rule('openssl-floor'),
		...SOLVED,
		also: (operation) => operation.kind === 'inventory' && operation.count === VULNERABLE.length && isResolved(operation),
	},
	{
		part: 'an instance that is not managed has no instance profile: an OpsItem says so until its agent has registered',
		about: cause('no-profile'),
		...SOLVED,
		also: isResolvedAfter(new RegExp(`given ${REPORTS}`)),
	},
	{ part: 'a playbook has attached one', about: remedy('attach-profiles'), state: 'succeeded' },
	{
		part: 'a node is silent, and since when is said, until it is back',
		about: cause('connection-lost'),
		...SOLVED,
		also: isResolvedAfter(new RegExp(`${LOST} \\(silent since 2026-03-03 05:40:00 UTC\\)`)),
	},
	{ part: 'an agent is outdated', about: cause('outdated'), ...SOLVED, also: isResolvedAfter(new RegExp(`given ${OUTDATED}`)) },
	{ part: 'a playbook has updated it', about: remedy('update-agents'), state: 'succeeded' },
	{
		part: 'a machine has been silent for so long that it may be gone: a person removes its registration, and says why',
		about: cause('stale-registration'),
		...SOLVED,
		also: isResolvedAfter(/^deregistered: .*scrapped/),
	},
	{
		part: 'an activation that is not used up is about to expire: people are told, and delete it',
		about: cause('activation-expiring'),
		...SOLVED,
		also: isResolvedAfter(/2 of 3 registered/),
	},
];

export function outcomes(world: World, operations: readonly Operation[]) {
	const { ssm, ec2, iamApi } = world.services;
	const sessions = operations.filter(isSession);
	const started = ssm.sessionManager.all();
	const joined = ssm.hybridMachines().filter(({ name }) => PRESSES.some((each) => each === name));
	const opsItems = ssm.opsItems();
	const has = (node: string, name: string) => programsOf(world, node).find((line) => line.includes(`"Name":"${name}"`));
	return [
		{
			part: 'what the policy of operators forbids has never begun, and what began is on record',
			holds: started.length === 2 && started.every(({ id }) => sessions.some(({ subject }) => subject.sessionId === id)),
		},
		{ part: 'transcripts are where the record says', holds: sessions.length > 0 && sessions.every((session) => isKept(world, session)) },
		{
			part: 'every call that a story of these tells of is found in CloudTrail, by its request id',
			holds: isInTrail(world, operations),
		},
		{
			part: 'the next inventory has neither the one nor the other, and that of the new machines is there',
			holds:
				WITH_TELNET.every((node) => programsOf(world, node).length > 0 && has(node, 'telnet') === undefined) &&
				VULNERABLE.every((node) => /amzn2023\.0\.20|ubuntu1\.18/.test(has(node, 'openssl') ?? '')) &&
				joined.every(({ id }) => has(id, 'press-control') !== undefined),
		},
		{
			part: 'every instance is managed, and its agent answers',
			holds: ec2.instances().every(({ id }) => ssm.node(id)?.agent === 'online') && ec2.instance(REPORTS)?.profile?.name === NODE_PROFILE,
		},
		{
			part: 'two machines outside EC2 have joined, in the role and with the tags of their activation, and the scrapped one is gone',
			holds:
				joined.length === PRESSES.length &&
				joined.every(({ tags, role }) => tags.get('site') === 'ghent' && iamApi.roleAllows(role, 'ssm:UpdateInstanceInformation')) &&
				!ssm.hybridMachines().some(({ id }) => id === SCRAPPED),
		},
		{ part: 'the code of the activation is in no log, no event and no operation', holds: isSecret(world, operations) },
		{
			part: 'one OpsItem for each of these, and none is left open',
			holds: opsItems.length === 8 && opsItems.every(({ status }) => status === 'Resolved'),
		},
	];
}

/** Lines of a node's programs in the bucket of the resource data sync. */
function programsOf({ services }: World, node: string): string[] {
	const objects = services.s3.buckets().flatMap(({ objects }) => [...objects]);
	const found = objects.find(([key]) => key.startsWith('AWS:Application/') && key.endsWith(`/${node}.json`));
	return found === undefined ? [] : textOf(found[1].bytes).split('\n').filter(Boolean);
}

function isKept({ services }: World, { subject, result }: SessionOperation): boolean {
	const { s3 = '', logGroup, logStream } = result?.session?.transcript ?? {};
	const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(s3) ?? [];
	const kept = services.s3.bucket(bucket)?.objects.get(key);
	const typed = services.ssm.sessionManager.all().find(({ id }) => id === subject.sessionId)?.lines ?? [];
	const isStreamed = services.ssm.sessionManager.logs().some((log) => log.logGroup === logGroup && log.logStream === logStream);
	return kept !== undefined && isStreamed && typed.every((line) => textOf(kept.bytes).includes(line));
}

/** All request ids of all stories. */
function isInTrail({ services }: World, operations: readonly Operation[]): boolean {
	const known = new Set(services.cloudTrail.events().map(({ CloudTrailEvent = '{}' }) => JSON.parse(CloudTrailEvent).requestID));
	const calls = operations.flatMap(({ history }) => history.flatMap((entry) => [entry, ...(entry.calls ?? [])]));
	const ids = calls.flatMap(({ requestId }) => requestId ?? []);
	return ids.length > 0 && ids.every((id) => known.has(id));
}

function isSecret(world: World, operations: readonly Operation[]): boolean {
	const { ssm, cloudTrail } = world.services;
	const read = ssm.definition.operations['GetParametersByPath'] as (
		input: GetParametersByPathCommandInput,
	) => GetParametersByPathCommandOutput;
	const [code, ...more] = read({ Path: '/fleetkeeper/local/activations', WithDecryption: true }).Parameters ?? [];
	const told = JSON.stringify([world.logs, world.otherDeliveries, cloudTrail.events(), operations, ssm.opsItems()]);
	return code?.Value !== undefined && more.length === 0 && !told.includes(code.Value);
}

function textOf(bytes: Uint8Array): string {
	return new TextDecoder().decode(bytes);
}
