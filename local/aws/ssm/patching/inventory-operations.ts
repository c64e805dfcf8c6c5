/** Inventory, as far as Patch Manager fills it: `AWS:PatchSummary`, which has what DescribeInstancePatchStates tells. */

import { createHash } from 'node:crypto';
import type {
	GetInventoryCommandInput,
	GetInventoryCommandOutput,
	InventoryFilter,
	ListInventoryEntriesCommandInput,
	ListInventoryEntriesCommandOutput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { AwsError, type Output } from '../../types.ts';
import { pageSize } from '../checks.ts';
import type { NodePatching, PatchReport } from './node-patching.ts';
import { wireState } from './report-views.ts';

const TYPE = 'AWS:PatchSummary';
const SCHEMA_VERSION = '1.0';

type Entry = Readonly<Record<string, string>>;

/** @param isNode whether there is, or was, such a node. */
export function inventoryOperations(patching: NodePatching, isNode: (id: string) => boolean) {
	return {
		GetInventory(input: GetInventoryCommandInput): Output<GetInventoryCommandOutput> {
			if (input.Aggregators !== undefined) {
				throw new AwsError('UnknownOperationException', 'The local AWS does not implement GetInventory with Aggregators.');
			}
			const [{ TypeName: type = TYPE } = {}] = input.ResultAttributes ?? [];
			checkType(type);
			const reports = patching.reports().filter((report) => (input.Filters ?? []).every((filter) => passes(report, filter)));
			const found = page(reports, input.NextToken, pageSize(input.MaxResults, 1, 50));
			const Entities = found.items.map((report) => {
				const Content = [entryOf(report)];
				const ContentHash = createHash('md5').update(JSON.stringify(Content)).digest('hex');
				const item = { TypeName: type, SchemaVersion: SCHEMA_VERSION, CaptureTime: capturedAt(report), ContentHash, Content };
				return { Id: report.nodeId, Data: { [type]: item } };
			});
			return { Entities, ...nextToken(found) };
		},

		ListInventoryEntries(input: ListInventoryEntriesCommandInput): Output<ListInventoryEntriesCommandOutput> {
			const { InstanceId: id = '', TypeName: type = '' } = input;
			if (!isNode(id)) throw new AwsError('InvalidInstanceId', `The instance ID ${id} is not valid.`);
			checkType(type);
			const report = patching.report(id);
			const matching = report && (input.Filters ?? []).every((filter) => passes(report, filter)) ? [report] : [];
			return {
				InstanceId: id,
				TypeName: type,
				SchemaVersion: SCHEMA_VERSION,
				...(report && { CaptureTime: capturedAt(report) }),
				Entries: matching.map(entryOf),
			};
		},
	};
}

function checkType(type: string): void {
	if (!/^(AWS|Custom):.+$/.test(type)) throw new AwsError('InvalidTypeNameException', `The parameter type name ${type} is not valid.`);
	if (type !== TYPE) throw new AwsError('UnknownOperationException', `The local AWS does not implement inventory of the type ${type}.`);
}

/** Everything in inventory is text. */
function entryOf(report: PatchReport): Entry {
	const { InstanceId, Operation, OperationStartTime, OperationEndTime, LastNoRebootInstallOperationTime, ...counts } = wireState(report);
	return {
		...Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, String(value)])),
		OperationType: String(Operation),
		OperationStartTime: iso(OperationStartTime),
		OperationEndTime: iso(OperationEndTime),
		...(LastNoRebootInstallOperationTime ? { LastNoRebootInstallOperationTime: iso(LastNoRebootInstallOperationTime) } : {}),
	};
}

function passes(report: PatchReport, { Key: key = '', Values: values = [], Type: type = 'Equal' }: InventoryFilter): boolean {
	const field = key === 'AWS:InstanceInformation.InstanceId' ? report.nodeId : entryOf(report)[key.replace(`${TYPE}.`, '')];
	if (field === undefined) throw new AwsError('InvalidFilter', `The filter key ${key} is not valid.`);
	switch (type) {
		case 'Equal':
			return values.includes(field);
		case 'NotEqual':
			return !values.includes(field);
		case 'BeginWith':
			return values.some((value) => field.startsWith(value));
		case 'LessThan':
			return values.some((value) => Number(field) < Number(value));
		case 'GreaterThan':
			return values.some((value) => Number(field) > Number(value));
		default:
			throw new AwsError('InvalidFilter', `The filter type ${type} is not valid here.`);
	}
}

function capturedAt({ endedAt }: PatchReport): string {
	return iso(new Date(endedAt));
}

/** Whole seconds. */
function iso(date: Date | undefined): string {
	return date ? `${date.toISOString().slice(0, 19)}Z` : '';
}
