/** Opening operations for rules that software on nodes breaks: one a rule, with all nodes that break it. */

import type { S3Client } from '@aws-sdk/client-s3';
import { Drop, describeError, Retry } from '../errors.ts';
import { keyOf, readObject } from '../inventory/object.ts';
import { type InventoryNode, readNodes } from '../inventory/read.ts';
import { findingOf, type Ruling, rulingsOf, tagsFor, type Where } from '../inventory/rules.ts';
import { APPLICATIONS, InventoryObject, type NodePrograms } from '../kinds/inventory/event.ts';
import { learn, listed, nodesOf } from '../kinds/inventory/findings.ts';
import { lookAfter } from '../kinds/inventory/next.ts';
import { GATHER } from '../kinds/inventory/rounds.ts';
import type { SoftwareFinding } from '../kinds/inventory/types.ts';
import { LONGEST } from '../kinds/telling.ts';
import type { InventoryFact } from '../operation/facts.ts';
import { lineOf } from '../operation/history.ts';
import type { Services } from '../operation/services.ts';
import type { InventoryOperation, InventorySubject } from '../operation/types.ts';
import { groupBy, inParallel } from '../parallel.ts';
import { parseEvent } from '../parse.ts';
import { inventoryBucket } from '../settings.ts';
import { attempt, type Settled } from '../settled.ts';
import { admit, type Opening, type Sighting } from './admit.ts';
import { eventTime } from './event-time.ts';
import { opened } from './opened.ts';

const CONCURRENT_READS = 5;
/** A sweep leaves alone for so long what a person has ended while nodes broke the rule. Milliseconds. */
const LEFT_ALONE = 86_400_000;
/** As opening/admit.ts has it too. */
const NOTHING_OPEN = 'nothing-open';
/** Nodes that the first line of a story names. */
const NAMED = 5;

/** An event, and whose programs it says have been written. */
interface Heard extends Where {
	readonly key: string;
	readonly node: string;
	/** Epoch milliseconds. */
	readonly at: number;
	readonly eventId: string;
}

type Read = Heard & NodePrograms & { readonly capturedAt: number };

/** Judges the nodes whose inventory has come. Results are in order of the events: what became of each by each rule that it was news for. */
export async function openFromInventory(
	services: Services,
	s3: S3Client,
	events: readonly unknown[],
): Promise<Settled<readonly Opening<'inventory'>[]>[]> {
	const loaded = await services.playbooks.load();
	const rulings = rulingsOf(loaded.set);
	const reads = await inParallel(events, CONCURRENT_READS, (event) =>
		attempt(async (): Promise<Read> => {
			const heard = hear(services, event);
			if (loaded.reason !== undefined) throw new Retry(`${loaded.reason}: the event is tried again when playbook-change has run`);
			if (rulings.size === 0) throw new Drop('no-playbook', 'no playbook has a rule for software');
			const { capturedAt = heard.at, programs } = await readObject(s3, services.settings, heard.key, keyOf(heard.key));
			return { ...heard, capturedAt, programs };
		}),
	);
	const known = reads.flatMap((each) => (each.ok ? [each.value] : []));
	const results = await judge(services, rulings, known);
	return reads.map((each) => {
		if (!each.ok) return each;
		return results.get(each.value) ?? { ok: false, error: new Retry('the event was not handled') };
	});
}

/** @throws Drop where it is none of ours; Fail where it is malformed. */
function hear({ settings, now }: Services, event: unknown): Heard {
	const { id: eventId, account, region, time, detail } = parseEvent(InventoryObject, event, 'an object of inventory');
	const { bucket, object } = detail;
	if (bucket.name !== inventoryBucket(settings, account, region)) {
		throw new Drop('foreign-bucket', `bucket ${bucket.name} is not the one that inventory is synced to`);
	}
	const of = keyOf(object.key);
	if (of.type !== APPLICATIONS) throw new Drop('other-inventory', `no rule asks about inventory of the type ${of.type}`);
	if (of.account !== account || of.region !== region) {
		throw new Drop('other-account', `${of.node} is of account ${of.account}, Region ${of.region}: rules are for the nodes of here`);
	}
	return { key: object.key, node: of.node, account, region, at: eventTime(time, now()), eventId };
}

async function judge(
	services: Services,
	rulings: ReadonlyMap<string, Ruling>,
	reads: readonly Read[],
): Promise<Map<Read, Settled<readonly Opening<'inventory'>[]>>> {
	const results = new Map<Read, Settled<readonly Opening<'inventory'>[]>>();
	for (const group of groupBy(reads, ({ account, region }) => `${account} ${region}`).values()) {
		const [{ account, region }] = group as [Read, ...Read[]];
		const judged = await attempt(() => judgeGroup(services, rulings, { account, region }, group));
		for (const read of group) {
			results.set(read, judged.ok ? (judged.value.get(read) ?? { ok: false, error: new Retry('the event was not handled') }) : judged);
		}
	}
	return results;
}

/** Most nodes break no rule, whatever their platforms and tags: AWS is asked about the others alone. */
async function judgeGroup(services: Services, rulings: ReadonlyMap<string, Ruling>, where: Where, reads: readonly Read[]) {
	const doubtful = new Set(reads.filter((read) => [...rulings.values()].some((ruling) => ruling.mayBreak(read))));
	const ids = [...new Set([...doubtful].map(({ node }) => node))];
	const nodes = await asked('nodes', async () => (ids.length > 0 ? readNodes(services, ids) : new Map<string, InventoryNode>()));
	const tags = await asked('tags of nodes', () => tagsFor(services, rulings.values(), ids, where));
	const findingFor = (ruling: Ruling, read: Read): SoftwareFinding | undefined => {
		if (!doubtful.has(read)) return { node: read.node, is: 'clean', at: Math.min(read.capturedAt, services.now()) };
		// One that AWS does not know yet, or any more: the sweep sees to it.
		const node = nodes.get(read.node);
		return node && findingOf(ruling, read.node, node, tags.get(read.node) ?? {}, read, services.now());
	};
	const openings = await inParallel([...rulings.values()], 1, async (ruling) => {
		const findings = reads.flatMap((read): Found[] => {
			const finding = findingFor(ruling, read);
			return finding === undefined ? [] : [{ ...finding, eventId: read.eventId }];
		});
		return { findings, opening: await openFromFindings(services, ruling, where, 'event', findings) };
	});
	return new Map(reads.map((read) => [read, resultFor(read, openings)]));
}

async function asked<T>(what: string, read: () => Promise<T>): Promise<T> {
	return read().catch((error: unknown) => {
		throw new Retry(`the ${what} cannot be read: ${describeError(error)}`, error);
	});
}

interface Judged {
	readonly findings: readonly Found[];
	readonly opening: Settled<Opening<'inventory'>>;
}

/** What became of one event, which may be news for several rules: one that has to hear of it again has the event come again. */
function resultFor({ node, eventId }: Read, judged: readonly Judged[]): Settled<readonly Opening<'inventory'>[]> {
	const mine = judged.filter(({ findings }) => findings.some((each) => each.eventId === eventId));
	if (mine.length === 0) return { ok: false, error: new Drop('unknown-node', `Systems Manager keeps no inventory of ${node}`) };
	const failed = mine.find(({ opening }) => !opening.ok && !(opening.error instanceof Drop));
	if (failed !== undefined && !failed.opening.ok) return failed.opening;
	const openings = mine.flatMap(({ opening }) => (opening.ok ? [opening.value] : []));
	if (openings.length > 0) return { ok: true, value: openings };
	const drops = mine.flatMap(({ opening }) => (opening.ok ? [] : [opening.error as Drop]));
	const said = drops.find(({ reason }) => reason !== NOTHING_OPEN);
	return { ok: false, error: said ?? new Drop(NOTHING_OPEN, `${node} breaks no rule, and nothing is open about it`) };
}

/** A finding; one that an event brought has its id. */
export interface Found extends SoftwareFinding {
	readonly eventId?: string;
}

/** Opens the operation of a rule, or tells the one that is open. */
export async function openFromFindings(
	services: Services,
	ruling: Ruling,
	{ account, region }: Where,
	from: 'event' | 'sweep',
	findings: readonly Found[],
): Promise<Settled<Opening<'inventory'>>> {
	if (findings.length === 0) return { ok: false, error: new Drop(NOTHING_OPEN, 'nothing was found') };
	const subject: InventorySubject = { kind: 'inventory', rule: ruling.playbook.name, account, region };
	const fact: InventoryFact = { type: 'inventory', from, findings: findings.map(withoutEvent), rule: ruling.inForce };
	const sighting: Sighting<'inventory'> = {
		subject,
		open: (occurrence, last) => operationFor(services, ruling, subject, findings, occurrence, last),
		facts: () => [fact],
	};
	const [opening] = await admit(services, [sighting]);
	return opening ?? { ok: false, error: new Retry('the findings were not handled') };
}

function withoutEvent({ eventId: _eventId, ...finding }: Found): SoftwareFinding {
	return finding;
}

/** @throws Drop where nothing of it is news. */
function operationFor(
	services: Services,
	{ playbook, inForce }: Ruling,
	subject: InventorySubject,
	findings: readonly Found[],
	occurrence: number,
	last: InventoryOperation | undefined,
): InventoryOperation | undefined {
	const openedAt = services.now();
	const { parameterVersion, says, opsItem, run } = inForce;
	const empty: InventoryOperation = {
		...opened(subject, occurrence, openedAt),
		playbook: { name: playbook.name, parameterVersion },
		...{ says, opsItem, ...(run && { remedy: run }) },
		...{ nodes: {}, what: {}, well: last?.well ?? {}, count: 0 },
		...{ tried: last?.tried ?? {}, rounds: last?.rounds ?? 0, gatherUntil: openedAt + GATHER },
		...{ lookAt: openedAt + lookAfter(0), looks: 0, toldAt: 0 },
		state: 'verifying',
		deadlineAt: openedAt + LONGEST,
		occasion: { detail: {}, account: subject.account, region: subject.region },
	};
	const fresh = findings.filter((each) => last === undefined || isNews(each, last, openedAt));
	const { operation } = learn(empty, fresh.map(withoutEvent));
	if (nodesOf(operation).length === 0) {
		if (last === undefined) return undefined;
		if (findings.some(({ is }) => is === 'found')) throw new Drop('old-news', `${last.id} knew that already`);
		throw new Drop(NOTHING_OPEN, `nothing breaks rule ${playbook.name}, and nothing is open about it`);
	}
	const eventId = findings.find((each) => each.eventId !== undefined)?.eventId;
	const how = eventId === undefined ? 'the sweep found it' : 'its inventory came';
	const why = `${playbook.name} (${says}): ${listed(operation, NAMED)}; ${how}`;
	return {
		...operation,
		history: [lineOf({ what: 'opened', why }, openedAt)],
		...(eventId !== undefined && { eventId }),
	};
}

/** Whether the last operation, which has closed, did not know of a finding. What people ended stays ended for the sweep, for a day. */
function isNews({ node, at, eventId }: Found, { nodes, well, closedAt = 0 }: InventoryOperation, now: number): boolean {
	if (at <= (nodes[node] ?? 0) || at < (well[node] ?? 0)) return false;
	return eventId !== undefined || !(node in nodes) || now - closedAt >= LEFT_ALONE;
}
