import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Aws } from '../../shared/aws/clients.ts';

/** The ledger's table as tests read and write it behind the product's back. */
export function documents({ dynamoDb }: Pick<Aws, 'dynamoDb'>): DynamoDBDocumentClient {
	return DynamoDBDocumentClient.from(dynamoDb, { marshallOptions: { removeUndefinedValues: true } });
}
