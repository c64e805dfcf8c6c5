/** A busy world with random faults, reduced to a hash: what must be equal for equal seeds. */

import { PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { AwsError } from '../../local/aws/types.ts';
import { chance } from '../../local/chance.ts';
import type { CreateHandler } from '../../shared/deps.ts';
import { documents } from '../support/documents.ts';
import { instanceIds, STARTED_AT, terminating, worldWith } from './fixture.ts';

const INSTANCES = 40;

export async function trace(seed: number): Promise<{ hash: string; calls: number }> {
	const luck = chance(seed, 'faults');
	const opener: CreateHandler =
		({ aws, settings, now }) =>
		async (event) => {
			const writes = instanceIds(event).map(async (pk) => {
				await documents(aws).send(new PutCommand({ TableName: settings.tableName, Item: { pk, sk: 'operation', due: 'due', at: now() } }));
				await new Promise((resolve) => setTimeout(resolve, Math.random() * 1000));
				await documents(aws).send(
					new UpdateCommand({
						TableName: settings.tableName,
						Key: { pk, sk: 'operation' },
						UpdateExpression: 'SET seenAt = :now',
						ExpressionAttributeValues: { ':now': new Date().toISOString() },
					}),
				);
			});
			await Promise.all(writes);
		};
	const ticker: CreateHandler =
		({ aws, settings }) =>
		async () => {
			const { Items = [] } = await documents(aws).send(
				new QueryCommand({
					TableName: settings.tableName,
					IndexName: 'due',
					KeyConditionExpression: 'due = :due',
					ExpressionAttributeValues: { ':due': 'due' },
				}),
			);
			return Items.length;
		};
	const world = await worldWith({
		seed,
		opener,
		ticker,
		faults: {
			call: () => {
				const draw = luck();
				if (draw < 0.1) return new AwsError('ThrottlingException', 'Rate exceeded');
				return draw < 0.15 ? { loseReply: true } : undefined;
			},
			event: () => (luck() < 0.2 ? 'duplicate' : { delayMs: Math.floor(luck() * 60_000) }),
		},
	});
	for (let index = 0; index < INSTANCES; index++) {
		world.at(STARTED_AT + Math.floor(luck() * 300_000), () => world.putEvent(terminating(`i-${index}`)));
	}
	await world.runFor(20 * 60_000);
	return { hash: world.requestLog.hash(), calls: world.requestLog.length };
}
