/** Which rules the policies of their targets admit: worked out before a world begins, for it takes real I/O. */

import { admits } from '../aws/iam/evaluation.ts';
import type { Template } from '../template.ts';

/** Whether a rule may send to one of its targets, or to the dead-letter queue of one. */
export type Admits = (ruleArn: string, targetArn: string) => boolean;

/** What EventBridge does with a target, and on what, by the service in the target's ARN. Other targets have roles, not policies. */
const DELIVERING: Readonly<Record<string, { readonly actions: readonly string[]; readonly suffix?: string }>> = {
	lambda: { actions: ['lambda:InvokeFunction'] },
	logs: { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], suffix: ':log-stream:any' },
	sns: { actions: ['sns:Publish'] },
	sqs: { actions: ['sqs:SendMessage'] },
};

/**
 * Asks about a template's rules. A target of the template that no policy speaks for is closed; of others nothing is known.
 * @throws Error for a policy that is not valid.
 */
export async function admissionsOf({ stack, rules, resourcePolicies, queues, functions, topics }: Template): Promise<Admits> {
	const own = new Set([...queues, ...functions, ...topics].map(({ arn }) => arn));
	const isOwn = (arn: string) => own.has(arn) || arn.split(':')[2] === 'logs';
	const admitted = new Set<string>();
	for (const rule of rules) {
		const arns = rule.targets.flatMap(({ arn, deadLetterArn }) => (deadLetterArn === undefined ? [arn] : [arn, deadLetterArn]));
		for (const arn of new Set(arns)) if (!isOwn(arn) || (await reaches(rule.arn, arn))) admitted.add(`${rule.arn} ${arn}`);
	}
	return (ruleArn, targetArn) => admitted.has(`${ruleArn} ${targetArn}`);

	async function reaches(ruleArn: string, targetArn: string): Promise<boolean> {
		const { actions, suffix = '' } = DELIVERING[targetArn.split(':')[2] ?? ''] ?? { actions: [] };
		const policies = resourcePolicies.filter(({ resource }) => resource === undefined || resource === targetArn);
		const { account } = stack;
		const context = { 'aws:SourceArn': ruleArn, 'aws:SourceAccount': account };
		const request = { resource: `${targetArn}${suffix}`, principal: 'events.amazonaws.com', account, context };
		const answers = await Promise.all(
			actions.map((action) =>
				admits(
					policies.map(({ document }) => document),
					{ ...request, action },
				),
			),
		);
		return answers.every(Boolean);
	}
}
