/** The rules for software that are in force, and what they find of nodes. */

import type { Deps } from '../deps.ts';
import type { NodePrograms } from '../kinds/inventory/event.ts';
import { asksForTags, type Rule, ruleOf, ruleText } from '../kinds/inventory/rules.ts';
import type { RuleInForce, SoftwareFinding } from '../kinds/inventory/types.ts';
import { type Tags, tagsOf } from '../opening/tags.ts';
import type { InventorySubject } from '../operation/types.ts';
import type { CompiledPlaybook, InventoryPlaybook, PlaybookSet } from '../playbook/types.ts';
import type { InventoryNode } from './read.ts';

export type Where = Pick<InventorySubject, 'account' | 'region'>;

/** A rule for software as its playbook has it now. */
export interface Ruling extends Rule {
	readonly playbook: InventoryPlaybook;
	readonly inForce: RuleInForce;
}

/** By the names of their playbooks. All of them hold: none comes before another. */
export function rulingsOf({ playbooks }: PlaybookSet): Map<string, Ruling> {
	const ours = playbooks.filter((each): each is CompiledPlaybook<InventoryPlaybook> => each.playbook.on === 'inventory');
	return new Map(
		ours.map(({ playbook, parameterVersion }) => {
			const { software, opsItem, run } = playbook;
			const inForce: RuleInForce = { parameterVersion, says: ruleText(software), opsItem, ...(run && { run }) };
			return [playbook.name, { ...ruleOf(playbook), playbook, inForce }];
		}),
	);
}

/** The tags of nodes, where a rule asks for any; a node without one is not there. Rejects with what the SDK throws. */
export async function tagsFor(
	services: Pick<Deps, 'aws'>,
	rulings: Iterable<Ruling>,
	nodes: readonly string[],
	where: Where,
): Promise<Map<string, Tags>> {
	if (![...rulings].some(({ playbook }) => asksForTags(playbook))) return new Map();
	return tagsOf(
		services,
		nodes.map((node) => ({ node, ...where })),
	);
}

/**
 * What a rule finds of one node.
 * @param node absent where there is none any more.
 * @param programs absent where none were gathered: a rule is not broken by what nobody knows.
 * @param now epoch milliseconds.
 */
export function findingOf(
	ruling: Ruling,
	id: string,
	node: InventoryNode | undefined,
	tags: Tags,
	programs: (NodePrograms & { readonly capturedAt: number }) | undefined,
	now: number,
): SoftwareFinding | undefined {
	if (node === undefined || !ruling.applies({ node: id, platform: node.platform, tags })) return { node: id, is: 'gone', at: now };
	if (programs === undefined) return undefined;
	// A node whose clock is ahead would keep its later inventory from being news.
	const at = Math.min(programs.capturedAt, now);
	const what = ruling.judge(node, programs);
	return what === undefined ? { node: id, is: 'clean', at } : { node: id, is: 'found', at, what };
}
