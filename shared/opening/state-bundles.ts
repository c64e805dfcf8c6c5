/** Findings that belong together, and the operations they open: of one node, or of a patch group, which takes over what gathers. */

import { Drop } from '../errors.ts';
import { knows, learn, nodesOf } from '../kinds/state/findings.ts';
import { listed } from '../kinds/state/item.ts';
import { isGathering, lookAfter } from '../kinds/state/next.ts';
import type { ComplianceType, NodeFinding } from '../kinds/state/types.ts';
import { LONGEST } from '../kinds/telling.ts';
import { advance } from '../operation/engine.ts';
import type { Fact } from '../operation/facts.ts';
import { lineOf } from '../operation/history.ts';
import { subjectId } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { StateOperation, StateSubject } from '../operation/types.ts';
import { groupBy } from '../parallel.ts';
import type { Settled } from '../settled.ts';
import { admit, type Opening, type Sighting } from './admit.ts';
import { opened } from './opened.ts';

/** From so many on, the nodes of a patch group that are not compliant at the same time become one operation. */
export const MANY = 5;
/** A sweep leaves alone for so long what a person has ended while it was not compliant, and what a list may show late. Milliseconds. */
const LEFT_ALONE = 86_400_000;
const LIST_LAG = 600_000;
/** Nodes that the first line of a story names. */
const NAMED = 5;

/** One finding, and how it became known. */
export interface Found extends NodeFinding {
	readonly complianceType: ComplianceType;
	readonly account: string;
	readonly region: string;
	/** Absent where the sweep found it. */
	readonly eventId?: string;
}

/** Findings that go to the same operation. */
export interface Bundle {
	readonly subject: StateSubject;
	readonly group: string;
	readonly findings: readonly Found[];
	/** There is one that is open. */
	readonly isOpen: boolean;
	/** Operations of single nodes that it takes over: its findings have theirs. */
	readonly gatherers: readonly StateOperation[];
}

/** All operations of this kind that are open: few, since many become one. Their index may lag a moment behind. */
export async function openStates({ ledger }: Pick<Services, 'ledger'>): Promise<StateOperation[]> {
	const ids = (await ledger.due(Number.MAX_SAFE_INTEGER, 'state')).filter(isOfState);
	const operations = ids.length > 0 ? ((await ledger.load(ids)) as StateOperation[]) : [];
	return operations.filter(({ closedAt }) => closedAt === undefined);
}

/** Whether an id is that of an operation of this kind: others share its clock. */
export function isOfState(id: string): boolean {
	return id.startsWith('state-');
}

/**
 * What goes to the operation of a patch group: where there is one, or where many of its nodes are not compliant. Those that people have
 * been told of count, and stay where they are.
 * @param unknown findings of nodes that no operation knows, node by node.
 * @param open the operations that are open.
 */
export async function bundleOfGroup(
	{ ledger }: Pick<Services, 'ledger'>,
	subject: StateSubject & { readonly group: string },
	unknown: readonly (readonly Found[])[],
	open: readonly StateOperation[],
): Promise<Bundle | undefined> {
	const { complianceType, group } = subject;
	const singles = open.filter(
		(each) => each.subject.complianceType === complianceType && each.group === group && each.subject.node !== undefined,
	);
	// The index may not have it yet, and it is the one that counts.
	const last = await ledger.latest(subject);
	const isOpen = last !== undefined && last.closedAt === undefined;
	if (!isOpen && unknown.length + singles.length < MANY) return undefined;
	const gatherers = singles.filter(isGathering);
	return { subject, group, findings: [...unknown.flat(), ...gatherers.flatMap(findingsOf)], isOpen, gatherers };
}

/** What an operation knows of its nodes. */
function findingsOf({ subject, nodes, severity, eventId }: StateOperation): Found[] {
	const { complianceType, account, region } = subject;
	const known = { ...(severity !== undefined && { severity }), ...(eventId !== undefined && { eventId }) };
	return Object.entries(nodes).map(([node, at]) => ({ complianceType, account, region, node, is: 'noncompliant', at, ...known }));
}

/** What goes to one operation goes there at once. */
export function merged(bundles: readonly Bundle[]): Bundle[] {
	return [...groupBy(bundles, ({ subject }) => subjectId(subject)).values()].map((same) => ({
		...(same[0] as Bundle),
		findings: same.flatMap(({ findings }) => findings),
		gatherers: same.flatMap(({ gatherers }) => gatherers),
	}));
}

/**
 * Opens operations for bundles, or tells those that are open; and closes what they have taken over. A run that ends in between loses
 * nothing: what gathers is still open, and the clock finds it.
 * @param bundles each of another subject.
 * @returns results in order of the bundles.
 */
export async function admitBundles(services: Services, bundles: readonly Bundle[]): Promise<Settled<Opening<'state'>>[]> {
	const openings = await admit(
		services,
		bundles.map((bundle) => sightingOf(services, bundle)),
	);
	const taken = bundles.flatMap(({ gatherers }, index) => {
		const opening = openings[index];
		const to = opening?.ok ? opening.value.operation : undefined;
		if (to === undefined || to.closedAt !== undefined) return [];
		const known = gatherers.filter((operation) => nodesOf(operation).every((node) => knows(to, node)));
		return known.map((operation) => ({ operation, facts: [{ type: 'handed-over', to: to.id } as const] }));
	});
	if (taken.length > 0) await advance(services, taken);
	return openings;
}

function sightingOf(services: Services, bundle: Bundle): Sighting<'state'> {
	const { subject, findings, isOpen } = bundle;
	const fact: Fact = { type: 'state', from: 'event', findings };
	return {
		subject,
		open(occurrence, last) {
			if (isOpen && last === undefined) return undefined;
			return operationFor(services, bundle, occurrence, last);
		},
		facts: () => [fact],
	};
}

/** @throws Drop where nothing of it is news. */
function operationFor(services: Services, { subject, group, findings }: Bundle, occurrence: number, last?: StateOperation): StateOperation {
	const openedAt = services.now();
	const fresh = findings.filter((each) => last === undefined || isNews(each, last, openedAt));
	const empty: StateOperation = {
		...opened(subject, occurrence, openedAt),
		playbook: { name: 'node-state', parameterVersion: 0 },
		...{ group, nodes: {}, well: {}, count: 0 },
		...{ lookAt: openedAt + lookAfter(0), looks: 0, toldAt: 0 },
		...{ state: 'waiting', waiting: 'gathering' },
		deadlineAt: openedAt + LONGEST,
		occasion: { detail: {}, account: subject.account, region: subject.region },
	};
	const { operation } = learn(empty, fresh, 'event');
	const nodes = nodesOf(operation);
	if (nodes.length === 0) throw new Drop('old-news', `${last?.id ?? subject.node ?? subject.group} knew that already`);
	const eventId = findings.find((each) => each.eventId !== undefined)?.eventId;
	const found = eventId === undefined ? 'the sweep found it: its event never came' : 'its event came';
	const many = subject.group === undefined ? '' : `, ${nodes.length} of patch group ${subject.group} together`;
	const why = `${listed(nodes, NAMED)} not compliant (${subject.complianceType})${many}; ${found}`;
	return {
		...operation,
		history: [lineOf({ what: 'opened', why }, openedAt)],
		...(eventId !== undefined && { eventId }),
	};
}

/** Whether the last operation, which has closed, did not know of a finding. What people ended stays ended for the sweep, for a day. */
function isNews({ node, at, eventId }: Found, { nodes, well, closedAt = 0 }: StateOperation, now: number): boolean {
	if (eventId === undefined) return now - closedAt >= (node in nodes ? LEFT_ALONE : LIST_LAG);
	return at > Math.max(nodes[node] ?? 0, well[node] ?? 0);
}
