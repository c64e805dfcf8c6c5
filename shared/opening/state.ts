/** Opening operations for nodes that are not compliant: one a node, or one for a patch group where many of its nodes are at once. */

import { Drop, describeError, Retry } from '../errors.ts';
import { isOf, StateEvent } from '../kinds/state/event.ts';
import { knows } from '../kinds/state/findings.ts';
import { NO_GROUP } from '../kinds/state/item.ts';
import type { Services } from '../operation/services.ts';
import type { StateOperation } from '../operation/types.ts';
import { groupBy, inParallel } from '../parallel.ts';
import { parseEvent } from '../parse.ts';
import { attempt, type Settled } from '../settled.ts';
import type { Opening } from './admit.ts';
import { eventTime } from './event-time.ts';
import { patchGroupsOf } from './patch-groups.ts';
import { admitBundles, type Bundle, bundleOfGroup, type Found, merged, openStates } from './state-bundles.ts';

const CONCURRENT_READS = 5;

/** Opens operations for what events find of nodes, or tells those that are open. Results are in order of the events. */
export async function openFromStates(services: Services, events: readonly unknown[]): Promise<Settled<Opening<'state'>>[]> {
	const heard = await Promise.all(events.map((event) => attempt(() => hear(event, services.now()))));
	const findings = heard.flatMap((each) => (each.ok ? [each.value] : []));
	const results = await openFromFindings(services, findings, await openStates(services));
	return heard.map((each) => {
		if (!each.ok) return each;
		return results.get(each.value) ?? { ok: false, error: new Retry('the event was not handled') };
	});
}

/** @throws Fail where the event is malformed. */
function hear(event: unknown, now: number): Found {
	const { id: eventId, account, region, time, detail } = parseEvent(StateEvent, event, "a node's compliance");
	return {
		...{ account, region, eventId },
		complianceType: detail['compliance-type'],
		node: detail['resource-id'],
		is: isOf(detail['compliance-status']),
		at: eventTime(time, now),
		...(detail.severity !== undefined && { severity: detail.severity.toLowerCase() }),
	};
}

/** @param open the operations that are open. */
export async function openFromFindings(
	services: Services,
	findings: readonly Found[],
	open: readonly StateOperation[],
): Promise<Map<Found, Settled<Opening<'state'>>>> {
	const results = new Map<Found, Settled<Opening<'state'>>>();
	const put = (group: readonly Found[], result: Settled<Opening<'state'>>) => {
		for (const each of group) results.set(each, result);
	};
	const holders = new Map<StateOperation, Found[]>();
	const unknown: Found[][] = [];
	for (const group of groupBy(findings, ({ complianceType, node }) => `${complianceType} ${node}`).values()) {
		const holding = holdersOf(open, group);
		for (const holder of holding) holders.set(holder, [...(holders.get(holder) ?? []), ...group]);
		if (holding.length > 0) continue;
		if (isNoncompliant(group)) unknown.push(group);
		else put(group, { ok: false, error: new Drop('nothing-open', `${group[0]?.node} is compliant, and nothing is open about it`) });
	}
	const known = [...holders].map(([{ subject, group }, each]): Bundle => {
		return { subject, group, findings: each, isOpen: true, gatherers: [] };
	});
	const grouped = await attempt(() => bundlesOf(services, unknown, open));
	if (!grouped.ok) for (const group of unknown) put(group, grouped);
	// What has just been found of what gathers goes where that goes.
	const unheld = (grouped.ok ? grouped.value : []).map((bundle) => {
		const news = bundle.gatherers.flatMap((operation) => holders.get(operation) ?? []);
		return { ...bundle, findings: [...bundle.findings, ...news] };
	});
	const bundles = merged([...known, ...unheld]);
	const openings = await admitBundles(services, bundles);
	for (const [index, bundle] of bundles.entries()) {
		const opening = openings[index];
		if (opening !== undefined) put(bundle.findings, opening);
	}
	return results;
}

/** The operations that hear of a node: its own, and the one of its group that knows it. Only where a run was killed they are two. */
function holdersOf(open: readonly StateOperation[], [first]: readonly Found[]): StateOperation[] {
	const { complianceType, node = '' } = first ?? {};
	return open.filter((each) => each.subject.complianceType === complianceType && (each.subject.node === node || knows(each, node)));
}

/** How a node stands by the last that was found of it. */
function isNoncompliant(group: readonly Found[]): boolean {
	return group.reduce((last, each) => (each.at >= last.at ? each : last)).is === 'noncompliant';
}

/**
 * Nodes that no operation knows: to the one of their group where there is one, or where there are many of them, and else to one each.
 * @throws Retry where AWS does not say which patch groups they are in.
 */
async function bundlesOf(services: Services, unknown: readonly Found[][], open: readonly StateOperation[]): Promise<Bundle[]> {
	if (unknown.length === 0) return [];
	const groups = await patchGroupsOf(services, unknown.flat()).catch((error: unknown) => {
		throw new Retry(`the patch groups of nodes cannot be read: ${describeError(error)}`, error);
	});
	const groupOf = ([first]: readonly Found[]) => groups.get(first?.node ?? '') ?? NO_GROUP;
	const byGroup = groupBy(unknown, (each) => `${each[0]?.complianceType} ${groupOf(each)}`);
	const bundles = await inParallel([...byGroup.values()], CONCURRENT_READS, async (nodes): Promise<Bundle[]> => {
		const [first] = nodes[0] as [Found];
		const { complianceType, account, region } = first;
		const group = groupOf(nodes[0] ?? []);
		const around = { kind: 'state', complianceType, account, region } as const;
		const together = await bundleOfGroup(services, { ...around, group }, nodes, open);
		if (together !== undefined) return [together];
		return nodes.map((each) => {
			const subject = { ...around, node: each[0]?.node ?? '' };
			return { subject, group, findings: each, isOpen: false, gatherers: [] };
		});
	});
	return bundles.flat();
}
