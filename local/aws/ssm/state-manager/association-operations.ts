/** The operations on associations. */

import type {
	AssociationDescription,
	AssociationFilter,
	CreateAssociationCommandInput,
	CreateAssociationCommandOutput,
	DeleteAssociationCommandInput,
	DescribeAssociationCommandInput,
	DescribeAssociationCommandOutput,
	ListAssociationsCommandInput,
	ListAssociationsCommandOutput,
	ListAssociationVersionsCommandInput,
	ListAssociationVersionsCommandOutput,
	StartAssociationsOnceCommandInput,
	UpdateAssociationCommandInput,
	UpdateAssociationCommandOutput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { AwsError, type Output } from '../../types.ts';
import { checkLength, given, pageSize, tagsOf } from '../checks.ts';
import type { Documents } from '../documents.ts';
import type { Associations } from './associations.ts';
import { type Association, type AssociationSettings, countsOf, settingsOf } from './model.ts';
import { associationFrom } from './settings.ts';

const MOST_AT_ONCE = 10;

export function associationOperations(associations: Associations, documents: Documents) {
	return {
		CreateAssociation(input: CreateAssociationCommandInput): Output<CreateAssociationCommandOutput> {
			const association = associations.create(associationFrom(input, documents), tagsOf(input.Tags));
			return { AssociationDescription: describe(association) };
		},

		UpdateAssociation(input: UpdateAssociationCommandInput): Output<UpdateAssociationCommandOutput> {
			const association = associations.get(input.AssociationId);
			const { AssociationVersion: version = '$LATEST' } = input;
			if (version !== '$LATEST' && version !== String(association.versions.length)) {
				throw new AwsError('InvalidAssociationVersion', `The version ${version} is not the latest of the association.`);
			}
			associations.update(association, associationFrom(input, documents, settingsOf(association)));
			return { AssociationDescription: describe(association) };
		},

		DeleteAssociation({ AssociationId: id, Name: name, InstanceId: nodeId }: DeleteAssociationCommandInput): object {
			if (id === undefined && name !== undefined && nodeId !== undefined) {
				throw new AwsError('AssociationDoesNotExist', `There is no association of ${name} and ${nodeId}: use the association's id.`);
			}
			associations.delete(associations.get(id));
			return {};
		},

		DescribeAssociation(input: DescribeAssociationCommandInput): Output<DescribeAssociationCommandOutput> {
			const association = associations.get(input.AssociationId);
			const { AssociationVersion: wanted = '$LATEST' } = input;
			const number = wanted === '$LATEST' ? association.versions.length : Number(wanted);
			const settings = association.versions[number - 1];
			if (!settings) throw new AwsError('InvalidAssociationVersion', `The association has no version ${wanted}.`);
			return { AssociationDescription: describe(association, settings, number) };
		},

		ListAssociations(input: ListAssociationsCommandInput): Output<ListAssociationsCommandOutput> {
			const matching = associations
				.all()
				.filter((association) => (input.AssociationFilterList ?? []).every((filter) => passes(association, filter)));
			const found = page(matching, input.NextToken, pageSize(input.MaxResults, 1, 50));
			const Associations = found.items.map((association) => {
				const { AssociationId, AssociationVersion, Name, DocumentVersion, Targets, Overview, ...rest } = describe(association);
				const { LastExecutionDate, ScheduleExpression, AssociationName, ScheduleOffset, Duration } = rest;
				const dates = { ...given('LastExecutionDate', LastExecutionDate), ...given('ScheduleExpression', ScheduleExpression) };
				const others = {
					...given('AssociationName', AssociationName),
					...given('ScheduleOffset', ScheduleOffset),
					...given('Duration', Duration),
				};
				return { Name, AssociationId, AssociationVersion, DocumentVersion, Targets, Overview, ...dates, ...others };
			});
			return { Associations, ...nextToken(found) };
		},

		ListAssociationVersions(input: ListAssociationVersionsCommandInput): Output<ListAssociationVersionsCommandOutput> {
			const association = associations.get(input.AssociationId);
			const found = page(association.versions, input.NextToken, pageSize(input.MaxResults, 1, 50));
			const first = Number(input.NextToken ?? 0);
			return {
				AssociationVersions: found.items.map((settings, index) => ({
					AssociationId: association.id,
					AssociationVersion: String(first + index + 1),
					CreatedDate: new Date(association.updatedAt),
					...common(settings),
				})),
				...nextToken(found),
			};
		},

		StartAssociationsOnce({ AssociationIds: ids = [] }: StartAssociationsOnceCommandInput): object {
			checkLength(ids, 'associationIds', 1, MOST_AT_ONCE);
			for (const association of ids.map((id) => associations.get(id))) associations.runs.execute(association);
			return {};
		},
	};
}

function describe(
	association: Association,
	settings = settingsOf(association),
	version = association.versions.length,
): AssociationDescription {
	const { id, createdAt, updatedAt, status, lastAt, lastSuccessAt } = association;
	return {
		AssociationId: id,
		AssociationVersion: String(version),
		Date: new Date(createdAt),
		LastUpdateAssociationDate: new Date(updatedAt),
		Overview: { Status: status, DetailedStatus: status, AssociationStatusAggregatedCount: countsOf(association) },
		...common(settings),
		...given('LastExecutionDate', lastAt === undefined ? undefined : new Date(lastAt)),
		...given('LastSuccessfulExecutionDate', lastSuccessAt === undefined ? undefined : new Date(lastSuccessAt)),
	};
}

function common(settings: AssociationSettings) {
	return {
		Name: settings.document,
		DocumentVersion: settings.documentVersion,
		Parameters: { ...settings.parameters },
		Targets: [...settings.targets],
		MaxErrors: settings.maxErrors,
		MaxConcurrency: settings.maxConcurrency,
		ComplianceSeverity: settings.severity,
		SyncCompliance: settings.sync,
		ApplyOnlyAtCronInterval: settings.onlyAtCron,
		CalendarNames: [...settings.calendars],
		...given('AssociationName', settings.name),
		...given('ScheduleExpression', settings.schedule),
		...given('ScheduleOffset', settings.offsetDays),
		...given('Duration', settings.durationHours),
		...given('OutputLocation', settings.output),
		...given('AssociationDispatchAssumeRole', settings.dispatchRole),
	};
}

function passes(association: Association, { key, value = '' }: AssociationFilter): boolean {
	const settings = settingsOf(association);
	const at = association.lastAt;
	switch (key) {
		case 'Name':
			return settings.document === value;
		case 'AssociationId':
			return association.id === value;
		case 'AssociationName':
			return settings.name === value;
		case 'AssociationStatusName':
			return association.status === value;
		case 'InstanceId':
			// Only legacy associations, which have an instance id of their own: there are none here.
			return false;
		case 'LastExecutedBefore':
			return at !== undefined && at < Date.parse(value);
		case 'LastExecutedAfter':
			return at !== undefined && at > Date.parse(value);
		default:
			throw new AwsError('ValidationException', `The filter key ${key} is not supported.`);
	}
}
