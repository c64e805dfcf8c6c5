/** What each cause is called, what it means, and what is to be done about it. Pure. */

import type { OpsItemSpec } from '../../operation/types.ts';
import type { AgentCause } from './types.ts';

interface CauseText {
	/** What nodes, or activations, with it do: `1 instance has ...` and `3 instances have ...`. */
	readonly of: readonly [one: string, many: string];
	/** What is to be done, in the OpsItem's first lines. */
	readonly advice: string;
	readonly spec: OpsItemSpec;
	/** Nodes that have it run, and their agents do not answer. */
	readonly silent?: true;
	/** A playbook may be given what has it. */
	readonly remediable?: true;
}

const NO_TAG = 'An instance that is not to be managed is left out by the tag fleetkeeper-agent: ignore.';
/** AWS's own runbook that looks into an instance that does not answer Systems Manager. */
const TROUBLESHOOT = 'AWSSupport-TroubleshootManagedInstance';
const AVAILABILITY = { severity: '3', category: 'Availability' } as const;
const LOW = { severity: '4', category: 'Availability' } as const;

const CAUSES: Readonly<Record<AgentCause, CauseText>> = {
	'no-profile': {
		of: ['instance runs without an instance profile', 'instances run without an instance profile'],
		advice:
			'Their agents have no credentials, and Default Host Management is off. The runbook attaches the profile of this stage, ' +
			`where an instance has none. ${NO_TAG}`,
		spec: { ...AVAILABILITY, runbooks: ['attach-instance-profile'] },
		silent: true,
		remediable: true,
	},
	'no-permissions': {
		of: ['instance has a role that may not speak to Systems Manager', 'instances have roles that may not speak to Systems Manager'],
		advice:
			"The runbook attaches AmazonSSMManagedInstanceCore to the role of an instance's own profile: everything that works in that " +
			`role may then do what the policy allows. ${NO_TAG}`,
		spec: { ...AVAILABILITY, runbooks: ['allow-systems-manager'] },
		silent: true,
		remediable: true,
	},
	'no-endpoints': {
		of: ['instance cannot reach Systems Manager from its subnet', 'instances cannot reach Systems Manager from their subnets'],
		advice:
			'Their subnets have no default route, and their VPC lacks interface endpoints that an agent needs (ssm, ssmmessages). Create ' +
			`them with private DNS, and let port 443 in from the subnets. The runbook looks into one instance. ${NO_TAG}`,
		spec: { ...AVAILABILITY, runbooks: [TROUBLESHOOT] },
		silent: true,
		remediable: true,
	},
	'never-seen': {
		of: ['instance runs whose agent was never seen', 'instances run whose agents were never seen'],
		advice:
			'Profile, role and routes are as they should be, as far as that can be seen: the agent is not installed or does not run, or a ' +
			'firewall, a proxy or a security group is in its way (ssm-cli get-diagnostics on the instance says which). The runbooks look ' +
			`into one instance, and restart it. ${NO_TAG}`,
		spec: { ...AVAILABILITY, runbooks: [TROUBLESHOOT, 'restart-node'] },
		silent: true,
		remediable: true,
	},
	'connection-lost': {
		of: ['node has lost its connection to Systems Manager', 'nodes have lost their connection to Systems Manager'],
		advice:
			'They run, as far as AWS can tell, and their agents have fallen silent; profile, role and routes are as they should be, as far ' +
			'as that can be seen. The runbooks restart an instance, and look into it; a machine outside EC2 is looked at where it is.',
		spec: { ...AVAILABILITY, runbooks: ['restart-node', TROUBLESHOOT] },
		silent: true,
		remediable: true,
	},
	'stale-registration': {
		of: ['machine has been silent for so long that it may be gone', 'machines have been silent for so long that they may be gone'],
		advice:
			'Nothing removes them by itself. Where a machine is gone: npm run -s fleet -- deregister <node> --reason TEXT. One that is to ' +
			'come back after that has to register anew.',
		spec: LOW,
	},
	outdated: {
		of: ['node runs an outdated agent', 'nodes run outdated agents'],
		advice: 'The runbook brings the agent of one node up to date.',
		spec: { ...LOW, runbooks: ['update-agent'] },
		remediable: true,
	},
	'activation-expiring': {
		of: ['activation is about to expire', 'activations are about to expire'],
		advice:
			'Machines that have yet to register with one need another after that: npm run -s fleet -- activate. Those that have registered ' +
			'are not concerned. An activation that nobody needs any more: aws ssm delete-activation --activation-id <id>.',
		spec: LOW,
	},
	'activation-expired': {
		of: ['activation has expired before it was used up', 'activations have expired before they were used up'],
		advice:
			'Machines that try to register with one are refused, and need another: npm run -s fleet -- activate. One that nobody needs any ' +
			'more: aws ssm delete-activation --activation-id <id>.',
		spec: LOW,
	},
	'activation-used-up': {
		of: ['activation is used up before it expires', 'activations are used up before they expire'],
		advice:
			'More machines that try to register with one are refused, and need another: npm run -s fleet -- activate. Where no more are to ' +
			'come: aws ssm delete-activation --activation-id <id>.',
		spec: LOW,
	},
};

export function textOf(cause: AgentCause): CauseText {
	return CAUSES[cause];
}

/** `3 instances run without an instance profile`. */
export function causeText(cause: AgentCause, count: number): string {
	const [one, many] = CAUSES[cause].of;
	return count === 1 ? `1 ${one}` : `${count} ${many}`;
}
