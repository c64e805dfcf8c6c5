/** What must hold once all software has settled: people are told of who breaks which rule, of all and of nobody else. */

import type { Scene } from '../flow.ts';
import type { SoftwareAtAws } from './inventory-at-aws.ts';
import { isInventory, isRemedy, itemsOf, namedIn, remediesFor } from './inventory-checks.ts';
import { SWEPT_EVERY } from './inventory-draw.ts';
import type { SoftwareRule } from './inventory-rules.ts';
import { calmAt, isOpen } from './telling.ts';

const MINUTE = 60_000;
/** From the finding to the command: those before it have had their time. */
const SENT_WITHIN = SWEPT_EVERY + 90 * MINUTE;

export function checkSettled(scene: Scene, software: SoftwareAtAws, rules: readonly SoftwareRule[]): void {
	for (const { name } of rules) {
		const open = itemsOf(scene, name).filter(isOpen);
		const about = [...scene.operations.values()].filter(isInventory).filter(({ subject }) => subject.rule === name);
		const going = about.filter(({ closedAt }) => closedAt === undefined);
		const breaking = software.breaking(name).sort();
		if (breaking.length === 0) {
			if (open.length > 0) scene.violated(4, `nothing breaks ${name}, and ${open[0]?.id} is open still`);
			if (going.length > 0) scene.violated(1, `nothing breaks ${name}, and ${going[0]?.id} is open still`);
			continue;
		}
		if (open.length !== 1) scene.violated(4, `${breaking.join(', ')} break ${name}, and ${open.length} OpsItems are about it`);
		const named = open.flatMap(namedIn).sort();
		if (named.join() !== breaking.join())
			scene.violated(3, `${breaking.join(', ')} break ${name}, and its OpsItem names ${named.join(', ') || 'none'}`);
		if (open[0]?.data.get('broken')?.Value !== String(breaking.length))
			scene.violated(3, `${breaking.length} nodes break ${name}, and its OpsItem counts ${open[0]?.data.get('broken')?.Value}`);
	}
	const left = [...scene.operations.values()].find((operation) => isRemedy(operation) && operation.closedAt === undefined);
	if (left !== undefined) scene.violated(1, `${left.id} is open still`);
}

/** Where nothing keeps it from that, a node that goes on breaking a rule is in a command for it. */
export function checkRemedied(
	scene: Scene,
	software: SoftwareAtAws,
	rules: readonly SoftwareRule[],
	away: ReadonlySet<string>,
	paused: boolean,
): void {
	// One that was begun while things went wrong may have come to nothing.
	const since = Math.max(scene.now() - calmAt(scene), 0);
	if (paused || since < SENT_WITHIN) return;
	for (const { name } of rules.filter(({ atOnce }) => atOnce)) {
		const tried = new Set(remediesFor(scene, name).map(({ node }) => node));
		const failed = [...scene.operations.values()].some(
			(each) => isRemedy(each) && each.playbook.name === name && each.state !== 'succeeded',
		);
		const left = software.breaking(name, SENT_WITHIN).filter((node) => !tried.has(node) && !away.has(node));
		if (left.length > 0 && !failed) scene.violated(1, `${left.join(', ')} broke ${name} long ago, and no command was sent there`);
	}
}
