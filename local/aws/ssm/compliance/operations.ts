/** The operations on compliance. */

import type {
	ComplianceSeverity,
	ComplianceStringFilter,
	ComplianceItem as Item,
	ListComplianceItemsCommandInput,
	ListComplianceItemsCommandOutput,
	ListComplianceSummariesCommandInput,
	ListComplianceSummariesCommandOutput,
	ListResourceComplianceSummariesCommandInput,
	ListResourceComplianceSummariesCommandOutput,
	PutComplianceItemsCommandInput,
	SeveritySummary,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { type AwsContext, AwsError, type Output } from '../../types.ts';
import { checkAmong, checkLength, pageSize } from '../checks.ts';
import type { Compliance, ComplianceItem, ComplianceRecord } from './compliance.ts';
import { type Fields, passes } from './filters.ts';

const PAGE = 50;
const RESOURCE_TYPE = 'ManagedInstance';
const TYPE = /^([A-Za-z0-9_-]\w+|Custom:[a-zA-Z0-9_-]\w+)$/;

/** @param isNode whether there is such a managed node. */
export function complianceOperations(ctx: AwsContext, compliance: Compliance, isNode: (id: string) => boolean) {
	/** What each item list was put with, by node and type. */
	const hashes = new Map<string, string>();

	/** What is known of nodes that are there. */
	const known = () => compliance.all().filter(({ nodeId }) => isNode(nodeId));

	function matching(filters: readonly ComplianceStringFilter[] | undefined): ComplianceRecord[] {
		return known().filter((record) => passes(recordFields(record), filters));
	}

	return {
		PutComplianceItems(input: PutComplianceItemsCommandInput): object {
			const { ResourceId: nodeId = '', ResourceType: resource, ComplianceType: type = '', Items: items = [] } = input;
			if (resource !== RESOURCE_TYPE) throw new AwsError('InvalidResourceType', `The resource type ${resource} is not valid.`);
			if (!isNode(nodeId)) throw new AwsError('InvalidResourceId', `The resource ID ${nodeId} is not valid.`);
			if (!TYPE.test(type)) throw new AwsError('ValidationException', `The compliance type ${type} is not valid.`);
			if (input.UploadType === 'PARTIAL') {
				throw new AwsError('UnknownOperationException', 'The local AWS does not implement PutComplianceItems with UploadType PARTIAL.');
			}
			checkLength(items, 'items', 0, 10_000);
			for (const { Severity, Status } of items) {
				checkAmong(Status, 'status', ['COMPLIANT', 'NON_COMPLIANT']);
				checkAmong(Severity, 'severity', ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNSPECIFIED']);
			}
			const key = `${nodeId} ${type}`;
			const { ItemContentHash: hash } = input;
			if (hash !== undefined && hashes.get(key) === hash) return {};
			if (hash !== undefined) hashes.set(key, hash);
			const { ExecutionTime: at, ExecutionId: id, ExecutionType: kind } = input.ExecutionSummary ?? {};
			const execution = { at: at?.getTime() ?? ctx.clock.now(), ...(id && { id }), ...(kind && { type: kind }) };
			compliance.put(nodeId, type, items.map(itemOf), execution, type === 'Association' ? { 'last-runtime': iso(execution.at) } : {});
			return {};
		},

		ListComplianceItems(input: ListComplianceItemsCommandInput): Output<ListComplianceItemsCommandOutput> {
			const { ResourceIds: [nodeId, ...others] = [], ResourceTypes: types = [RESOURCE_TYPE] } = input;
			if (others.length > 0) throw new AwsError('ValidationException', 'Only one resource ID can be given.');
			if (types.some((type) => type !== RESOURCE_TYPE)) {
				throw new AwsError('InvalidResourceType', `The resource type ${types.join(', ')} is not valid.`);
			}
			const all = known()
				.filter((record) => nodeId === undefined || record.nodeId === nodeId)
				.flatMap((record) => record.items.map((item) => ({ record, item })))
				.filter(({ record, item }) => passes(itemFields(record, item), input.Filters));
			const found = page(all, input.NextToken, pageSize(input.MaxResults, 1, PAGE));
			return { ComplianceItems: found.items.map(({ record, item }) => wireItem(record, item)), ...nextToken(found) };
		},

		ListResourceComplianceSummaries(
			input: ListResourceComplianceSummariesCommandInput,
		): Output<ListResourceComplianceSummariesCommandOutput> {
			const found = page(matching(input.Filters), input.NextToken, pageSize(input.MaxResults, 1, PAGE));
			const ResourceComplianceSummaryItems = found.items.map((record) => {
				const [compliant, others] = apart(record.items);
				return {
					ComplianceType: record.type,
					ResourceType: RESOURCE_TYPE,
					ResourceId: record.nodeId,
					Status: record.status,
					OverallSeverity: record.severity,
					ExecutionSummary: summaryOf(record),
					...counts(compliant, others),
				};
			});
			return { ResourceComplianceSummaryItems, ...nextToken(found) };
		},

		/** Counts nodes, not items. */
		ListComplianceSummaries(input: ListComplianceSummariesCommandInput): Output<ListComplianceSummariesCommandOutput> {
			const records = matching(input.Filters);
			const types = [...new Set(records.map(({ type }) => type))].sort();
			const found = page(types, input.NextToken, pageSize(input.MaxResults, 1, PAGE));
			const ComplianceSummaryItems = found.items.map((type) => ({
				ComplianceType: type,
				...counts(...apart(records.filter((record) => record.type === type))),
			}));
			return { ComplianceSummaryItems, ...nextToken(found) };
		},
	};
}

function itemOf({
	Id: id = '',
	Title: title = '',
	Severity: severity = 'UNSPECIFIED',
	Status: status = 'COMPLIANT',
	Details: details = {},
}: NonNullable<PutComplianceItemsCommandInput['Items']>[number]): ComplianceItem {
	return { id, title, severity, status, details };
}

function wireItem(record: ComplianceRecord, item: ComplianceItem): Item {
	return {
		ComplianceType: record.type,
		ResourceType: RESOURCE_TYPE,
		ResourceId: record.nodeId,
		Id: item.id,
		Title: item.title,
		Status: item.status,
		Severity: item.severity,
		ExecutionSummary: summaryOf(record),
		Details: { ...item.details },
	};
}

function summaryOf({ execution: { at, id, type } }: ComplianceRecord) {
	return {
		ExecutionTime: new Date(at),
		...(id === undefined ? {} : { ExecutionId: id }),
		...(type === undefined ? {} : { ExecutionType: type }),
	};
}

function recordFields(record: ComplianceRecord): Fields {
	return {
		ComplianceType: [record.type],
		ResourceType: [RESOURCE_TYPE],
		ResourceId: [record.nodeId],
		Status: [record.status],
		OverallSeverity: [record.severity],
		PatchGroup: [...new Set(record.items.flatMap(({ details: { PatchGroup: group } }) => group ?? []))],
	};
}

function itemFields(record: ComplianceRecord, item: ComplianceItem): Fields {
	const details = Object.fromEntries(Object.entries(item.details).map(([key, value]) => [key, [value]]));
	return {
		...details,
		ComplianceType: [record.type],
		ResourceType: [RESOURCE_TYPE],
		ResourceId: [record.nodeId],
		Id: [item.id],
		Title: [item.title],
		Status: [item.status],
		Severity: [item.severity],
	};
}

interface Judged {
	readonly status: ComplianceItem['status'];
	readonly severity: ComplianceSeverity;
}

function apart<T extends Judged>(all: readonly T[]): [compliant: T[], others: T[]] {
	return [all.filter(({ status }) => status === 'COMPLIANT'), all.filter(({ status }) => status !== 'COMPLIANT')];
}

function counts(compliant: readonly Judged[], others: readonly Judged[]) {
	return {
		CompliantSummary: { CompliantCount: compliant.length, SeveritySummary: bySeverity(compliant) },
		NonCompliantSummary: { NonCompliantCount: others.length, SeveritySummary: bySeverity(others) },
	};
}

function bySeverity(all: readonly Judged[]): SeveritySummary {
	const count = (severity: ComplianceSeverity) => all.filter((each) => each.severity === severity).length;
	return {
		CriticalCount: count('CRITICAL'),
		HighCount: count('HIGH'),
		MediumCount: count('MEDIUM'),
		LowCount: count('LOW'),
		InformationalCount: count('INFORMATIONAL'),
		UnspecifiedCount: count('UNSPECIFIED'),
	};
}

/** Whole seconds. */
export function iso(at: number): string {
	return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
