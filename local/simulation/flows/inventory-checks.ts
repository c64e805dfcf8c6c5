/** What must hold of rules for software while nodes change: who is told of, and what is run where. */

import type { CommandOperation, InventoryOperation } from '../../../shared/operation/types.ts';
import type { OpsItem } from '../../aws/ssm/ops-items.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import type { SoftwareAtAws } from './inventory-at-aws.ts';
import { SWEPT_EVERY } from './inventory-draw.ts';
import { REMEDY, type SoftwareRule } from './inventory-rules.ts';
import { calmAt, DONE_WITHIN, isOpen, Telling } from './telling.ts';

/** The work of a command: `command-<hex>-1.1`. */
const COMMENT = /^fleetkeeper (command-\S+?)\.[^/]+\/\d+$/;
const DOCUMENT = `fleetkeeper-local-${REMEDY}`;

export const isInventory = (operation: Recorded): operation is InventoryOperation => operation.kind === 'inventory';
export const isRemedy = (operation: Recorded): operation is CommandOperation =>
	operation.kind === 'command' && operation.subject.source === 'fleetkeeper.inventory';

/** The OpsItems about a rule, the newest first. */
export function itemsOf({ world }: Scene, rule: string): OpsItem[] {
	return world.services.ssm.opsItems().filter(({ title }) => title === `Software on nodes breaks rule ${rule}`);
}

/** The nodes that an OpsItem names. */
export function namedIn({ data }: OpsItem): string[] {
	const text = data.get('nodes')?.Value ?? '';
	return text === 'none' ? [] : text.split('\n').map((line) => line.slice(0, 19));
}

export function tellingOf(scene: Scene, software: SoftwareAtAws, rules: readonly SoftwareRule[]): Telling {
	return new Telling(scene, {
		subjects: rules.map(({ name }) => name),
		itemsOf: (rule) => itemsOf(scene, rule),
		namedIn,
		standingOf: (rule, node) => software.of(rule, node),
	});
}

/** Who breaks a rule for so long that a sweep has seen it is named in the OpsItem of that rule. */
export function checkNamed(scene: Scene, software: SoftwareAtAws, rules: readonly SoftwareRule[]): void {
	const within = SWEPT_EVERY + DONE_WITHIN;
	if (scene.now() - calmAt(scene) < within) return;
	for (const { name } of rules) {
		const open = itemsOf(scene, name).filter(isOpen);
		const named = new Set(open.flatMap(namedIn));
		const untold = software.breaking(name, within).filter((node) => !named.has(node));
		if (untold.length > 0) scene.violated(1, `${untold.join(', ')} broke ${name} long ago, and no OpsItem says so`);
	}
}

/** A command on one node for one rule. */
interface Sent {
	readonly operation: string;
	readonly node: string;
}

/** Remedies as Systems Manager has them. */
export function remediesFor(scene: Scene, rule: string): Sent[] {
	return scene.world.services.ssm.commands().flatMap(({ document, comment, invocations }) => {
		const operation = document.name === DOCUMENT ? COMMENT.exec(comment)?.[1] : undefined;
		if (operation === undefined || scene.operations.get(operation)?.playbook.name !== rule) return [];
		return [...invocations.keys()].map((node) => ({ operation, node }));
	});
}

/** A command goes to nodes that broke the rule, once for what was found, and only where the playbook acts. */
export function checkSent(scene: Scene, software: SoftwareAtAws, rules: readonly SoftwareRule[]): void {
	for (const { document, comment } of scene.world.services.ssm.commands()) {
		const [, id = ''] = COMMENT.exec(comment) ?? [];
		if (document.name === DOCUMENT && !scene.operations.has(id)) scene.violated(3, `'${comment}' is for no operation`);
	}
	for (const { name, acts } of rules) {
		const by = new Map<string, string>();
		for (const { operation, node } of remediesFor(scene, name)) {
			if (!acts) scene.violated(3, `${operation} runs on ${node}, and ${name} only tells`);
			if (software.of(name, node).times === 0) scene.violated(3, `${operation} runs on ${node}, which never broke ${name}`);
			const before = by.get(node) ?? operation;
			if (before !== operation) scene.violated(2, `${node} is sent ${before} and ${operation} for ${name} within a day`);
			by.set(node, before);
		}
	}
}

/** There is one operation about a rule at a time. */
export function checkOpened(scene: Scene, operation: InventoryOperation): void {
	const { rule } = operation.subject;
	const twin = [...scene.operations.values()].find(
		(other) => isInventory(other) && other.id !== operation.id && other.closedAt === undefined && other.subject.rule === rule,
	);
	if (twin !== undefined) scene.violated(4, `${operation.id} is opened while ${twin.id} is about the same`);
}
