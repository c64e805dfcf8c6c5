/** A template as the setting `allowedDocuments` makes it, without packaging it anew. */

import type { Role } from '../aws/iam/index.ts';
import { permissionsOf } from '../aws/iam/policy.ts';
import type { Template } from '../template.ts';

/** Roles are made once for a template: what was worked out about them is kept by the object. */
const made = new WeakMap<Template['roles'], Map<string, Template['roles']>>();

/** @param documents names of AWS's own Command documents. */
export function allowing<T extends Pick<Template, 'functions' | 'roles' | 'stack'>>(template: T, documents: readonly string[]): T {
	const known = made.get(template.roles) ?? new Map<string, Template['roles']>();
	made.set(template.roles, known);
	const key = documents.join();
	const roles =
		known.get(key) ?? template.roles.map((role) => (sends(role) ? withDocuments(role, documents, template.stack.region) : role));
	known.set(key, roles);
	const functions = template.functions.map((each) => ({ ...each, environment: { ...each.environment, ALLOWED_DOCUMENTS: key } }));
	return { ...template, functions, roles };
}

function sends({ policies }: Role): boolean {
	return policies.flatMap(permissionsOf).some(({ action }) => action === 'ssm:SendCommand');
}

function withDocuments(role: Role, documents: readonly string[], region: string): Role {
	const Resource = documents.map((name) => `arn:aws:ssm:${region}::document/${name}`);
	const Statement = [{ Effect: 'Allow', Action: 'ssm:SendCommand', Resource }] as const;
	return { ...role, policies: [...role.policies, { Version: '2012-10-17', Statement }] };
}
