/** What the stack has, by the files that it is made from. */

import { createRequire } from 'node:module';
import { SERVICE } from '../../shared/settings.ts';

interface Resource {
	readonly Type: string;
	readonly Properties: {
		readonly Name?: string;
		readonly ScheduleExpression?: string;
		readonly EventBusName?: unknown;
	};
}

const paths = createRequire(import.meta.url)('../../infra/paths.cjs') as {
	readonly functionNames: readonly string[];
	resources(): { readonly Resources: Readonly<Record<string, Resource>> };
};

export const { functionNames } = paths;

export interface DeployedRule {
	readonly name: string;
	/** Absent: the default bus. */
	readonly bus?: string;
	/** It is a clock. */
	readonly schedule?: string;
}

/** The rules that lead to functions. @throws Error naming the entry of `infra/event-patterns.yml` that cannot be used. */
export function deployedRules(stage: string): DeployedRule[] {
	return Object.values(paths.resources().Resources)
		.filter(({ Type }) => Type === 'AWS::Events::Rule')
		.map(({ Properties: { Name = '', ScheduleExpression: schedule, EventBusName } }) => ({
			name: Name.replace('${self:service}', SERVICE).replace('${sls:stage}', stage),
			...(EventBusName !== undefined && { bus: `${SERVICE}-${stage}-requests` }),
			...(schedule !== undefined && { schedule }),
		}));
}
