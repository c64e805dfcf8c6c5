/** The patch baselines of an account, which of them are defaults, and the patch groups registered with them. */

import type { OperatingSystem } from '@aws-sdk/client-ssm';
import { type AwsContext, AwsError } from '../../types.ts';
import type { Baseline, BaselineSettings } from './model.ts';
import { predefinedBaselines } from './predefined.ts';

/** Systems Manager quotas. */
const MOST_BASELINES = 50;
const MOST_GROUPS = 25;

export interface Registration {
	readonly group: string;
	readonly baseline: Baseline;
}

export class Baselines {
	readonly #ctx: AwsContext;
	readonly #baselines = new Map<string, Baseline>();
	readonly #defaults = new Map<OperatingSystem, Baseline>();
	/** The oldest first. */
	#registrations: readonly Registration[] = [];

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
		for (const baseline of predefinedBaselines(ctx)) {
			this.#baselines.set(baseline.id, baseline);
			this.#defaults.set(baseline.settings.os, baseline);
		}
	}

	/** AWS's own first. */
	all(): Baseline[] {
		return [...this.#baselines.values()];
	}

	/**
	 * @param id of one's own also by its ARN.
	 * @throws AwsError `DoesNotExistException`, `InvalidResourceId`.
	 */
	get(id: string | undefined): Baseline {
		const own = `arn:aws:ssm:${this.#ctx.region}:${this.#ctx.account}:patchbaseline/`;
		const baseline = this.#baselines.get(id?.startsWith(own) ? id.slice(own.length) : (id ?? ''));
		if (baseline) return baseline;
		if (!/^(arn:aws:ssm:.+:patchbaseline\/)?pb-[0-9a-f]{17}$/.test(id ?? '')) {
			throw new AwsError('InvalidResourceId', `${id} is not the id of a patch baseline.`);
		}
		throw new AwsError('DoesNotExistException', `Patch baseline ${id} does not exist`);
	}

	/** @throws AwsError `ResourceLimitExceededException`. */
	create(settings: BaselineSettings, tags: Map<string, string>, id = `pb-${this.#ctx.id(17)}`): Baseline {
		if (this.all().filter(({ owner }) => owner === 'Self').length >= MOST_BASELINES) {
			throw new AwsError('ResourceLimitExceededException', `The limit of ${MOST_BASELINES} patch baselines is reached.`);
		}
		const now = this.#ctx.clock.now();
		const baseline: Baseline = { id, owner: 'Self', createdAt: now, modifiedAt: now, tags, settings };
		this.#baselines.set(id, baseline);
		return baseline;
	}

	update(baseline: Baseline, settings: BaselineSettings): void {
		baseline.settings = settings;
		baseline.modifiedAt = this.#ctx.clock.now();
	}

	/** @throws AwsError `ResourceInUseException` for one that is a default, or that groups are registered with. */
	delete(baseline: Baseline): void {
		if (this.groupsOf(baseline).length > 0 || this.isDefault(baseline)) {
			throw new AwsError('ResourceInUseException', `Patch baseline ${baseline.id} is in use.`);
		}
		this.#baselines.delete(baseline.id);
	}

	isDefault(baseline: Baseline): boolean {
		return this.#defaults.get(baseline.settings.os) === baseline;
	}

	makeDefault(baseline: Baseline): void {
		this.#defaults.set(baseline.settings.os, baseline);
	}

	/** @throws AwsError `DoesNotExistException` for a system without predefined baseline here. */
	default(os: OperatingSystem): Baseline {
		const baseline = this.#defaults.get(os);
		if (!baseline) throw new AwsError('DoesNotExistException', `The local AWS has no default patch baseline for ${os}.`);
		return baseline;
	}

	groups(): readonly Registration[] {
		return this.#registrations;
	}

	groupsOf(baseline: Baseline): string[] {
		return this.#registrations.filter((each) => each.baseline === baseline).map(({ group }) => group);
	}

	/**
	 * Once more with the same baseline is no error.
	 * @throws AwsError `AlreadyExistsException`: a group has one baseline for each system; `ResourceLimitExceededException`.
	 */
	register(baseline: Baseline, group: string): void {
		const known = this.#registrations.find((each) => each.group === group && each.baseline.settings.os === baseline.settings.os);
		if (known?.baseline === baseline) return;
		if (known) {
			throw new AwsError(
				'AlreadyExistsException',
				`Patch Group baseline registration for '${group}' and operating system '${baseline.settings.os}' already exists.`,
			);
		}
		if (this.groupsOf(baseline).length >= MOST_GROUPS) {
			throw new AwsError('ResourceLimitExceededException', `A patch baseline has at most ${MOST_GROUPS} patch groups.`);
		}
		this.#registrations = [...this.#registrations, { group, baseline }];
	}

	deregister(baseline: Baseline, group: string): void {
		this.#registrations = this.#registrations.filter((each) => each.baseline !== baseline || each.group !== group);
	}

	/** The baseline of a group's nodes of a system: the one registered, or the system's default. */
	for(os: OperatingSystem, group: string | undefined): Baseline {
		const registered = this.#registrations.find((each) => each.group === group && each.baseline.settings.os === os);
		return registered?.baseline ?? this.default(os);
	}
}
