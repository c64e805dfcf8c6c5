/** Telling operators through OpsCenter: an OpsItem is opened once, and what shares it is added while it is open. */

import { CreateOpsItemCommand, GetOpsItemCommand, type OpsItem, type OpsItemDataValue, UpdateOpsItemCommand } from '@aws-sdk/client-ssm';
import { requestIdOf } from '../errors.ts';
import type { OpsItemText } from '../kinds/kind.ts';
import type { Effect, Fact } from '../operation/facts.ts';
import { notDone } from '../operation/not-done.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { Operation, OpsItemNews } from '../operation/types.ts';
import { groupBy, inParallel } from '../parallel.ts';
import { deployedDocument, SERVICE } from '../settings.ts';

/** Characters of an OpsItem's title, of its description, and of one value of its operational data (20 KB; one may take three bytes). */
const TITLE = 1_024;
const DESCRIPTION = 2_048;
const VALUE = 6_800;
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
		// All is gathered at once: a storm of a hundred waits no longer than one does.
		const groups = [...groupBy(told, ({ item }) => item.key).values()].map((group) => ({ group, gathered: gatherFor(group, gather) }));
		await inParallel(groups, CONCURRENT_CALLS, async ({ group, gathered }) => {
			const factOf = await openFor(services, group, gathered);
			for (const { operation } of group) facts.set(operation.id, factOf(operation));
		});
		return facts;
	};
}

/** An item that may be open has been told what happened before it was opened: only for another is it gathered again. */
function gatherFor([first]: readonly Told[], gather: Gather): () => ReturnType<Gather> {
	if (first === undefined) return async () => ({});
	if (first.operation.result?.opsItemId !== undefined) return () => gather(first.operation);
	const gathered = gather(first.operation);
	return () => gathered;
}

type Gathered = ReturnType<typeof gatherFor>;

async function openFor(services: Services, told: readonly Told[], gathered: Gathered): Promise<(operation: Operation) => Fact> {
	try {
		const added = await addToKnown(services, told);
		if (added === undefined && told.some(isOver)) return ({ result }) => closedMeanwhile(result?.opsItemId);
		const { opsItemId, openedBy, output } = added ?? (await createOrAdd(services, told, gathered));
		const requestId = requestIdOf(output);
		return ({ id, kind }) => {
			const opsItem: OpsItemNews = id === openedBy ? 'opened' : 'added';
			const note = opsItem === 'opened' ? `${opsItemId} opened` : `${kind === 'lifecycle' ? 'node ' : ''}added to ${opsItemId}`;
			return { type: 'done', effect: 'open-ops-item', note, ...(opsItemId && { opsItemId, opsItem }), requestId };
		};
	} catch (error) {
		services.log.error('OpsItem not opened', { operations: told.map(({ operation }) => operation.id), error });
		return (operation) => notTold('open-ops-item', operation, error, 'not opened');
	}
}

/** What AWS refuses it goes on refusing (OpsItemLimitExceededException: 10,000 a month): the published state says so, for people to hear otherwise. */
function notTold(effect: Effect['name'], { version, result }: Operation, error: unknown, what: string): Fact {
	const failure = notDone(effect, error);
	const { why, message, requestId } = failure;
	if (why !== 'refused') return failure;
	const note = `${what}: ${message}`;
	// Of an item that a person has deleted nobody need hear.
	if (nameOf(error) === GONE) return { type: 'done', effect, note, requestId };
	const known = result?.opsItem === 'refused' ? result.refusal : undefined;
	return { type: 'done', effect, note, opsItem: 'refused', refusal: known ?? { why: message, version }, requestId };
}

const GONE = 'OpsItemNotFoundException';

function nameOf(error: unknown): string | undefined {
	return error instanceof Error ? error.name : undefined;
}

/** It has an item that is not open any more, and will want to resolve the next. */
function isOver({ operation, item }: Told): boolean {
	return item.isResolved === true && operation.result?.opsItemId !== undefined;
}

function closedMeanwhile(opsItemId = ''): Fact {
	return { type: 'not-done', effect: 'open-ops-item', why: 'gone', message: `${opsItemId} is not open any more` };
}

/** What is added to an item that it shares with none but itself, where that is still open. */
async function addToKnown({ aws }: Services, [only, ...others]: readonly Told[]) {
	const OpsItemId = only?.operation.result?.opsItemId;
	if (only === undefined || others.length > 0 || OpsItemId === undefined) return undefined;
	const item = await readItem(aws, OpsItemId);
	if (item?.Status !== 'Open' && item?.Status !== 'InProgress') return undefined;
	const { own, raisedTo: Severity } = only.item;
	const output = await aws.ssm.send(new UpdateOpsItemCommand({ OpsItemId, ...(Severity && { Severity }), OperationalData: dataOf(own) }));
	return { opsItemId: OpsItemId, openedBy: openerOf(item), output };
}

async function readItem(aws: Services['aws'], OpsItemId: string): Promise<OpsItem | undefined> {
	try {
		return (await aws.ssm.send(new GetOpsItemCommand({ OpsItemId }))).OpsItem;
	} catch (error) {
		if (nameOf(error) === GONE) return undefined;
		throw error;
	}
}

function openerOf(item: OpsItem | undefined): string | undefined {
	return item?.OperationalData?.['openedBy']?.Value;
}

async function createOrAdd({ aws, settings }: Services, told: readonly Told[], gathered: Gathered) {
	const [first] = told;
	if (first === undefined) throw new RangeError('An OpsItem is about at least one operation');
	const { operation, item } = first;
	const { spec, resources } = item;
	const own = dataOf(Object.assign({}, ...told.map((each) => each.item.own)));
	const dedupString = `${SERVICE}:${settings.stage}:${item.key}`;
	const runbooks = (spec.runbooks ?? []).slice(0, RUNBOOKS).map((name) => deployedDocument(settings, name));
	const around = await gathered();
	const description = [item.intro, ...told.map((each) => each.item.line)].filter((line) => line !== '').join('\n');
	try {
		const output = await aws.ssm.send(
			new CreateOpsItemCommand({
				Title: cut(item.title.replaceAll(/\s+/g, ' '), TITLE),
				Source: SERVICE,
				Description: cut(description, DESCRIPTION),
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
					...dataOf({ playbook: operation.playbook.name, openedBy: operation.id, ...item.data, ...around }),
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
		const openedBy = known?.operation.id ?? openerOf(await readItem(aws, OpsItemId));
		const output = await aws.ssm.send(new UpdateOpsItemCommand({ OpsItemId, OperationalData: own }));
		return { opsItemId: OpsItemId, openedBy, output };
	}
}

/** Tells open OpsItems what has happened since: one call for all operations that share one. */
export const updateOpsItem: Perform = (services, operations) => update(services, operations, 'update-ops-item');

/** Resolves OpsItems, with what there is to say in the end. */
export const resolveOpsItem: Perform = (services, operations) => update(services, operations, 'resolve-ops-item');

/** Opens OpsItems again that were resolved too soon. */
export const reopenOpsItem: Perform = (services, operations) => update(services, operations, 'reopen-ops-item');

const CHANGES = {
	'update-ops-item': { done: 'updated' },
	'resolve-ops-item': { done: 'resolved', Status: 'Resolved' },
	'reopen-ops-item': { done: 'opened again', Status: 'Open' },
} as const satisfies Readonly<Partial<Record<Effect['name'], { readonly done: string; readonly Status?: string }>>>;

type Change = keyof typeof CHANGES;

async function update(services: Services, operations: readonly Operation[], effect: Change): Promise<Map<string, Fact>> {
	const facts = new Map<string, Fact>();
	const groups = [...groupBy(operations, ({ result }) => result?.opsItemId ?? '')];
	await inParallel(groups, CONCURRENT_CALLS, async ([opsItemId, group]) => {
		const factOf = await updateOne(services, opsItemId, group, effect);
		for (const operation of group) facts.set(operation.id, factOf(operation));
	});
	return facts;
}

async function updateOne(
	services: Services,
	OpsItemId: string,
	operations: readonly Operation[],
	effect: Change,
): Promise<(operation: Operation) => Fact> {
	if (OpsItemId === '') return () => ({ type: 'done', effect, note: 'there is no OpsItem' });
	const items = operations.map((operation) => services.kindOf(operation).item(operation));
	const { done, ...status } = CHANGES[effect];
	const severity = items.find(({ raisedTo }) => raisedTo !== undefined)?.raisedTo;
	try {
		const output = await services.aws.ssm.send(
			new UpdateOpsItemCommand({
				OpsItemId,
				...status,
				...(severity !== undefined && { Severity: severity }),
				OperationalData: dataOf(Object.assign({}, ...items.map(({ own }) => own))),
			}),
		);
		const note = `${OpsItemId} ${done}`;
		return ({ ending }) => ({
			type: 'done',
			effect,
			note,
			...(ending === undefined && { undecided: true }),
			requestId: requestIdOf(output),
		});
	} catch (error) {
		services.log.error('OpsItem not updated', { opsItemId: OpsItemId, operations: operations.map(({ id }) => id), error });
		return (operation) => notTold(effect, operation, error, `${OpsItemId} not updated`);
	}
}

function dataOf(values: Readonly<Record<string, string>>): Record<string, OpsItemDataValue> {
	// OpsCenter refuses the whole item for one value that is blank.
	const said = Object.entries(values).filter(([, value]) => value.trim() !== '');
	return Object.fromEntries(said.map(([key, value]) => [key, searchable(cut(value, VALUE))]));
}

/** A text's beginning; half a surrogate pair at its end would be no text. */
function cut(text: string, most: number): string {
	return text.slice(0, most).toWellFormed();
}

function searchable(Value: string): OpsItemDataValue {
	return { Type: 'SearchableString', Value };
}
