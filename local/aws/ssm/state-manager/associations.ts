/** The associations of an account: when they run, and on which nodes. */

import { type AwsContext, AwsError } from '../../types.ts';
import type { Calendars } from '../calendars.ts';
import type { Compliance } from '../compliance/compliance.ts';
import type { Documents } from '../documents.ts';
import { matchesTargets } from '../node-targets.ts';
import type { ManagedNode, Nodes } from '../nodes.ts';
import { AssociationRuns } from './association-runs.ts';
import { type Association, type AssociationSettings, settingsOf } from './model.ts';
import { planOf } from './settings.ts';

/** Systems Manager quotas. */
const MOST_ASSOCIATIONS = 2_000;
const MOST_VERSIONS = 1_000;

export interface AssociationDeps {
	readonly ctx: AwsContext;
	readonly nodes: Nodes;
	readonly documents: Documents;
	readonly calendars: Calendars;
	readonly compliance: Compliance;
}

export class Associations {
	readonly runs: AssociationRuns;
	readonly #deps: AssociationDeps;
	readonly #associations = new Map<string, Association>();
	readonly #timers = new Map<string, () => void>();

	constructor(deps: AssociationDeps) {
		this.#deps = deps;
		this.runs = new AssociationRuns(deps);
		deps.nodes.onRegister((node) => this.#registered(node));
		deps.documents.onChange(({ name }) => this.#documentChanged(name));
	}

	/** The oldest first. */
	all(): Association[] {
		return [...this.#associations.values()];
	}

	/** @throws AwsError `AssociationDoesNotExist`. */
	get(id: string | undefined): Association {
		const association = this.#associations.get(id ?? '');
		if (!association) throw new AwsError('AssociationDoesNotExist', 'Association does not exist');
		return association;
	}

	/** Those whose targets lead to a node. */
	on(node: ManagedNode): Association[] {
		return this.all().filter((association) => matchesTargets(this.#deps.nodes, node, settingsOf(association).targets));
	}

	/** @throws AwsError `AssociationLimitExceeded`, `InvalidSchedule`. */
	create(settings: AssociationSettings, tags: Map<string, string>, id = this.#deps.ctx.uuid()): Association {
		const now = this.#deps.ctx.clock.now();
		const plan = planOf(settings, now);
		if (this.#associations.size >= MOST_ASSOCIATIONS) {
			throw new AwsError('AssociationLimitExceeded', `You can have at most ${MOST_ASSOCIATIONS} active associations.`);
		}
		const association: Association = {
			id,
			createdAt: now,
			updatedAt: now,
			tags,
			versions: [settings],
			executions: [],
			states: new Map(),
			status: 'Pending',
			...(plan && { plan }),
		};
		this.#associations.set(id, association);
		this.#changed(association);
		return association;
	}

	/** @throws AwsError `AssociationVersionLimitExceeded`, `InvalidSchedule`. */
	update(association: Association, settings: AssociationSettings): void {
		const now = this.#deps.ctx.clock.now();
		const plan = planOf(settings, now);
		if (association.versions.length >= MOST_VERSIONS) {
			throw new AwsError('AssociationVersionLimitExceeded', `An association has at most ${MOST_VERSIONS} versions.`);
		}
		association.versions.push(settings);
		association.updatedAt = now;
		if (plan) association.plan = plan;
		else delete association.plan;
		this.#changed(association);
	}

	delete(association: Association): void {
		this.#associations.delete(association.id);
		this.#timers.get(association.id)?.();
		this.runs.forget(association);
	}

	/** What is made or changed runs at once, unless it is to keep to its schedule. */
	#changed(association: Association): void {
		if (!settingsOf(association).onlyAtCron) this.runs.execute(association);
		this.#arm(association);
	}

	#arm(association: Association): void {
		this.#timers.get(association.id)?.();
		const { clock } = this.#deps.ctx;
		const at = association.plan?.next(clock.now());
		if (at === undefined) return;
		const due = () => {
			this.#arm(association);
			if (this.#isOpen(association)) this.runs.execute(association);
		};
		this.#timers.set(association.id, clock.after(at - clock.now(), due));
	}

	#isOpen(association: Association): boolean {
		const { calendars: names } = settingsOf(association);
		return names.length === 0 || this.#deps.calendars.state({ CalendarNames: [...names] }).State === 'OPEN';
	}

	/** A node that is new gets what is meant for it. */
	#registered(node: ManagedNode): void {
		for (const association of this.on(node)) {
			if (association.states.has(node.id) || settingsOf(association).onlyAtCron || this.runs.isComing(association)) continue;
			this.runs.execute(association, [node.id]);
		}
	}

	#documentChanged(name: string): void {
		for (const association of this.all()) {
			const { document, documentVersion, onlyAtCron } = settingsOf(association);
			if (document === name && documentVersion === '$LATEST' && !onlyAtCron) this.runs.execute(association);
		}
	}
}
