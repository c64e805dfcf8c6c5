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

export function grantedBy({ roles }: Pick<Template, 'roles'>): Granted[] {
	return roles.flatMap(({ name, policies }) =>
		policies.flatMap(permissionsOf).map((permission) => {
			const { action, resource } = permission;
			return { role: name, permission: nameOf(permission), action, resource };
		}),
	);
}
