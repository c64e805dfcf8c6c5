/** The ledger: its table, its index, and that what is closed expires. */

import { DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { type Check, ok, toDo } from './check.ts';

export const ledger: Check = {
	name: 'ledger',
	async look({ aws, settings: { tableName: TableName }, stage }) {
		const deploy = `npx sls deploy --stage ${stage}`;
		try {
			const { Table } = await aws.dynamoDb.send(new DescribeTableCommand({ TableName }));
			const { TimeToLiveDescription } = await aws.dynamoDb.send(new DescribeTimeToLiveCommand({ TableName }));
			const index = Table?.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === 'due');
			const isExpiring = TimeToLiveDescription?.AttributeName === 'expiresAt';
			const findings = [
				...(Table?.TableStatus === 'ACTIVE' ? [] : [toDo(`table ${TableName} is ${Table?.TableStatus}`, 'wait, or see it in DynamoDB')]),
				...(index?.IndexStatus === 'ACTIVE'
					? []
					: [toDo(`its index 'due' is ${index?.IndexStatus ?? 'not there'}: the clock finds nothing`, deploy)]),
				...(isExpiring ? [] : [toDo('what is closed never expires: time to live is off', deploy)]),
			];
			return findings.length > 0 ? findings : [ok(`table ${TableName} and its index are active, what is closed expires`)];
		} catch (error) {
			if ((error as Error).name !== 'ResourceNotFoundException') throw error;
			return [toDo(`there is no table ${TableName}: no operation can be opened`, deploy)];
		}
	},
};
