/** What AWS Config judges in a compliance story: nodes that have drifted, security groups that are open, and the rules that find it. */

import type { NewRule } from '../../aws/config/index.ts';
import type { ConfigurationItem, Verdict } from '../../aws/config/model.ts';
import type { Behaviours } from '../../aws/ec2-machine.ts';
import type { FleetGroup, FleetNode, FleetSecurityGroup } from '../../fleet.ts';
import type { DocumentDefinition } from '../../template.ts';
import type { World } from '../../world.ts';
import type { Draw } from '../draw.ts';

/**
 * How far a node has drifted, by its tag: `0` complies; `1` and `2` are so many remediations away from that; nothing helps against
 * `stuck`; on `broken` the runbook fails.
 */
export const DRIFTS = ['0', '1', '2', 'stuck', 'broken'] as const;
export type Drift = (typeof DRIFTS)[number];
export const DRIFT = 'drift';

const GROUP = 'gold-fleet';
const NODE = 'AWS::EC2::Instance';
const SECURITY_GROUP = 'AWS::EC2::SecurityGroup';
/** The command that brings a node back, as the runbook does. */
export const REPAIR = 'restart-service';
/** The runbook; it is the story's own. */
export const HARDEN = 'harden-node';
const OWN = 'fleetkeeper-local-';
/** The role of the stack's own runbooks. */
export const AUTOMATION_ROLE = 'arn:aws:iam::111122223333:role/fleetkeeper-local-automation-eu-west-1';

export const WORLD = '0.0.0.0/0';

export function drawDrift(draw: Draw, complies: number): Drift {
	return draw.weighted([
		[complies, '0'],
		[40, '1'],
		[14, '2'],
		[12, 'stuck'],
		[8, 'broken'],
	]);
}

export function drawNodes(draw: Draw, size: number): FleetGroup {
	const badly = draw.chance(0.3);
	const behaviours = (each: Draw): Behaviours => ({
		[REPAIR]: {
			durationSeconds: each.weighted([
				[5, each.whole(2, 60)],
				[3, each.whole(60, 300)],
			]),
			stdout: 'repaired\n',
			oncePer: 'WorkId',
			...(badly && each.chance(0.3) && (each.chance(0.3) ? { hangs: true } : { exitCode: 3, stdout: 'stuck\n' })),
		},
	});
	const nodes = Array.from({ length: size }, (_, number): FleetNode => {
		const each = draw.of(`node ${number}`);
		return {
			id: `i-0c${String(number + 1).padStart(15, '0')}`,
			tags: { [DRIFT]: drawDrift(each, size > 20 ? 6 : 60) },
			httpTokens: each.chance(0.4) ? 'optional' : 'required',
			agent: each.weighted([
				[24, 'online'],
				[1, 'lost'],
				[1, 'deaf'],
				[1, 'none'],
			]),
			behaviours: behaviours(each),
		};
	});
	return { name: GROUP, min: 0, max: 40, nodes };
}

export function drawSecurityGroups(draw: Draw, size: number): FleetSecurityGroup[] {
	return Array.from({ length: size }, (_, number) => ({
		id: `sg-0c${String(number + 1).padStart(15, '0')}`,
		name: `edge-${number + 1}`,
		open: [{ port: 443, cidr: WORLD }, ...(draw.chance(0.5) ? [{ port: 22, cidr: WORLD }] : [])],
	}));
}

/** What a rule judges, and the runbook that is made for it. */
export const JUDGED = {
	drift: { type: NODE, runbook: HARDEN, parameter: 'InstanceId' },
	imdsv2: { type: NODE, runbook: 'enforce-imdsv2', parameter: 'InstanceId' },
	'open-ssh': { type: SECURITY_GROUP, runbook: 'close-security-group', parameter: 'GroupId' },
} as const;
export type Judged = keyof typeof JUDGED;

/** The rule of a kind: by a function of the account's own, or one that AWS manages. */
export function ruleOf(kind: Judged, name: string, periodic: boolean): NewRule {
	// Other stories' nodes are none of its business.
	const nodes = { resourceTypes: [NODE], tag: { key: DRIFT } };
	switch (kind) {
		case 'drift':
			return { name, ...nodes, judge: judgeDrift, ...(periodic && { onChange: false, every: 'One_Hour' }) };
		case 'imdsv2':
			return { name, ...nodes, judge: 'EC2_IMDSV2_CHECK' };
		case 'open-ssh':
			return { name, judge: 'INCOMING_SSH_DISABLED' };
	}
}

function judgeDrift({ tags }: ConfigurationItem): Verdict {
	const drift = tags[DRIFT] ?? '0';
	return drift === '0' ? 'COMPLIANT' : { compliance: 'NON_COMPLIANT', annotation: `It has drifted: ${drift}.` };
}

/** What is left of a drift after one remediation that ended well. */
function repaired(drift: string | undefined): string | undefined {
	return drift === '2' ? '1' : drift === '1' ? '0' : drift;
}

/** Does to nodes what the local AWS leaves to a story: what a script that ended well has done. @param done runs that it has done it for. */
export function runScripts({ services: { ssm, ec2, config }, clock }: World, done: Set<unknown>): void {
	for (const { id, runs } of ssm.nodes()) {
		for (const run of runs) {
			if (run.endsAt > clock.now() || done.has(run) || !run.document.endsWith(REPAIR)) continue;
			done.add(run);
			const drift = ec2.instance(id)?.tags.get(DRIFT);
			const left = repaired(drift);
			if (run.status !== 'Success' || !run.effective || left === undefined || left === drift) continue;
			ec2.tag(id, { [DRIFT]: left });
			config.look('ec2');
		}
	}
}

const own = { Service: 'ec2', Resources: ['{{ InstanceId }}'], Api: 'CreateTags' };
const tags = {
	Service: 'ec2',
	Api: 'DescribeTags',
	Filters: [
		{ Name: 'resource-id', Values: ['{{ InstanceId }}'] },
		{ Name: 'key', Values: [DRIFT] },
	],
};
const choice = (drift: Drift, NextStep: string) => ({ Variable: '{{ look.Drift }}', StringEquals: drift, NextStep });

const content = {
	schemaVersion: '0.3',
	assumeRole: AUTOMATION_ROLE,
	description: 'Brings a node back that has drifted, one step at a time.',
	parameters: {
		InstanceId: { type: 'String', description: 'The node.', allowedPattern: '^i-[0-9a-f]{17}$' },
		Pause: { type: 'String', description: 'How long it takes.', allowedPattern: '^PT[0-9]{1,4}S$' },
	},
	mainSteps: [
		{ name: 'work', action: 'aws:sleep', inputs: { Duration: '{{ Pause }}' } },
		{ name: 'look', action: 'aws:executeAwsApi', inputs: tags, outputs: [{ Name: 'Drift', Selector: '$.Tags[0].Value', Type: 'String' }] },
		{
			name: 'choose',
			action: 'aws:branch',
			inputs: { Choices: [choice('2', 'half'), choice('1', 'all'), choice('broken', 'fail')], Default: 'done' },
		},
		{ name: 'half', action: 'aws:executeAwsApi', isEnd: true, inputs: { ...own, Tags: [{ Key: DRIFT, Value: '1' }] } },
		{ name: 'all', action: 'aws:executeAwsApi', isEnd: true, inputs: { ...own, Tags: [{ Key: DRIFT, Value: '0' }] } },
		{
			name: 'fail',
			action: 'aws:assertAwsResourceProperty',
			isEnd: true,
			inputs: { ...tags, PropertySelector: '$.Tags[0].Value', DesiredValues: ['0'] },
		},
		{ name: 'done', action: 'aws:sleep', isEnd: true, inputs: { Duration: 'PT1S' } },
	],
};

export const RUNBOOK: DocumentDefinition = { name: OWN + HARDEN, type: 'Automation', format: 'JSON', content: JSON.stringify(content) };
