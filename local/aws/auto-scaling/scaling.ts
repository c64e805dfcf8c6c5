/** How groups come by their instances and lose them: launches, terminations, the warm pool, health. */

import { FAILED_LAUNCH_BACKOFF_MS, HOOKS_AFTER_ABANDONED_LAUNCH, LATENCY_MS, within } from '../assumptions.ts';
import type { Ec2, Instance } from '../ec2.ts';
import { type AwsContext, AwsError } from '../types.ts';
import { Activities } from './activities.ts';
import {
	countsTowardsCapacity,
	type Group,
	isLeaving,
	isWarmed,
	LAUNCHING,
	type LifecycleState,
	type Member,
	type Place,
	TERMINATING,
} from './model.ts';
import { type SeededAction, Waits } from './waits.ts';

export class Scaling {
	readonly #ctx: AwsContext;
	readonly #ec2: Ec2;
	readonly #activities: Activities;
	readonly #members = new Map<string, Member>();
	readonly waits: Waits;

	constructor(ctx: AwsContext, ec2: Ec2) {
		this.#ctx = ctx;
		this.#ec2 = ec2;
		this.#activities = new Activities(ctx, ec2);
		this.waits = new Waits(ctx);
		ec2.onState((instance) => this.#instanceChanged(instance));
	}

	member(instanceId: string): Member | undefined {
		return this.#members.get(instanceId);
	}

	/** Puts an instance that exists into a group, in a state where nothing is under way. */
	adopt(group: Group, instanceId: string, state: LifecycleState): Member {
		const member: Member = { instanceId, group, state, health: 'Healthy', protectedFromScaleIn: false };
		group.members.set(instanceId, member);
		this.#members.set(instanceId, member);
		return member;
	}

	/** Makes an adopted instance one that waits on its way out (or in) since before the world began. */
	adoptWaiting(member: Member, actions: readonly SeededAction[]): void {
		const leaving = isLeaving(member.state);
		const [origin, destination] = leaving ? (['AutoScalingGroup', 'EC2'] as const) : (['EC2', 'AutoScalingGroup'] as const);
		member.activity = this.#activities.begin(member, origin, destination, 'an instance was already on its way when this world began');
		member.activity.status = 'MidLifecycleAction';
		const done = leaving
			? this.#afterTermination(member)
			: (result: 'CONTINUE' | 'ABANDON', why: string) =>
					result === 'CONTINUE' ? this.#enterService(member) : this.#abandonLaunch(member, why);
		this.waits.seed(member, leaving ? TERMINATING : LAUNCHING, actions, done);
	}

	/** Brings a group to its desired capacity, after the moment Auto Scaling takes to decide. */
	plan(group: Group): void {
		if (group.planned) return;
		group.planned = true;
		const wait = Math.max(within(this.#ctx.clock, LATENCY_MS.scalingDecision), group.launchNotBefore - this.#ctx.clock.now());
		this.#ctx.clock.after(wait, () => {
			group.planned = false;
			this.#balance(group);
		});
	}

	/** Takes an instance out through its group's termination hooks; one that leaves already goes on leaving. */
	terminate(member: Member, cause: string): void {
		if (member.state.endsWith(':Retained')) {
			this.#proceed(member);
			return;
		}
		if (isLeaving(member.state)) return;
		const origin: Place = isWarmed(member.state) ? 'WarmPool' : 'AutoScalingGroup';
		this.#leave(member, origin, cause);
	}

	#balance(group: Group): void {
		const serving = this.#of(group, countsTowardsCapacity);
		if (serving.length < group.desired && this.#ctx.clock.now() < group.launchNotBefore) {
			this.plan(group);
			return;
		}
		for (let missing = group.desired - serving.length; missing > 0; missing--) this.#scaleOut(group);
		const surplus = serving.filter((member) => !member.protectedFromScaleIn).slice(0, Math.max(0, serving.length - group.desired));
		for (const member of surplus) this.#scaleIn(member);
		this.#balancePool(group);
	}

	#balancePool(group: Group): void {
		const pool = this.#of(group, (state) => isWarmed(state) && !isLeaving(state));
		const wanted = group.warmPool ? Math.max(group.warmPool.minSize, (group.warmPool.maxPrepared ?? group.max) - group.desired) : 0;
		for (let missing = wanted - pool.length; missing > 0; missing--) this.#launch(group, 'WarmPool');
		for (const member of pool.slice(0, Math.max(0, pool.length - wanted))) this.terminate(member, 'the warm pool is larger than wanted');
	}

	/** The members in such a state, in the order they were launched. */
	#of(group: Group, which: (state: LifecycleState) => boolean): Member[] {
		return [...group.members.values()].filter((member) => which(member.state));
	}

	#scaleOut(group: Group): void {
		const [warm] = this.#of(group, (state) => state === 'Warmed:Stopped' || state === 'Warmed:Running');
		if (!warm) {
			this.#launch(group, 'AutoScalingGroup');
			return;
		}
		const stopped = warm.state === 'Warmed:Stopped';
		warm.state = 'Pending';
		warm.activity = this.#activities.begin(warm, 'WarmPool', 'AutoScalingGroup', 'an instance was taken from the warm pool');
		if (stopped) this.#ec2.start(warm.instanceId);
		else this.#arrive(warm);
	}

	#launch(group: Group, destination: 'AutoScalingGroup' | 'WarmPool'): void {
		const machine = group.nextLaunches.shift() ?? group.machine;
		const propagated = [...group.tags].filter(([key]) => !group.notPropagated.has(key));
		const tags = { ...Object.fromEntries(propagated), 'aws:autoscaling:groupName': group.name };
		const zone = group.availabilityZones[group.members.size % group.availabilityZones.length];
		const instance = this.#ec2.launch({ machine, tags, ...(zone === undefined ? {} : { availabilityZone: zone }) });
		const member = this.adopt(group, instance.id, destination === 'WarmPool' ? 'Warmed:Pending' : 'Pending');
		const cause = 'an instance was started in response to a difference between desired and actual capacity';
		member.activity = this.#activities.begin(member, 'EC2', destination, cause);
	}

	/** The instance runs: now its launch hooks hold it. */
	#arrive(member: Member): void {
		const toPool = member.state === 'Warmed:Pending';
		const { origin, destination } = member.activity ?? { origin: 'EC2', destination: 'AutoScalingGroup' };
		const enter = () => (toPool ? this.#enterPool(member) : this.#enterService(member));
		const waits = this.waits.begin(member, {
			state: toPool ? 'Warmed:Pending:Wait' : 'Pending:Wait',
			transition: LAUNCHING,
			origin,
			destination,
			done: (result, why) => (result === 'CONTINUE' ? enter() : this.#abandonLaunch(member, why)),
		});
		if (waits) this.#activities.holds(member);
		else enter();
	}

	#enterService(member: Member): void {
		this.#pass(member, 'Pending:Proceed', () => {
			member.state = 'InService';
			member.group.failedLaunches = 0;
			this.#activities.succeed(member);
			const instance = this.#ec2.instance(member.instanceId);
			if (instance?.state !== 'running') this.#noticeDeath(member);
			this.plan(member.group);
		});
	}

	#enterPool(member: Member): void {
		this.#pass(member, 'Warmed:Pending:Proceed', () => {
			this.#activities.succeed(member);
			if (this.#ec2.instance(member.instanceId)?.state !== 'running') this.#noticeDeath(member);
			if (member.group.warmPool?.poolState === 'Running') member.state = 'Warmed:Running';
			else this.#ec2.stop(member.instanceId);
		});
	}

	#abandonLaunch(member: Member, why: string): void {
		const { group } = member;
		this.#activities.fail(member, `Instance failed to complete user's Lifecycle Action: ${why}`);
		group.failedLaunches += 1;
		const backoff = FAILED_LAUNCH_BACKOFF_MS.first * 2 ** (group.failedLaunches - 1);
		group.launchNotBefore = this.#ctx.clock.now() + (group.failedLaunches > 1 ? Math.min(backoff, FAILED_LAUNCH_BACKOFF_MS.most) : 0);
		const origin = isWarmed(member.state) ? 'WarmPool' : 'AutoScalingGroup';
		this.#leave(member, origin, 'the launch was abandoned by a lifecycle hook', HOOKS_AFTER_ABANDONED_LAUNCH);
	}

	#scaleIn(member: Member): void {
		const pool = member.group.warmPool;
		const cause = 'an instance was taken out of service in response to a difference between desired and actual capacity';
		if (!pool?.reuseOnScaleIn || member.state !== 'InService') {
			this.terminate(member, cause);
			return;
		}
		member.activity = this.#activities.begin(member, 'AutoScalingGroup', 'WarmPool', cause);
		const done = (result: 'CONTINUE' | 'ABANDON') => {
			if (result === 'CONTINUE') this.#enterPool(member);
			else this.#leave(member, 'WarmPool', 'the return to the warm pool was abandoned by a lifecycle hook');
		};
		const waits = this.waits.begin(member, {
			state: 'Warmed:Pending:Wait',
			transition: TERMINATING,
			origin: 'AutoScalingGroup',
			destination: 'WarmPool',
			done,
		});
		if (waits) this.#activities.holds(member);
		else this.#enterPool(member);
	}

	#leave(member: Member, origin: Place, cause: string, withHooks = true): void {
		this.waits.drop(member);
		const state = origin === 'WarmPool' ? 'Warmed:Terminating' : 'Terminating';
		member.state = state;
		member.activity = this.#activities.begin(member, origin, 'EC2', cause);
		this.plan(member.group);
		const done = this.#afterTermination(member);
		const request = { state: `${state}:Wait`, transition: TERMINATING, origin, destination: 'EC2', done } as const;
		if (withHooks && this.waits.begin(member, request)) this.#activities.holds(member);
		else this.#proceed(member);
	}

	/** Both results terminate, unless the group's instance lifecycle policy retains what was abandoned. */
	#afterTermination(member: Member): (result: 'CONTINUE' | 'ABANDON') => void {
		return (result) => {
			if (result === 'ABANDON' && member.group.retainOnAbandon) {
				member.state = isWarmed(member.state) ? 'Warmed:Terminating:Retained' : 'Terminating:Retained';
			} else {
				this.#proceed(member);
			}
		};
	}

	#proceed(member: Member): void {
		const state = isWarmed(member.state) ? 'Warmed:Terminating:Proceed' : 'Terminating:Proceed';
		this.#pass(member, state, () => {
			const instance = this.#ec2.instance(member.instanceId);
			if (!instance || instance.state === 'terminated') this.#gone(member);
			else this.#ec2.terminate(member.instanceId);
		});
	}

	#pass(member: Member, state: LifecycleState, then: () => void): void {
		member.state = state;
		this.#ctx.clock.after(within(this.#ctx.clock, LATENCY_MS.lifecycleProceed), () => {
			if (member.state === state) then();
		});
	}

	#gone(member: Member): void {
		member.state = isWarmed(member.state) ? 'Warmed:Terminated' : 'Terminated';
		this.#activities.succeed(member);
		member.group.members.delete(member.instanceId);
		this.#members.delete(member.instanceId);
		this.plan(member.group);
	}

	#instanceChanged(instance: Instance): void {
		const member = this.#members.get(instance.id);
		if (!member) return;
		const { state } = member;
		if (instance.state === 'running' && (state === 'Pending' || state === 'Warmed:Pending')) this.#arrive(member);
		else if (instance.state === 'stopped' && state === 'Warmed:Pending:Proceed') member.state = 'Warmed:Stopped';
		else if (instance.state === 'terminated' && state.endsWith('Terminating:Proceed')) this.#gone(member);
		else if (instance.state === 'terminated' || instance.state === 'stopped') this.#noticeDeath(member);
	}

	/** Health checks look at instances in service, in the pool, and at launches that die before their hooks. */
	#noticeDeath(member: Member): void {
		this.#ctx.clock.after(within(this.#ctx.clock, LATENCY_MS.healthCheck), () => {
			const { state } = member;
			if (state !== 'InService' && state !== 'Pending' && !/^Warmed:(Pending|Pending:Proceed|Stopped|Running)$/.test(state)) return;
			const alive = this.#ec2.instance(member.instanceId)?.state;
			if (alive === 'running' || (alive === 'stopped' && isWarmed(state))) return;
			member.health = 'Unhealthy';
			this.#activities.fail(member, 'Instance became unhealthy while waiting for instance to be in InService state.');
			const cause = 'an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped';
			this.terminate(member, cause);
		});
	}
}

/** @throws AwsError as Auto Scaling does for an instance that is in no group. */
export function requireMember(scaling: Scaling, instanceId: string | undefined): Member {
	const member = instanceId === undefined ? undefined : scaling.member(instanceId);
	if (!member) throw new AwsError('ValidationError', `Instance Id not found - No managed instance found for instance ID: ${instanceId}`);
	return member;
}
