/** The dead-letter queues of a stage, by what they are for. */

import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import type { Aws } from '../../shared/aws/clients.ts';
import { nearest } from '../../shared/playbook/problem.ts';
import { SERVICE } from '../../shared/settings.ts';
import { functionNames } from '../support/deployed.ts';
import { Refusal, UsageError } from '../support/verb.ts';

/** What EventBridge could not tell the world: see infra/publishing.yml. */
export const PUBLISHING = 'publishing';

export interface DeadLetterQueue {
	/** A function, or `publishing`. */
	readonly of: string;
	readonly name: string;
	readonly url: string;
}

/**
 * Those that are there. They are asked for by name: a prefix would find those of stage `prod-eu` for stage `prod` too.
 * @param of one alone.
 * @throws UsageError where nothing is called so, Refusal where the stage has none.
 */
export async function deadLetterQueues(aws: Aws, stage: string, of?: string): Promise<DeadLetterQueue[]> {
	const all = [...functionNames, PUBLISHING];
	if (of !== undefined && !all.includes(of)) {
		const meant = nearest(of, all);
		throw new UsageError(`knows no '${of}': ${meant ? `did you mean ${meant}?` : `there are ${all.join(', ')}`}`);
	}
	const found = await Promise.all(
		(of === undefined ? all : [of]).map(async (each): Promise<DeadLetterQueue[]> => {
			const name = `${SERVICE}-${stage}-${each}-dead-letters`;
			const url = await queueUrl(aws, name);
			return url === undefined ? [] : [{ of: each, name, url }];
		}),
	);
	if (found.flat().length > 0) return found.flat();
	throw new Refusal(`Stage ${stage} has no dead-letter queues in this account and Region: is it deployed here, or is it another stage?`);
}

/** The queue that a function reads. @throws Refusal where it is gone. */
export async function sourceQueueUrl(aws: Aws, stage: string, functionName: string): Promise<string> {
	const name = `${SERVICE}-${stage}-${functionName}`;
	const url = await queueUrl(aws, name);
	if (url === undefined) throw new Refusal(`Queue ${name} is not there: deploy the stage, then its dead letters can be put back.`);
	return url;
}

/** Undefined: there is no such queue. */
async function queueUrl({ sqs }: Aws, QueueName: string): Promise<string | undefined> {
	try {
		return (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl;
	} catch (error) {
		if (/QueueDoesNotExist|NonExistentQueue/.test((error as Error).name)) return undefined;
		throw error;
	}
}
