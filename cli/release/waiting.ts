/** Instances that wait at a hook of ours, found without anything of ours but the playbooks. */

import { type AutoScalingGroup, type Instance, paginateDescribeAutoScalingGroups } from '@aws-sdk/client-auto-scaling';
import { describeError } from '../../shared/errors.ts';
import { LAUNCHING, occasionOf, transitionsOfState } from '../../shared/kinds/lifecycle/sighting.ts';
import { matchSighting } from '../../shared/opening/lifecycle.ts';
import { type Tags, tagsOf } from '../../shared/opening/tags.ts';
import type { LifecycleSubject } from '../../shared/operation/types.ts';
import { inParallel } from '../../shared/parallel.ts';
import type { LifecycleServices } from '../../shared/parts/lifecycle.ts';
import { claimsHook } from '../../shared/playbook/match.ts';
import type { LifecyclePlaybook, LifecycleResult, PlaybookSet } from '../../shared/playbook/types.ts';
import { attempt } from '../../shared/settled.ts';
import { instancesOf, sightingFrom } from '../../shared/sweeps/hooks.ts';

const CONCURRENT_GROUPS = 5;

/** An instance at a hook that a playbook names. */
export interface Waiting {
	readonly subject: LifecycleSubject;
	/** `Terminating:Wait` */
	readonly lifecycleState: string;
	readonly result: LifecycleResult;
	readonly playbook: string;
}

/** An instance that is not ours to release, or not for certain. */
export interface Left {
	readonly instanceId: string;
	readonly group: string;
	readonly hook: string;
	readonly lifecycleState: string;
	readonly why: string;
}

export interface Found {
	readonly waiting: readonly Waiting[];
	readonly left: readonly Left[];
	/** Groups that could not be looked into. */
	readonly unread: readonly { readonly group: string; readonly why: string }[];
}

type Sighted = ReturnType<typeof sightingFrom> & { readonly lifecycleState: string };

/**
 * Looks into all groups, their warm pools included. Hooks that no playbook names are passed over without a word.
 * @param result in place of what follows from the playbook: a termination goes on (CONTINUE), a launch ends as its playbook says for a
 * failure.
 * @throws what the SDK throws where the groups cannot be listed; a single group that cannot be looked into is among the result.
 */
export async function findWaiting(services: LifecycleServices, set: PlaybookSet, result?: LifecycleResult): Promise<Found> {
	const sighted: Sighted[] = [];
	const left: Left[] = [];
	const unread: Found['unread'][number][] = [];
	for await (const page of paginateDescribeAutoScalingGroups({ client: services.aws.autoScaling, pageSize: 100 }, {})) {
		await inParallel(page.AutoScalingGroups ?? [], CONCURRENT_GROUPS, async (group) => {
			const inside = await attempt(() => lookInto(services, set, group));
			if (!inside.ok) unread.push({ group: group.AutoScalingGroupName ?? '', why: describeError(inside.error) });
			else {
				sighted.push(...inside.value.sighted);
				left.push(...inside.value.left);
			}
		});
	}
	const tags = await tagsAsked(services, set, sighted);
	const waiting = sighted.flatMap((each): Waiting[] => {
		const found = playbookOf(set, each, tags?.get(each.subject.instanceId));
		if (typeof found === 'string') {
			left.push({ ...leftOf(each), why: found });
			return [];
		}
		const { transition } = each.subject;
		const own = transition === LAUNCHING ? found.then.onFailure.lifecycle : 'CONTINUE';
		return [{ subject: each.subject, lifecycleState: each.lifecycleState, result: result ?? own, playbook: found.name }];
	});
	return { waiting, left, unread };
}

async function lookInto(
	services: LifecycleServices,
	set: PlaybookSet,
	group: AutoScalingGroup,
): Promise<{ readonly sighted: Sighted[]; readonly left: Left[] }> {
	const { AutoScalingGroupName: name = '', AutoScalingGroupARN: arn = '' } = group;
	const [, , , region = '', account = ''] = arn.split(':');
	const instances = await instancesOf(services, group);
	const held = instances.filter(({ LifecycleState = '' }) => transitionsOfState(LifecycleState).length > 0);
	const hooks = held.length > 0 ? await services.hooks.of(name) : [];
	const all = held.flatMap((instance) => sightingsOf(instance));
	const isUnclear = ({ subject, lifecycleState }: Sighted) =>
		hooks.some(
			({ LifecycleTransition: other }) => other !== subject.transition && transitionsOfState(lifecycleState).some((each) => each === other),
		);
	const why = 'a launch into the warm pool and a return to it look the same here, and the group has hooks for both: see its events';
	return {
		sighted: all.filter((each) => !isUnclear(each)),
		left: all.filter(isUnclear).map((each) => ({ ...leftOf(each), why })),
	};

	function sightingsOf({ InstanceId: instanceId = '', LifecycleState }: Instance): Sighted[] {
		const lifecycleState: string = LifecycleState ?? '';
		return transitionsOfState(lifecycleState).flatMap((transition) =>
			hooks
				.filter(({ LifecycleTransition }) => LifecycleTransition === transition)
				.filter(({ LifecycleHookName: hook = '' }) => claimsHook(set, occasionOf(transition), { group: name, hook }).length > 0)
				.map(({ LifecycleHookName: hook = '' }) => {
					const subject = { group: name, groupArn: arn, hook, instanceId, transition, account, region };
					return { ...sightingFrom(subject, lifecycleState, services.now()), lifecycleState };
				}),
		);
	}
}

function leftOf({ subject: { instanceId, group, hook }, lifecycleState }: Sighted): Omit<Left, 'why'> {
	return { instanceId, group, hook, lifecycleState };
}

/** The tags of those whose playbook depends on them; undefined where they cannot be read. */
async function tagsAsked(
	services: LifecycleServices,
	set: PlaybookSet,
	sighted: readonly Sighted[],
): Promise<Map<string, Tags> | undefined> {
	const asking = sighted
		.filter((each) => 'needsTags' in matchSighting(set, each))
		.map(({ subject }) => ({ ...subject, node: subject.instanceId }));
	const tags = await attempt(() => tagsOf(services, asking));
	return tags.ok ? tags.value : undefined;
}

/** The playbook that it waits for, or why it waits for none. Without tags, the first that names the hook. */
function playbookOf(set: PlaybookSet, sighting: Sighted, tags: Tags | undefined): LifecyclePlaybook | string {
	const { subject } = sighting;
	const found = matchSighting(set, sighting, tags);
	if ('none' in found) return found.none;
	const [first] = claimsHook(set, occasionOf(subject.transition), subject);
	const compiled = 'playbook' in found ? found.playbook : first;
	if (compiled === undefined) return 'no playbook names its hook';
	const { playbook } = compiled;
	return playbook.brakes?.observe ? `${playbook.name} only observes: the hook is somebody else's to complete` : playbook;
}
