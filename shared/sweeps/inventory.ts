/** Holds all inventory to the rules for software, once a day: whatever became of the events of its objects. */

import { Drop, describeError } from '../errors.ts';
import { programsOf, readNodes } from '../inventory/read.ts';
import { findingOf, type Ruling, rulingsOf, tagsFor, type Where } from '../inventory/rules.ts';
import type { SoftwareFinding } from '../kinds/inventory/types.ts';
import { openFromFindings } from '../opening/inventory.ts';
import type { SweepReport } from '../operation/clock.ts';
import type { Services } from '../operation/services.ts';
import type { InventoryOperation } from '../operation/types.ts';

/** No page is read after this: what was read by then is acted on. Milliseconds. */
const READ_WITHIN = 40_000;

const NOTHING: SweepReport = { waiting: 0, opened: 0 };

/** @param where the account and the Region of the nodes. Rejects with what the SDK throws where nothing can be read. */
export async function sweepInventory(services: Services, where: Where): Promise<SweepReport> {
	const beganAt = services.now();
	const { set, reason } = await services.playbooks.load();
	const rulings = rulingsOf(set);
	if (reason !== undefined || rulings.size === 0) return NOTHING;
	const nodes = await readNodes(services);
	const tags = await tagsFor(services, rulings.values(), [...nodes.keys()], where);
	const found = new Map([...rulings.keys()].map((rule): [string, SoftwareFinding[]] => [rule, []]));
	const known = await knownTo(services, rulings.keys(), where);
	let read = 0;
	for await (const page of programsOf(services)) {
		for (const each of page) {
			read += 1;
			for (const [rule, ruling] of rulings) {
				const finding = findingOf(ruling, each.node, nodes.get(each.node), tags.get(each.node) ?? {}, each, services.now());
				// That a node is well is news of those that were not.
				if (finding && (finding.is === 'found' || known.get(rule)?.has(each.node))) found.get(rule)?.push(finding);
			}
		}
		if (services.now() - beganAt <= READ_WITHIN) continue;
		services.log.error('Not all inventory could be read in time: only nodes whose events come are judged', { read, of: nodes.size });
		services.count('InventoryUnread', {}, Math.max(nodes.size - read, 1));
		break;
	}
	const opened = await openAll(services, rulings, where, found);
	services.log.info('Held all inventory to the rules', { nodes: read, rules: rulings.size, opened });
	return { waiting: [...found.values()].reduce((sum, each) => sum + each.filter(({ is }) => is === 'found').length, 0), opened };
}

/** The nodes that the open operations of rules have, by rule. */
async function knownTo({ ledger }: Services, rules: Iterable<string>, where: Where): Promise<Map<string, ReadonlySet<string>>> {
	const known = new Map<string, ReadonlySet<string>>();
	for (const rule of rules) {
		const last: InventoryOperation | undefined = await ledger.latest({ kind: 'inventory', rule, ...where });
		if (last !== undefined && last.closedAt === undefined) known.set(rule, new Set(Object.keys(last.nodes)));
	}
	return known;
}

async function openAll(
	services: Services,
	rulings: ReadonlyMap<string, Ruling>,
	where: Where,
	found: ReadonlyMap<string, readonly SoftwareFinding[]>,
): Promise<number> {
	let opened = 0;
	for (const [rule, ruling] of rulings) {
		const result = await openFromFindings(services, ruling, where, 'sweep', found.get(rule) ?? []);
		if (result.ok) opened += result.value.outcome === 'opened' ? 1 : 0;
		else if (!(result.error instanceof Drop)) {
			services.log.error('A rule was not swept; the next sweep tries again', { rule, why: describeError(result.error) });
		}
	}
	return opened;
}
