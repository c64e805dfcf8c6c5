/** What operations are about: what the rest of Fleetkeeper has to know of each kind of subject. Pure. */

import type { Operation, OperationKind, Subject } from '../operation/types.ts';

interface SubjectKind<S extends Subject> {
	/** What tells one subject of an account and Region from another, where that is not its name. */
	identity?(subject: S): readonly string[];
	/** The subject in words: `i-0123456789abcdef0 of web-blue`. */
	about(subject: S): string;
	/** Its short name, as lists have it. */
	name(subject: S): string;
	/** The resources that its events name, where they name any. */
	arns?(subject: S): readonly string[];
}

function arn(service: string, { account, region }: Subject, resource: string): string[] {
	return [`arn:aws:${service}:${region}:${account}:${resource}`];
}

const KINDS: { readonly [K in OperationKind]: SubjectKind<Extract<Subject, { kind: K }>> } = {
	lifecycle: {
		identity: ({ group, hook, instanceId, transition }) => [group, hook, instanceId, transition],
		about: ({ instanceId, group }) => `${instanceId} of ${group}`,
		name: ({ instanceId }) => instanceId,
		arns: (subject) => arn('ec2', subject, `instance/${subject.instanceId}`),
	},
	alarm: {
		about: ({ alarm }) => `alarm ${alarm}`,
		name: ({ alarm }) => alarm,
		arns: ({ alarmArn }) => [alarmArn],
	},
	compliance: {
		identity: ({ rule, resourceType, resourceId }) => [rule, resourceType, resourceId],
		about: ({ rule, resourceId }) => `${resourceId} under rule ${rule}`,
		name: ({ resourceId }) => resourceId,
	},
	event: {
		identity: ({ source, detailType, playbook = '', key }) => [source, detailType, ...(playbook ? [playbook] : []), ...key],
		about: ({ detailType, key }) => `${detailType} (${key.join(', ')})`,
		name: ({ key }) => key.join(', '),
		arns: ({ resources }) => resources,
	},
	command: {
		identity: ({ source, requestId }) => [source, requestId],
		about: ({ document, on }) => `${document} on ${on}`,
		name: ({ requestId }) => requestId,
	},
	patch: {
		identity: ({ windowId, executionId }) => [windowId, executionId],
		about: ({ group, executionId }) => `patch group ${group}, run ${executionId}`,
		name: ({ group }) => group,
		arns: (subject) => arn('ssm', subject, `maintenancewindow/${subject.windowId}`),
	},
	association: {
		about: ({ associationId }) => `association ${associationId}`,
		name: ({ associationId }) => associationId,
		arns: (subject) => arn('ssm', subject, `association/${subject.associationId}`),
	},
	agent: {
		about: ({ cause }) => `agents (${cause})`,
		name: ({ cause }) => cause,
	},
	state: {
		identity: ({ complianceType, node, group }) => [complianceType, node === undefined ? `group ${group}` : node],
		about: ({ complianceType, node, group }) =>
			`${complianceType.toLowerCase()} compliance of ${node ?? `the nodes of patch group ${group}`}`,
		name: ({ node, group }) => node ?? `${group}`,
		arns: (subject) => (subject.node ? arn('ssm', subject, `managed-instance/${subject.node}`) : []),
	},
	inventory: {
		about: ({ rule }) => `software under rule ${rule}`,
		name: ({ rule }) => rule,
	},
	session: {
		about: ({ sessionId, node }) => `session ${sessionId} on ${node}`,
		name: ({ sessionId }) => sessionId,
		arns: (subject) => arn('ssm', subject, `session/${subject.sessionId}`),
	},
};

export function subjectOf(subject: Subject): Required<SubjectKind<Subject>> {
	const kind: SubjectKind<Subject> = KINDS[subject.kind];
	return { identity: (of) => [kind.name(of)], arns: () => [], ...kind };
}

/** The managed node that an operation's command runs on. */
export function nodeOf({ subject, node = '' }: Pick<Operation, 'subject' | 'node'>): string {
	return subject.kind === 'lifecycle' ? subject.instanceId : node;
}
