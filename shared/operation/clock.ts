/** The clock: once a minute what is due; every five minutes what should have been reported and was not. */

import {
	type AutoScalingGroup,
	type Instance,
	paginateDescribeAutoScalingGroups,
	paginateDescribeWarmPool,
} from '@aws-sdk/client-auto-scaling';
import { reclaimSlots } from '../brakes/reclaim.ts';
import { Drop, describeError, Fail } from '../errors.ts';
import { occasionOf, type Sighting, TERMINATING, transitionsOfState } from '../kinds/lifecycle/sighting.ts';
import { chunks, inParallel } from '../parallel.ts';
import { claimsHook } from '../playbook/match.ts';
import type { PlaybookSet } from '../playbook/types.ts';
import { attempt, type Settled } from '../settled.ts';
import { advance } from './engine.ts';
import { operationId } from './ids.ts';
import { openSightings } from './open.ts';
import type { Services } from './services.ts';
import type { LifecycleSubject } from './types.ts';

/** Operations of one round: two full SendCommand calls. */
const BATCH = 100;
/**
 * No new batch is begun after this; what is left is due in the next minute too. A batch that starts runbooks takes up to 35 s,
 * and the function's timeout is 60 s.
 */
const BEGIN_WITHIN = 20_000;
/** Records of one DescribeAutoScalingGroups page. */
const GROUPS_PER_PAGE = 100;
const CONCURRENT_GROUPS = 5;
/** The sweep's period: a wait that it finds is taken to have begun one sweep earlier. Milliseconds. */
const SWEEP_PERIOD = 300_000;

export interface TickReport {
	readonly due: number;
	readonly looked: number;
	readonly closed: number;
}

/** Moves everything that is due: heartbeats, look-ups, deadlines, what waited, what could not be published. */
export async function tickDue(services: Services): Promise<TickReport> {
	const beganAt = services.now();
	const ids = await services.ledger.due(beganAt);
	let looked = 0;
	let closed = 0;
	for (const batch of chunks(ids, BATCH)) {
		if (services.now() - beganAt > BEGIN_WITHIN) break;
		const operations = await services.ledger.load(batch);
		// The index may lag behind the operation it names.
		const due = operations.filter(({ dueAt }) => dueAt !== undefined && dueAt <= services.now());
		const outcomes = await advance(
			services,
			due.map((operation) => ({ operation, facts: [{ type: 'tick' }] })),
		);
		looked += due.length;
		closed += outcomes.filter(({ operation }) => operation.closedAt !== undefined).length;
	}
	const report = { due: ids.length, looked, closed };
	if (ids.length > 0) services.log.info('Looked at what is due', report);
	return report;
}

export interface SweepReport {
	/** Instances in a `*:Wait` state whose hook a playbook could claim. */
	readonly waiting: number;
	readonly opened: number;
}

/** Finds instances that wait at a hook of ours and that no operation is about. */
async function sweep(services: Services): Promise<SweepReport> {
	const { set } = await services.playbooks.load();
	await reclaimSlots(
		services,
		set.playbooks.map(({ playbook }) => playbook),
	);
	const sightings: Sighting[] = [];
	if (set.playbooks.length > 0) {
		const pages = paginateDescribeAutoScalingGroups({ client: services.aws.autoScaling, pageSize: GROUPS_PER_PAGE }, {});
		for await (const page of pages) {
			const found = await inParallel(page.AutoScalingGroups ?? [], CONCURRENT_GROUPS, (group) => sightingsIn(services, set, group));
			sightings.push(...found.flat());
		}
	}
	const known = await knownOpen(services, sightings);
	const fresh = sightings.filter(({ subject }) => !known.has(operationId(subject, 1)));
	let opened = 0;
	for (const batch of chunks(fresh, BATCH)) {
		for (const result of await openSightings(services, batch)) {
			if (result.ok && result.value.outcome === 'opened') opened += 1;
			if (!result.ok) reportUnopened(services, result.error);
		}
	}
	const report = { waiting: sightings.length, opened };
	if (opened > 0) services.log.warn('The sweep found instances whose events never came', { ...report });
	return report;
}

function reportUnopened({ log }: Services, error: unknown): void {
	if (error instanceof Drop) log.debug('Swept instance left alone', { why: error.message });
	else log.error('Swept instance not opened; the next sweep tries again', { why: describeError(error) });
}

/** First occurrences that are open: nothing to do for them. */
async function knownOpen({ ledger }: Services, sightings: readonly Sighting[]): Promise<Set<string>> {
	const operations = await ledger.load(sightings.map(({ subject }) => operationId(subject, 1)));
	return new Set(operations.filter(({ closedAt }) => closedAt === undefined).map(({ id }) => id));
}

async function sightingsIn(services: Services, set: PlaybookSet, group: AutoScalingGroup): Promise<Sighting[]> {
	const { AutoScalingGroupName: name = '', AutoScalingGroupARN: arn = '' } = group;
	const [, , , region = '', account = ''] = arn.split(':');
	try {
		const instances = await instancesOf(services, group);
		const waiting = instances.filter(({ LifecycleState = '' }) => transitionsOfState(LifecycleState).length > 0);
		if (waiting.length === 0) return [];
		const hooks = await services.hooks.of(name);
		return waiting.flatMap(({ InstanceId = '', LifecycleState = '' }) => {
			const possible = transitionsOfState(LifecycleState);
			const candidates = hooks.filter(({ LifecycleTransition }) => possible.some((transition) => transition === LifecycleTransition));
			const transitions = new Set(candidates.map(({ LifecycleTransition }) => LifecycleTransition));
			if (transitions.size > 1) {
				services.log.warn('The sweep cannot tell which hook holds an instance', {
					group: name,
					instanceId: InstanceId,
					lifecycleState: LifecycleState,
				});
				services.count('SweepAmbiguous');
				return [];
			}
			return candidates.flatMap(({ LifecycleHookName: hook = '', LifecycleTransition }): Sighting[] => {
				const transition = LifecycleTransition as LifecycleSubject['transition'];
				if (claimsHook(set, occasionOf(transition), { group: name, hook }).length === 0) return [];
				return [
					sightingFrom(
						{ group: name, groupArn: arn, hook, instanceId: InstanceId, transition, account, region },
						LifecycleState,
						services.now(),
					),
				];
			});
		});
	} catch (error) {
		services.log.error('A group could not be swept; the next sweep tries again', { group: name, why: describeError(error) });
		return [];
	}
}

/** A group's instances and those of its warm pool, which DescribeAutoScalingGroups leaves out. */
async function instancesOf({ aws }: Services, group: AutoScalingGroup): Promise<Instance[]> {
	const { AutoScalingGroupName, Instances = [], WarmPoolConfiguration } = group;
	if (WarmPoolConfiguration === undefined) return Instances;
	const warm: Instance[] = [];
	for await (const page of paginateDescribeWarmPool({ client: aws.autoScaling }, { AutoScalingGroupName }))
		warm.push(...(page.Instances ?? []));
	return [...Instances, ...warm];
}

/** What an event would have said, as far as the instance's state tells. */
function sightingFrom(found: Omit<LifecycleSubject, 'kind' | 'origin' | 'destination'>, lifecycleState: string, now: number): Sighting {
	const place = placesOf(found.transition, lifecycleState);
	return {
		subject: { kind: 'lifecycle', ...found, ...place },
		detail: {
			AutoScalingGroupName: found.group,
			LifecycleHookName: found.hook,
			EC2InstanceId: found.instanceId,
			LifecycleTransition: found.transition,
			...(place && { Origin: place.origin, Destination: place.destination }),
		},
		startedAt: now - SWEEP_PERIOD,
		seenBy: 'sweep',
	};
}

/** From where to where an instance moves, where its state says so. */
function placesOf(transition: LifecycleSubject['transition'], lifecycleState: string) {
	if (lifecycleState === 'Warmed:Terminating:Wait') return { origin: 'WarmPool', destination: 'EC2' };
	if (lifecycleState !== 'Warmed:Pending:Wait') return undefined;
	return { origin: transition === TERMINATING ? 'AutoScalingGroup' : 'EC2', destination: 'WarmPool' };
}

/** Handles ticks and sweeps, as EventBridge's schedules send them. */
export async function handleClock(services: Services, events: readonly unknown[]): Promise<Settled<TickReport | SweepReport>[]> {
	return inParallel(events, 1, (event) => attempt<TickReport | SweepReport>(() => (isSweep(event) ? sweep(services) : tickDue(services))));
}

/** @throws Fail where the event is neither a tick nor a sweep. */
function isSweep(event: unknown): boolean {
	const detailType = (event as { 'detail-type'?: unknown } | null)?.['detail-type'];
	if (detailType === 'Sweep' || detailType === 'Scheduled Event') return detailType === 'Sweep';
	throw new Fail(`This is not an event of the clock: detail-type is ${JSON.stringify(detailType)}, expected 'Scheduled Event' or 'Sweep'`);
}
