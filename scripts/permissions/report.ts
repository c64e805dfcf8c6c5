/** What of the roles no test used, and whether each of that has its reason. */

import type { Granted } from './granted.ts';
import type { Reason } from './reasons.ts';

export interface Report {
	readonly granted: number;
	readonly used: number;
	/** Unused and explained, by reason. */
	readonly explained: readonly { readonly reason: Reason; readonly granted: readonly Granted[] }[];
	/** Unused, and nobody says why it is granted. */
	readonly unexplained: readonly Granted[];
	/** Reasons, by role, that are none: the permission is used, or not granted. */
	readonly stale: readonly { readonly reason: Reason; readonly role: string; readonly used: boolean }[];
}

/** `fleetkeeper-local-reconcile-eu-west-1-lambdaRole` is `reconcile`. */
function shortRole(name: string): string {
	return name.replace(/^fleetkeeper-local-/, '').replace(/-[a-z]+-[a-z]+-\d(-lambdaRole)?$/, '');
}

function isFor({ action, resource, roles }: Reason, granted: Granted): boolean {
	return action === granted.action && granted.resource.endsWith(resource) && roles.includes(shortRole(granted.role));
}

/** @param used `role permission` of everything that was used. */
export function reportOf(granted: readonly Granted[], used: ReadonlySet<string>, reasons: readonly Reason[]): Report {
	const isUsed = ({ role, permission }: Granted) => used.has(`${role} ${permission}`);
	const unused = granted.filter((each) => !isUsed(each));
	const stale = reasons.flatMap((reason) =>
		reason.roles
			.filter((role) => !unused.some((each) => isFor(reason, each) && shortRole(each.role) === role))
			.map((role) => ({ reason, role, used: granted.some((each) => isFor(reason, each) && shortRole(each.role) === role) })),
	);
	return {
		granted: granted.length,
		used: granted.length - unused.length,
		explained: reasons.map((reason) => ({ reason, granted: unused.filter((each) => isFor(reason, each)) })),
		unexplained: unused.filter((each) => !reasons.some((reason) => isFor(reason, each))),
		stale,
	};
}

export function isSound({ unexplained, stale }: Report): boolean {
	return unexplained.length === 0 && stale.length === 0;
}

export function linesOf({ granted, used, explained, unexplained, stale }: Report): string[] {
	const lines = [`${granted} permissions (an action on a resource, in a role) are granted: tests use ${used} of them.`];
	for (const { reason, granted: each } of explained) {
		if (each.length === 0) continue;
		lines.push('', `Not used, for a reason: ${reason.action} on ...${reason.resource}`, `  ${reason.why}`);
		lines.push(`  ${each.map(({ role }) => shortRole(role)).join(', ')}`);
	}
	if (unexplained.length > 0)
		lines.push('', 'Not used, and nobody says why they are granted (remove them, test them, or give the reason):');
	for (const { role, permission } of unexplained) lines.push(`  ${shortRole(role)}: ${permission}`);
	if (stale.length > 0) lines.push('', 'Reasons that are none (scripts/permissions/reasons.ts):');
	for (const { reason, role, used: isUsed } of stale) {
		lines.push(`  ${role}: ${reason.action} on ...${reason.resource} is ${isUsed ? 'used' : 'not granted'}`);
	}
	if (isSound({ unexplained, stale } as Report)) lines.push('', 'Nothing is granted without a test or a reason.');
	return lines;
}
