/** What was recorded of the use of roles, and what the whole of iam-simulate says to it. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { RecordedUse } from '../../local/permissions/recording.ts';
import type { Template } from '../../local/template.ts';

/** Everything that the processes of a folder have written down. @throws Error where they have written nothing. */
export function readRecords(folder: string): RecordedUse[] {
	const lines = readdirSync(folder)
		.filter((file) => file.endsWith('.jsonl'))
		.flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'));
	if (lines.length === 0) throw new Error(`Nothing was recorded in ${folder}: were the tests run with that folder?`);
	return lines.map((line) => JSON.parse(line) as RecordedUse);
}

/** AWS's own documents have no account in their ARNs (Systems Manager user guide); the reference knows no such. */
const AWS_OWNED = /^arn:[^:]+:ssm:[^:]+::document\//;

/** Condition keys that are given to every request, whether or not the action knows them. */
const GIVEN_TO_ALL = new Set(['ec2:Region']);

/**
 * The local AWS asks IAM without a look at the Service Authorization Reference, which takes files. Here each recorded request is asked
 * again with it: whether the action exists, takes a resource of that type, and knows the condition keys.
 * @returns what does not hold, one line each.
 */
export async function disagreements(records: readonly RecordedUse[], { roles, stack }: Template): Promise<string[]> {
	const lines: string[] = [];
	for (const { role: name, action, resource, context } of records) {
		const role = roles.find((each) => each.name === name);
		if (!role || AWS_OWNED.test(resource)) continue;
		const answer = await runSimulation(
			{
				request: {
					principal: `arn:aws:sts::${stack.account}:assumed-role/${name}/test`,
					action,
					resource: { resource, accountId: stack.account },
					contextVariables: Object.fromEntries(
						Object.entries(context).map(([key, value]) => [key, typeof value === 'string' ? value : [...value]]),
					),
				},
				identityPolicies: role.policies.map((policy, index) => ({ name: `policy-${index}`, policy })),
				serviceControlPolicies: [],
				resourceControlPolicies: [],
			},
			{},
		);
		const said = `${action} on ${resource}`;
		if (answer.resultType === 'error') lines.push(`${said}: ${JSON.stringify(answer.errors)}`);
		else if (answer.overallResult !== 'Allowed') lines.push(`${said}: ${answer.overallResult}`);
		else if (answer.resultType === 'single') {
			const ignored = answer.result.ignoredContextKeys?.filter((key) => !GIVEN_TO_ALL.has(key)) ?? [];
			if (ignored.length > 0) lines.push(`${said}: the action knows no ${ignored.join(', ')}`);
		}
	}
	return [...new Set(lines)];
}
