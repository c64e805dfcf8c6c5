/** The groups there are. */

import type { Machine } from '../ec2-machine.ts';
import { type AwsContext, AwsError } from '../types.ts';
import type { Group, Hook, WarmPool } from './model.ts';
import { invalid } from './validation.ts';
import { groupArn } from './views.ts';

export interface GroupSpec {
	readonly name: string;
	readonly min: number;
	readonly max: number;
	readonly desired: number;
	/** What its launch template boots; default: a Linux machine whose agent registers 15 seconds after it runs. */
	readonly machine?: Machine;
	readonly tags?: Readonly<Record<string, string>>;
	/** Keys of the tags that its instances do not get at launch. */
	readonly notPropagated?: readonly string[];
	readonly hooks?: readonly Hook[];
	readonly availabilityZones?: readonly string[];
	readonly warmPool?: WarmPool;
	readonly retainOnAbandon?: boolean;
	/** What differs on the next launches, one entry each. */
	readonly nextLaunches?: readonly Machine[];
}

const PLAIN_MACHINE: Machine = { platform: 'Linux', bootSeconds: 10, registerSeconds: 15, behaviours: {} };

export class Groups {
	readonly #ctx: AwsContext;
	readonly #groups = new Map<string, Group>();

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
	}

	all(): Group[] {
		return [...this.#groups.values()];
	}

	find(name: string): Group | undefined {
		return this.#groups.get(name);
	}

	/** @throws AwsError `ValidationError` where there is none of that name. */
	get(name: string | undefined): Group {
		const group = this.#groups.get(name ?? '');
		if (!group) throw invalid(`AutoScalingGroup name not found - AutoScalingGroup ${name} not found`);
		return group;
	}

	/** @throws AwsError `AlreadyExists`, or `ValidationError` for bounds that do not fit. */
	create(spec: GroupSpec): Group {
		if (this.#groups.has(spec.name)) {
			throw new AwsError('AlreadyExists', 'AutoScalingGroup by this name already exists - A group with the name already exists');
		}
		if (spec.name === '') throw invalid('AutoScalingGroupName is required.');
		if (spec.desired < spec.min || spec.desired > spec.max) throw invalid('Desired capacity must be between the min and max bounds.');
		const group: Group = {
			name: spec.name,
			arn: groupArn(this.#ctx, spec.name),
			createdAt: this.#ctx.clock.now(),
			availabilityZones: spec.availabilityZones ?? ['a', 'b', 'c'].map((zone) => `${this.#ctx.region}${zone}`),
			hooks: new Map((spec.hooks ?? []).map((hook) => [hook.name, hook])),
			members: new Map(),
			activities: [],
			machine: spec.machine ?? PLAIN_MACHINE,
			tags: new Map(Object.entries(spec.tags ?? {})),
			notPropagated: new Set(spec.notPropagated),
			nextLaunches: [...(spec.nextLaunches ?? [])],
			min: spec.min,
			max: spec.max,
			desired: spec.desired,
			...(spec.warmPool ? { warmPool: spec.warmPool } : {}),
			retainOnAbandon: spec.retainOnAbandon ?? false,
			failedLaunches: 0,
			launchNotBefore: 0,
			planned: false,
		};
		this.#groups.set(group.name, group);
		return group;
	}
}
