/** IAM policies, taken apart into the single permissions that they grant. */

/** As IAM writes it. */
export interface Statement {
	readonly Effect: 'Allow' | 'Deny';
	readonly Action?: string | readonly string[];
	readonly Resource?: string | readonly string[];
	readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
	readonly Principal?: unknown;
}

export interface PolicyDocument {
	readonly Version?: string;
	readonly Statement: Statement | readonly Statement[];
}

/** One action on one resource of one statement. */
export interface Permission {
	readonly effect: Statement['Effect'];
	readonly action: string;
	/** An ARN, with wildcards. */
	readonly resource: string;
	readonly condition?: Statement['Condition'];
}

export function list<T>(value: T | readonly T[] | undefined): readonly T[] {
	if (value === undefined) return [];
	return (Array.isArray(value) ? value : [value]) as readonly T[];
}

/** Every permission of a policy. @throws Error for a statement that names what it is not about: nobody could list its permissions. */
export function permissionsOf({ Statement }: PolicyDocument): Permission[] {
	return list(Statement).flatMap((statement) => {
		const { Effect: effect, Action, Resource, Condition: condition } = statement;
		if (Action === undefined || Resource === undefined) {
			throw new Error(`A statement with NotAction or NotResource is not read here: ${JSON.stringify(statement)}`);
		}
		return list(Action).flatMap((action) =>
			list(Resource).map((resource) => ({ effect, action, resource, ...(condition === undefined ? {} : { condition }) })),
		);
	});
}

/** A permission as text: the same for the same permission. */
export function nameOf({ effect, action, resource, condition }: Permission): string {
	return [...(effect === 'Deny' ? [effect] : []), action, resource, ...(condition ? [JSON.stringify(condition)] : [])].join(' ');
}

/** Policy variables: `${aws:userid}`, also with a default behind a comma. */
const VARIABLE = /\$\{([^},*?$]+)[^}]*\}/g;

/** The condition keys that a permission asks for, in lower case, those in its variables included. */
export function conditionKeys({ condition = {}, resource }: Permission): string[] {
	const keys = Object.values(condition).flatMap((each) => Object.keys(each));
	const variables = [...`${resource} ${JSON.stringify(condition)}`.matchAll(VARIABLE)].map(([, name = '']) => name.trim());
	return [...keys, ...variables].map((key) => key.toLowerCase());
}
