/** What must hold of rings: who opens them and when, and that they are closed again. Judged by what AWS has. */

import type { ApiCall } from '../../aws/api-call.ts';
import type { Window, WindowExecution } from '../../aws/ssm/maintenance/model.ts';
import type { Scene } from '../flow.ts';
import { GROUPS, type Group, groupOf, type PatchPart } from './patch-draw.ts';

const MINUTE = 60_000;
/** A function's clock may be ahead by so much: it takes a soak for over that much sooner. */
const SKEW = 5_000;

const REGISTERS = new Set(['RegisterTargetWithMaintenanceWindow', 'RegisterTaskWithMaintenanceWindow']);

export class Rings {
	readonly #scene: Scene;
	readonly #part: PatchPart;
	/** When a window got a task last. */
	readonly #openedAt = new Map<string, number>();

	constructor(scene: Scene, part: PatchPart) {
		this.#scene = scene;
		this.#part = part;
	}

	/** Windows that are rings: the first group's is none. */
	windows(): readonly Window[] {
		return this.#scene.world.services.ssm.maintenance.windows().filter(({ settings }) => /-patch-[a-z]+$/.test(settings.name));
	}

	executions(): WindowExecution[] {
		const { maintenance } = this.#scene.world.services.ssm;
		return this.windows().flatMap(({ id }) => maintenance.executions(id));
	}

	openedAt(windowId: string): number | undefined {
		return this.#openedAt.get(windowId);
	}

	called({ operation, input, error }: ApiCall): void {
		if (error !== undefined || !REGISTERS.has(operation)) return;
		const { WindowId } = input as { readonly WindowId?: string };
		const window = this.windows().find(({ id }) => id === WindowId);
		if (window === undefined) return;
		if (window.targets.size > 1 || window.tasks.size > 1) {
			const has = `${window.targets.size} targets and ${window.tasks.size} tasks`;
			this.#scene.violated(2, `${window.settings.name} has ${has}: what opens a ring was registered twice`);
		}
		if (operation === 'RegisterTaskWithMaintenanceWindow') this.#opened(window);
	}

	#opened(window: Window): void {
		const now = this.#scene.now();
		this.#openedAt.set(window.id, now);
		const group = groupOf(window.settings.name);
		const before = GROUPS[GROUPS.indexOf(group) - 1];
		if (before === undefined) {
			this.#scene.violated(3, `the ring of ${group} is opened, and nothing may close it`);
			return;
		}
		const problem = this.#unproven(before, now);
		if (problem !== undefined) this.#scene.violated(3, `the ring of ${group} is opened, and ${problem}`);
		else this.#scene.reached('patch: ring opened');
	}

	/** Why the last run of a group does not prove anything yet. */
	#unproven(group: Group, now: number): string | undefined {
		const { world } = this.#scene;
		const window = this.windows().find(({ settings }) => groupOf(settings.name) === group);
		const [last] = window ? world.services.ssm.maintenance.executions(window.id) : [];
		if (last === undefined) return `${group} has never run`;
		if (last.tasks.length === 0) return `the last run of ${group} had nothing to run`;
		if (last.endedAt === undefined) return `${group} is being patched`;
		const soaked = now - last.endedAt;
		if (soaked + SKEW < this.#part.soak[group] * MINUTE) return `${group} has soaked for ${Math.round(soaked / MINUTE)} minutes only`;
		const nodes = this.#nodes(group);
		const ill = nodes.filter((id) => !this.#isPatched(id, last.id));
		const enough = (nodes.length - ill.length) * 100 >= this.#part.successPercent * nodes.length;
		return enough
			? undefined
			: `of ${nodes.length} nodes of ${group} ${ill.join(', ')} are not well: ${this.#part.successPercent}% have to be`;
	}

	/** Those that carry its tag. */
	#nodes(group: Group): string[] {
		const instances = [...this.#scene.world.services.ec2.instances()];
		return instances.flatMap(({ id, tags, state }) => (tags.get('PatchGroup') === group && state !== 'terminated' ? [id] : []));
	}

	#isPatched(id: string, executionId: string): boolean {
		const report = this.#scene.world.services.ssm.patchManager.report(id);
		return (
			report?.operation.snapshotId === executionId &&
			report.findings.every(({ state }) => state === 'INSTALLED' || state === 'INSTALLED_OTHER')
		);
	}
}
