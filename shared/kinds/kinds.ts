/** The kinds of operations: what the rest of Fleetkeeper has to know of each. Pure. */

import type { Next } from '../operation/facts.ts';
import type { LifecycleSubject, Subject } from '../operation/types.ts';
import { nextLifecycle } from './lifecycle/next.ts';

interface Kind<S extends Subject> {
	readonly next: Next;
	/** What tells one subject of an account and Region from another. */
	readonly identity: (subject: S) => readonly string[];
	/** The managed node that its commands run on. */
	readonly node: (subject: S) => string;
	/** The subject in words: `i-0123456789abcdef0 of web-blue`. */
	readonly about: (subject: S) => string;
	/** The resources that its events name. */
	readonly arns: (subject: S) => readonly string[];
}

const lifecycle: Kind<LifecycleSubject> = {
	next: nextLifecycle,
	identity: ({ group, hook, instanceId, transition }) => [group, hook, instanceId, transition],
	node: ({ instanceId }) => instanceId,
	about: ({ instanceId, group }) => `${instanceId} of ${group}`,
	arns: ({ account, region, instanceId }) => [`arn:aws:ec2:${region}:${account}:instance/${instanceId}`],
};

const KINDS: { readonly [K in Subject['kind']]: Kind<Extract<Subject, { kind: K }>> } = { lifecycle };

export function kindOf(subject: Subject): Kind<Subject> {
	return KINDS[subject.kind];
}

/** The managed node that an operation's commands run on. */
export function nodeOf({ subject }: { readonly subject: Subject }): string {
	return kindOf(subject).node(subject);
}
