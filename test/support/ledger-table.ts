/** The shape of the table of infra/ledger.yml: two keys, and a sparse index. */
export const LEDGER_SHAPE = {
	BillingMode: 'PAY_PER_REQUEST',
	AttributeDefinitions: [
		{ AttributeName: 'pk', AttributeType: 'S' },
		{ AttributeName: 'sk', AttributeType: 'S' },
		{ AttributeName: 'dueShard', AttributeType: 'S' },
		{ AttributeName: 'dueAt', AttributeType: 'N' },
	],
	KeySchema: [
		{ AttributeName: 'pk', KeyType: 'HASH' },
		{ AttributeName: 'sk', KeyType: 'RANGE' },
	],
	GlobalSecondaryIndexes: [
		{
			IndexName: 'due',
			KeySchema: [
				{ AttributeName: 'dueShard', KeyType: 'HASH' },
				{ AttributeName: 'dueAt', KeyType: 'RANGE' },
			],
			Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['openedAt'] },
		},
	],
} as const;
