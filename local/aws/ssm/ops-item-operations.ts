/** The OpsCenter operations. */

import type {
	CreateOpsItemCommandInput,
	CreateOpsItemCommandOutput,
	DescribeOpsItemsCommandInput,
	DescribeOpsItemsCommandOutput,
	GetOpsItemCommandInput,
	GetOpsItemCommandOutput,
	OpsItemFilter,
	OpsItemStatus,
	OpsItemSummary,
	UpdateOpsItemCommandInput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../paging.ts';
import { type AwsContext, AwsError, type Output } from '../types.ts';
import { type OpsItem, type OpsItems, opsItemArn } from './ops-items.ts';

const PAGE = 50;

export function opsItemOperations(ctx: AwsContext, opsItems: OpsItems) {
	return {
		CreateOpsItem(input: CreateOpsItemCommandInput): Output<CreateOpsItemCommandOutput> {
			const { id } = opsItems.create(input);
			return { OpsItemId: id, OpsItemArn: opsItemArn(ctx, id) };
		},

		GetOpsItem(input: GetOpsItemCommandInput): Output<GetOpsItemCommandOutput> {
			const item = opsItems.get(input.OpsItemId);
			return {
				OpsItem: {
					...summary(item),
					OpsItemArn: opsItemArn(ctx, item.id),
					Description: item.description,
					Version: String(item.version),
					OperationalData: Object.fromEntries(item.data),
					Notifications: [],
					RelatedOpsItems: [],
				},
			};
		},

		UpdateOpsItem(input: UpdateOpsItemCommandInput): object {
			opsItems.update(input);
			return {};
		},

		DescribeOpsItems(input: DescribeOpsItemsCommandInput): Output<DescribeOpsItemsCommandOutput> {
			const matching = opsItems.all().filter((item) => (input.OpsItemFilters ?? []).every((filter) => passes(item, filter)));
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { OpsItemSummaries: found.items.map(summary), ...nextToken(found) };
		},
	};
}

function summary(item: OpsItem): OpsItemSummary {
	return {
		OpsItemId: item.id,
		OpsItemType: item.type,
		Title: item.title,
		Source: item.source,
		Status: item.status as OpsItemStatus,
		CreatedBy: item.createdBy,
		CreatedTime: new Date(item.createdAt),
		LastModifiedBy: item.createdBy,
		LastModifiedTime: new Date(item.modifiedAt),
		...(item.severity === undefined ? {} : { Severity: item.severity }),
		...(item.category === undefined ? {} : { Category: item.category }),
		...(item.priority === undefined ? {} : { Priority: item.priority }),
		OperationalData: Object.fromEntries([...item.data].filter(([, value]) => value.Type === 'SearchableString')),
	};
}

/** Filters are joined by AND, their values by OR. */
function passes(item: OpsItem, { Key: key, Values: values = [], Operator: operator }: OpsItemFilter): boolean {
	const searchable = [...item.data].filter(([, value]) => value.Type === 'SearchableString');
	switch (key) {
		case 'CreatedTime':
			return values.some((value) => compare(item.createdAt, operator, Date.parse(value)));
		case 'LastModifiedTime':
			return values.some((value) => compare(item.modifiedAt, operator, Date.parse(value)));
		case 'OperationalDataKey':
			return values.some((value) => searchable.some(([name]) => name === value));
		case 'OperationalDataValue':
			return values.some((value) => searchable.some(([, { Value: found }]) => found === value));
		case 'OperationalData':
			return values.some((value) => {
				const wanted = JSON.parse(value) as { key?: string; value?: string };
				return searchable.some(([name, { Value: found }]) => name === wanted.key && found === wanted.value);
			});
		case 'ResourceId':
			return values.some((value) => item.data.get('/aws/resources')?.Value?.includes(value) ?? false);
		case 'AutomationId':
			return values.some((value) => item.data.get('/aws/automations')?.Value?.includes(value) ?? false);
		default: {
			const fields: Readonly<Record<string, string>> = {
				Status: item.status,
				Source: item.source,
				Title: item.title,
				OpsItemId: item.id,
				OpsItemType: item.type,
				CreatedBy: item.createdBy,
				Severity: item.severity ?? '',
				Category: item.category ?? '',
				Priority: String(item.priority ?? ''),
			};
			const field = fields[key ?? ''];
			if (field === undefined) throw new AwsError('ValidationException', `The filter key ${key} is not supported.`);
			return values.some((value) => (operator === 'Contains' ? field.includes(value) : field === value));
		}
	}
}

function compare(instant: number, operator: string | undefined, bound: number): boolean {
	if (Number.isNaN(bound)) throw new AwsError('ValidationException', 'The filter value is not a timestamp.');
	if (operator === 'GreaterThan') return instant > bound;
	if (operator === 'LessThan') return instant < bound;
	return instant === bound;
}
