/** OpsItems that name what is amiss for as long as it is: what must hold of each while it is open, and when it is resolved. */

import type { OpsItem } from '../../aws/ssm/ops-items.ts';
import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';

const MINUTE = 60_000;
/** What a function has read may be ahead of what the world was last seen to be. Milliseconds. */
export const SEEN_WITHIN = MINUTE;
/** What is decided, or due, is done by then, once nothing goes wrong any more; and what was found is told. */
export const DONE_WITHIN = 30 * MINUTE;
const OPEN: readonly string[] = ['Open', 'InProgress'];

export const isOpen = ({ status }: Pick<OpsItem, 'status'>) => OPEN.includes(status);

/** Since when nothing goes wrong any more. */
export function calmAt({ setting, plan }: Scene): number {
	return setting.startAt + plan.fromMs + plan.untilMs;
}

/** Whether a story has a function with its events at all: in others nobody hears them. */
export function isDeployed({ world }: Scene, functionName: string): boolean {
	return world.template.rules.some(({ name }) => name.startsWith(functionName));
}

/** What is amiss with something, as the world has it. */
export interface Standing {
	readonly amiss: boolean;
	/** Since when it is, or is not. Epoch milliseconds. */
	readonly since: number;
	/** How often it came to be. */
	readonly times: number;
}

export const WELL: Standing = { amiss: false, since: 0, times: 0 };

/** What OpsItems are about, and what they name. */
interface About {
	readonly subjects: readonly string[];
	/** The newest first. */
	itemsOf(subject: string): readonly OpsItem[];
	namedIn(item: OpsItem): readonly string[];
	standingOf(subject: string, id: string): Standing;
	/** Told when an OpsItem begins to name something. */
	onNamed?(subject: string, id: string, item: OpsItem): void;
}

export class Telling {
	readonly #scene: Scene;
	readonly #about: About;
	/** By OpsItem: what it names, and since when. */
	readonly #named = new Map<string, Map<string, number>>();
	readonly #resolved = new Set<string>();
	/** What has to be so a little later: each says what is wrong. */
	#said: { readonly at: number; readonly check: () => string | undefined }[] = [];

	constructor(scene: Scene, about: About) {
		this.#scene = scene;
		this.#about = about;
	}

	/** Since when an OpsItem names something, or did until it was resolved. */
	namedSince(item: OpsItem, id: string): number | undefined {
		return this.#named.get(item.id)?.get(id);
	}

	/** OpsItems were opened or changed. */
	changed(): void {
		for (const subject of this.#about.subjects) {
			for (const item of this.#about.itemsOf(subject)) {
				if (isOpen(item)) this.#open(subject, item);
				else if (!this.#resolved.has(item.id)) this.#over(subject, item);
			}
		}
	}

	/** It names what is amiss. */
	#open(subject: string, item: OpsItem): void {
		const { namedIn, standingOf, onNamed } = this.#about;
		const before = this.#named.get(item.id) ?? new Map<string, number>();
		const named = namedIn(item);
		this.#named.set(item.id, new Map(named.map((id) => [id, before.get(id) ?? this.#scene.now()])));
		for (const id of named.filter((each) => !before.has(each))) {
			onNamed?.(subject, id, item);
			this.#later(() => (standingOf(subject, id).times > 0 ? undefined : `${item.id} names ${id}, which was never amiss (${subject})`));
		}
	}

	/** It is resolved once all is well that it named. */
	#over(subject: string, item: OpsItem): void {
		this.#resolved.add(item.id);
		for (const [id, since] of this.#named.get(item.id) ?? []) {
			this.#later(() => {
				const standing = this.#about.standingOf(subject, id);
				const isAsBefore = standing.amiss && standing.since < since;
				return isAsBefore ? `${item.id} is resolved, and ${id}, which it named, is amiss as before (${subject})` : undefined;
			});
		}
	}

	#later(check: () => string | undefined): void {
		this.#said.push({ at: this.#scene.now(), check });
	}

	minute(): void {
		const now = this.#scene.now();
		const due = this.#said.filter(({ at }) => now - at >= SEEN_WITHIN);
		this.#said = this.#said.filter((said) => !due.includes(said));
		for (const { check } of due) {
			const wrong = check();
			if (wrong !== undefined) this.#scene.violated(3, wrong);
		}
	}
}

/** The clock looks at everything in its time. */
export function checkPace(scene: Scene, { id, closedAt, ending, dueAt = Number.POSITIVE_INFINITY }: Recorded): void {
	if (closedAt !== undefined) return;
	const since = Math.max(ending === undefined ? dueAt : (scene.decidedOnRecord(id) ?? 0), calmAt(scene));
	if (scene.now() - since <= DONE_WITHIN) return;
	scene.violated(5, ending ? `${id} was decided long ago, and ${ending.pending.join(', ')} is not done` : `${id} was due long ago`);
}
