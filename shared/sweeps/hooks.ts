/** Finds instances that wait at a hook of ours and that no operation is about: their events never came. */

import {
	type AutoScalingGroup,
	type Instance,
	paginateDescribeAutoScalingGroups,
	paginateDescribeWarmPool,
} from '@aws-sdk/client-auto-scaling';
import { Drop, describeError } from '../errors.ts';
import { occasionOf, type Sighting, TERMINATING, transitionsOfState } from '../kinds/lifecycle/sighting.ts';
import { openSightings } from '../opening/lifecycle.ts';
import type { SweepReport } from '../operation/clock.ts';
import { operationId } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { LifecycleSubject } from '../operation/types.ts';
import { chunks, inParallel } from '../parallel.ts';
import type { LifecycleServices } from '../parts/lifecycle.ts';
import { claimsHook } from '../playbook/match.ts';
import { LIFECYCLE_OCCASIONS, type PlaybookOn, type PlaybookSet } from '../playbook/types.ts';

/** Operations that are opened together: two full SendCommand calls. */
const BATCH = 100;
/** Records of one DescribeAutoScalingGroups page. */
const GROUPS_PER_PAGE = 100;
const CONCURRENT_GROUPS = 5;
/** No new batch is begun after this: the next sweep takes what is left. Milliseconds. */
const BEGIN_WITHIN = 30_000;
/** The sweep's period: a wait that it finds is taken to have begun one sweep earlier. Milliseconds. */
const SWEEP_PERIOD = 300_000;

const isForLifecycle = (on: PlaybookOn) => LIFECYCLE_OCCASIONS.some((occasion) => occasion === on);

/** Finds instances that wait at a hook of ours and that no operation is about. */
export async function sweepHooks(services: LifecycleServices, set: PlaybookSet): Promise<SweepReport> {
	const beganAt = services.now();
	const sightings: Sighting[] = [];
	if (set.playbooks.some(({ playbook }) => isForLifecycle(playbook.on))) {
		const pages = paginateDescribeAutoScalingGroups({ client: services.aws.autoScaling, pageSize: GROUPS_PER_PAGE }, {});
		for await (const page of pages) {
			const found = await inParallel(page.AutoScalingGroups ?? [], CONCURRENT_GROUPS, (group) => sightingsIn(services, set, group));
			sightings.push(...found.flat());
		}
	}
	const known = await knownOpen(services, sightings);
	const fresh = sightings.filter(({ subject }) => !known.has(operationId(subject, 1)));
	const batches = chunks(fresh, BATCH);
	let opened = 0;
	for (const [index, batch] of batches.entries()) {
		if (services.now() - beganAt > BEGIN_WITHIN) break;
		if (index === 1 && (await areComingIn(services, batches.slice(1).flat()))) break;
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

/**
 * Whether events open more of these meanwhile than the sweep does: they are the rest of a burst, wait in their queue and are not lost.
 * What is lost among them the next sweep finds.
 */
async function areComingIn(services: Services, sightings: readonly Sighting[]): Promise<boolean> {
	return (await knownOpen(services, sightings)).size >= BATCH;
}

/** First occurrences that are open: nothing to do for them. */
async function knownOpen({ ledger }: Services, sightings: readonly Sighting[]): Promise<Set<string>> {
	const operations = await ledger.load(sightings.map(({ subject }) => operationId(subject, 1)));
	return new Set(operations.filter(({ closedAt }) => closedAt === undefined).map(({ id }) => id));
}

async function sightingsIn(services: LifecycleServices, set: PlaybookSet, group: AutoScalingGroup): Promise<Sighting[]> {
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
export async function instancesOf({ aws }: Pick<Services, 'aws'>, group: AutoScalingGroup): Promise<Instance[]> {
	const { AutoScalingGroupName, Instances = [], WarmPoolConfiguration } = group;
	if (WarmPoolConfiguration === undefined) return Instances;
	const warm: Instance[] = [];
	for await (const page of paginateDescribeWarmPool({ client: aws.autoScaling }, { AutoScalingGroupName }))
		warm.push(...(page.Instances ?? []));
	return [...Instances, ...warm];
}

/** What an event would have said, as far as the instance's state tells. */
export function sightingFrom(
	found: Omit<LifecycleSubject, 'kind' | 'origin' | 'destination'>,
	lifecycleState: string,
	now: number,
): Sighting {
	const place = placesOf(found.transition, lifecycleState);
	return {
		subject: { kind: 'lifecycle', ...found, ...place },
		detail: {
			AutoScalingGroupName: found.group,
			LifecycleHookName: found.hook,
			EC2InstanceId: found.instanceId,
			LifecycleTransition: found.transition,
			...(place.origin !== undefined && { Origin: place.origin }),
			Destination: place.destination,
		},
		startedAt: now - SWEEP_PERIOD,
		seenBy: 'sweep',
	};
}

/** From where to where an instance moves, as far as its state says so: one that is launching may come from EC2 or from the warm pool. */
function placesOf(transition: LifecycleSubject['transition'], lifecycleState: string): Pick<LifecycleSubject, 'origin' | 'destination'> {
	switch (lifecycleState) {
		case 'Terminating:Wait':
			return { origin: 'AutoScalingGroup', destination: 'EC2' };
		case 'Warmed:Terminating:Wait':
			return { origin: 'WarmPool', destination: 'EC2' };
		case 'Warmed:Pending:Wait':
			return { origin: transition === TERMINATING ? 'AutoScalingGroup' : 'EC2', destination: 'WarmPool' };
		default:
			return { destination: 'AutoScalingGroup' };
	}
}
