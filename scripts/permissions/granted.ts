/** Every permission that the roles of the packaged template grant. */

import { nameOf, permissionsOf } from '../../local/aws/iam/policy.ts';
import type { Template } from '../../local/template.ts';

export interface Granted {
	readonly role: string;
	/** As `nameOf` gives it: the same as in the records of what was used. */
	readonly permission: string;
	readonly action: string;
	readonly resource: string;
}

/** What agents work in grants what their own protocol asks for, which the local AWS does not speak: whole as AWS's policy for nodes has it. */
const FOR_AGENTS = /^fleetkeeper-local-(node|hybrid)-[a-z]+-[a-z]+-\d$/;

export function grantedBy({ roles }: Pick<Template, 'roles'>): Granted[] {
	const ours = roles.filter(({ name }) => !FOR_AGENTS.test(name));
	return ours.flatMap(({ name, policies }) =>
		policies.flatMap(permissionsOf).map((permission) => {
			const { action, resource } = permission;
			return { role: name, permission: nameOf(permission), action, resource };
		}),
	);
}
