/** Telling operators through OpsCenter: an OpsItem is opened once, and what shares it is added while it is open. */

import { CreateOpsItemCommand, GetOpsItemCommand, type OpsItemDataValue, UpdateOpsItemCommand } from '@aws-sdk/client-ssm';
import { callFailure, describeError, requestIdOf } from '../errors.ts';
import type { OpsItemText } from '../kinds/kind.ts';
import type { Effect, Fact } from '../operation/facts.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { Operation, OpsItemNews } from '../operation/types.ts';
import { groupBy, inParallel } from '../parallel.ts';
import { deployedDocument, SERVICE } from '../settings.ts';

/** Characters of an OpsItem's title, of its description, and of one value of its operational data (20 KB; AWS counts bytes). */
const TITLE = 1_024;
const DESCRIPTION = 2_048;
const VALUE = 10_000;
/** Runbooks of one OpsItem (OpsCenter quotas). */
const RUNBOOKS = 10;
/** Calls under way at once; OpsCenter's rate is not published. */
const CONCURRENT_CALLS = 5;

/** One operation and what its OpsItem says. */
interface Told {
	readonly operation: Operation;
	readonly item: OpsItemText;
}

/** What else there is to say in an OpsItem that an operation opens, by name; never rejects. */
type Gather = (operation: Operation) => Promise<Readonly<Record<string, string>>>;

export const openOpsItem: Perform = openOpsItemWith(async () => ({}));

/** Opens OpsItems, or adds to those that are open: one call for all operations that share one. */
export function openOpsItemWith(gather: Gather): Perform {
	return async (services, operations) => {
		const told = operations.map((operation) => ({ operation, item: services.kindOf(operation).item(operation) }));
		const facts = new Map<string, Fact>();
		const groups = [...groupBy(told, ({ item }) => item.key).values()];
		await inParallel(groups, CONCURRENT_CALLS, async (group) => {
			const factOf = await openFor(services, group, gather);
			for (const { operation } of group) facts.set(operation.id, factOf(operation));
		});
		return facts;
	};
}

async function openFor(services: Services, told: readonly Told[], gather: Gather): Promise<(operation: Operation) => Fact> {
	try {
		const { opsItemId, openedBy, output } = await createOrAdd(services, told, gather);
		const requestId = requestIdOf(output);
		return ({ id, kind }) => {
			const opsItem: OpsItemNews = id === openedBy ? 'opened' : 'added';
			const note = opsItem === 'opened' ? `${opsItemId} opened` : `${kind === 'lifecycle' ? 'node ' : ''}added to ${opsItemId}`;
			return { type: 'done', effect: 'open-ops-item', note, ...(opsItemId && { opsItemId, opsItem }), requestId };
		};
	} catch (error) {
		services.log.error('OpsItem not opened', { operations: told.map(({ operation }) => operation.id), error });
		return () => notTold('open-ops-item', error, 'not opened');
	}
}

/** What AWS refuses it goes on refusing (OpsItemLimitExceededException: 10,000 a month): the published state says so, for people to hear otherwise. */
function notTold(effect: Effect['name'], error: unknown, what: string): Fact {
	const requestId = requestIdOf(error);
	const message = describeError(error);
	return callFailure(error) === 'refused'
		? { type: 'done', effect, note: `${what}: ${message}`, opsItem: 'refused', requestId }
		: { type: 'not-done', effect, why: 'retry', message, requestId };
}

async function createOrAdd({ aws, settings }: Services, told: readonly Told[], gather: Gather) {
	const [first] = told;
	if (first === undefined) throw new RangeError('An OpsItem is about at least one operation');
	const { operation, item } = first;
	const { spec, resources } = item;
	const own = dataOf(Object.assign({}, ...told.map((each) => each.item.own)));
	const dedupString = `${SERVICE}:${settings.stage}:${item.key}`;
	const runbooks = (spec.runbooks ?? []).slice(0, RUNBOOKS).map((name) => deployedDocument(settings, name));
	const gathered = await gather(operation);
	const description = [item.intro, ...told.map((each) => each.item.line)].filter((line) => line !== '').join('\n');
	try {
		const output = await aws.ssm.send(
			new CreateOpsItemCommand({
				Title: item.title.slice(0, TITLE),
				Source: SERVICE,
				Description: description.slice(0, DESCRIPTION),
				...(spec.severity && { Severity: spec.severity }),
				...(spec.category && { Category: spec.category }),
				...(spec.priority && { Priority: spec.priority }),
				OperationalData: {
					'/aws/dedup': searchable(JSON.stringify({ dedupString })),
					...(resources.length > 0 && { '/aws/resources': searchable(JSON.stringify(resources.map((arn) => ({ arn })))) }),
					...(runbooks.length > 0 && {
						'/aws/automations': searchable(
							JSON.stringify(runbooks.map((automationId) => ({ automationId, automationType: 'AWS::SSM::Automation' }))),
						),
					}),
					...dataOf({ playbook: operation.playbook.name, openedBy: operation.id, ...item.data, ...gathered }),
					...own,
				},
			}),
		);
		return { opsItemId: output.OpsItemId, openedBy: operation.id, output };
	} catch (error) {
		const { name, OpsItemId } = error as Error & { OpsItemId?: string };
		if (name !== 'OpsItemAlreadyExistsException' || OpsItemId === undefined) throw error;
		// One of these may have opened it itself, in a call whose reply was lost.
		const known = told.find((each) => each.operation.result?.opsItemId === OpsItemId && each.operation.result.opsItem === 'opened');
		const openedBy = known?.operation.id ?? (await openerOf(aws, OpsItemId));
		const output = await aws.ssm.send(new UpdateOpsItemCommand({ OpsItemId, OperationalData: own }));
		return { opsItemId: OpsItemId, openedBy, output };
	}
}

async function openerOf(aws: Services['aws'], OpsItemId: string): Promise<string | undefined> {
	const { OpsItem } = await aws.ssm.send(new GetOpsItemCommand({ OpsItemId }));
	return OpsItem?.OperationalData?.['openedBy']?.Value;
}

/** Tells open OpsItems what has happened since: one call for all operations that share one. */
export const updateOpsItem: Perform = (services, operations) => update(services, operations, 'update-ops-item');

/** Resolves OpsItems, with what there is to say in the end. */
export const resolveOpsItem: Perform = (services, operations) => update(services, operations, 'resolve-ops-item');

type Change = 'update-ops-item' | 'resolve-ops-item';

async function update(services: Services, operations: readonly Operation[], effect: Change): Promise<Map<string, Fact>> {
	const facts = new Map<string, Fact>();
	const groups = [...groupBy(operations, ({ result }) => result?.opsItemId ?? '')];
	await inParallel(groups, CONCURRENT_CALLS, async ([opsItemId, group]) => {
		const fact = await updateOne(services, opsItemId, group, effect);
		for (const { id } of group) facts.set(id, fact);
	});
	return facts;
}

async function updateOne(services: Services, OpsItemId: string, operations: readonly Operation[], effect: Change): Promise<Fact> {
	if (OpsItemId === '') return { type: 'done', effect, note: 'there is no OpsItem' };
	const items = operations.map((operation) => services.kindOf(operation).item(operation));
	const severity = items.find(({ raisedTo }) => raisedTo !== undefined)?.raisedTo;
	try {
		const output = await services.aws.ssm.send(
			new UpdateOpsItemCommand({
				OpsItemId,
				...(effect === 'resolve-ops-item' && { Status: 'Resolved' }),
				...(severity !== undefined && { Severity: severity }),
				OperationalData: dataOf(Object.assign({}, ...items.map(({ own }) => own))),
			}),
		);
		return {
			type: 'done',
			effect,
			note: `${OpsItemId} ${effect === 'resolve-ops-item' ? 'resolved' : 'updated'}`,
			requestId: requestIdOf(output),
		};
	} catch (error) {
		services.log.error('OpsItem not updated', { opsItemId: OpsItemId, operations: operations.map(({ id }) => id), error });
		return notTold(effect, error, `${OpsItemId} not updated`);
	}
}

function dataOf(values: Readonly<Record<string, string>>): Record<string, OpsItemDataValue> {
	return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, searchable(value.slice(0, VALUE))]));
}

function searchable(Value: string): OpsItemDataValue {
	return { Type: 'SearchableString', Value };
}
