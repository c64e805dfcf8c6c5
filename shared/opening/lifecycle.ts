/** Opening operations for instances that a hook holds, however that became known. */

import { Drop, describeError, Retry } from '../errors.ts';
import { isReturnToWarmPool, LAUNCHING, namesField, occasionOf, type Sighting } from '../kinds/lifecycle/sighting.ts';
import { canBeKeptAlive, deadline, heartbeatInterval, hookLimit, LATE_EVENT } from '../kinds/lifecycle/timers.ts';
import { advance } from '../operation/engine.ts';
import { operationId, subjectId } from '../operation/ids.ts';
import type { HookTimers, LifecycleOperation } from '../operation/types.ts';
import { CAUTIOUS_TIMERS, timersOf } from '../outcomes/hooks.ts';
import { inParallel } from '../parallel.ts';
import type { LifecycleServices } from '../parts/lifecycle.ts';
import { type Match, match } from '../playbook/match.ts';
import type { LoadedPlaybooks } from '../playbook/store.ts';
import type { CompiledPlaybook, LifecyclePlaybook, PlaybookSet } from '../playbook/types.ts';
import { attempt, type Settled } from '../settled.ts';
import type { Opening } from './admit.ts';
import { opened } from './opened.ts';
import { type Tags, tagsOf } from './tags.ts';

/** A new instance without tags is asked again this long after its launch: tags can lag. Milliseconds. */
const TAGS_MAY_LAG = 120_000;
/** A closed operation whose instance still waits this long afterwards is about an earlier wait. Milliseconds. */
const WAITS_AGAIN_AFTER = 600_000;
const CONCURRENT_READS = 10;

/** Opens what playbooks claim among the sightings. Results are in order of the sightings. */
export async function openSightings(services: LifecycleServices, sightings: readonly Sighting[]): Promise<Settled<Opening<'lifecycle'>>[]> {
	const loaded = await services.playbooks.load();
	const claims = await claim(services, loaded, sightings);
	const created = new Map<string, LifecycleOperation>();
	for (const [index, sighting] of sightings.entries()) {
		const claimed = claims[index];
		const key = subjectId(sighting.subject);
		// A duplicate in the same batch is about the same operation.
		const known = claimed?.ok && (created.has(key) || (observes(claimed.value) && (await services.ledger.latest(sighting.subject))));
		if (claimed?.ok && !known) created.set(key, await operationFor(services, sighting, claimed.value, 1));
	}
	const outcomes = await advance(
		services,
		[...created.values()].map((operation) => ({ operation, facts: [{ type: 'opened' }], created: true })),
	);
	const byId = new Map(outcomes.map((outcome) => [outcome.operation.id, outcome]));
	return inParallel(
		sightings.map((_, index) => index),
		CONCURRENT_READS,
		async (index): Promise<Settled<Opening<'lifecycle'>>> => {
			const sighting = sightings[index] as Sighting;
			const claimed = claims[index];
			if (claimed === undefined || !claimed.ok) return claimed ?? { ok: false, error: new Retry('the event was not matched') };
			const mine = created.get(subjectId(sighting.subject));
			const outcome = mine && byId.get(mine.id);
			// With a token of its own it is no copy: the hook has fired again meanwhile.
			if (outcome === undefined || outcome.taken || mine?.token !== sighting.token)
				return attempt(() => meet(services, sighting, claimed.value));
			const first = mine?.eventId === sighting.eventId;
			return { ok: true, value: { outcome: first ? 'opened' : 'exists', operation: outcome.operation } };
		},
	);
}

/** Its operations close at once, while the instance goes on waiting: each sighting of that wait is about the same operation. */
function observes({ playbook }: CompiledPlaybook<LifecyclePlaybook>): boolean {
	return playbook.brakes?.observe === true;
}

/** The playbook of each sighting, tags read where they decide. */
async function claim(
	services: LifecycleServices,
	{ set, reason }: LoadedPlaybooks,
	sightings: readonly Sighting[],
): Promise<Settled<CompiledPlaybook<LifecyclePlaybook>>[]> {
	if (reason !== undefined) {
		const error = new Retry(`${reason}: the event is tried again when playbook-change has run`);
		return sightings.map(() => ({ ok: false, error }));
	}
	const matchOne = (sighting: Sighting, tags?: Tags): Match => matchSighting(set, sighting, tags);
	const first = sightings.map((sighting) => matchOne(sighting));
	const asking = sightings.filter((_, index) => 'needsTags' in (first[index] ?? {}));
	const tags =
		asking.length > 0
			? await attempt(() =>
					tagsOf(
						services,
						asking.map(({ subject }) => ({ ...subject, node: subject.instanceId })),
					),
				)
			: undefined;
	return sightings.map((sighting, index): Settled<CompiledPlaybook<LifecyclePlaybook>> => {
		const early = first[index] as Match;
		if (!('needsTags' in early)) return verdict(services, sighting, early, {});
		if (!tags?.ok) return { ok: false, error: new Retry(`tags of ${sighting.subject.instanceId} cannot be read`, tags?.error) };
		const own = tags.value.get(sighting.subject.instanceId) ?? {};
		return verdict(services, sighting, matchOne(sighting, own), own);
	});
}

/** The playbook of a sighting. @param tags as `match` takes them. */
export function matchSighting(set: PlaybookSet, { subject, detail }: Pick<Sighting, 'subject' | 'detail'>, tags?: Tags): Match {
	const playbooks = isReturnToWarmPool(subject)
		? set.playbooks.filter(({ playbook }) => namesField(playbook.when.detail, 'Destination'))
		: set.playbooks;
	return match(occasionOf(subject.transition), detail, tags, { ...set, playbooks });
}

function verdict(
	services: LifecycleServices,
	{ subject, startedAt }: Sighting,
	found: Match,
	tags: Tags,
): Settled<CompiledPlaybook<LifecyclePlaybook>> {
	if ('playbook' in found) return { ok: true, value: found.playbook };
	const why = 'none' in found ? found.none : 'tags are not known';
	const { instanceId, hook, group } = subject;
	const untagged = 'none' in found && found.onlyTags && Object.keys(tags).length === 0;
	if (untagged && subject.transition === LAUNCHING && services.now() - startedAt <= TAGS_MAY_LAG) {
		return { ok: false, error: new Retry(`${instanceId} is new and shows no tags yet: asked again`) };
	}
	return { ok: false, error: new Drop('no-playbook', `${instanceId} at hook ${hook} of ${group} is left alone: ${why}`) };
}

async function operationFor(
	services: LifecycleServices,
	sighting: Sighting,
	compiled: CompiledPlaybook<LifecyclePlaybook>,
	occurrence: number,
): Promise<LifecycleOperation> {
	const { subject, detail, token, eventId } = sighting;
	const { playbook, parameterVersion } = compiled;
	const now = services.now();
	const observing = observes(compiled);
	const { timers, note } = observing ? { timers: CAUTIOUS_TIMERS, note: '' } : await hookTimers(services, sighting);
	// An event older than its hook can last says nothing about the wait, if there still is one: that is looked at first.
	const startedAt = hookLimit(timers, sighting.startedAt) > now ? sighting.startedAt : now - LATE_EVENT;
	const keptAlive = canBeKeptAlive(timers) && !observing;
	const state = subject.transition === LAUNCHING ? 'Pending:Wait' : 'Terminating:Wait';
	const why = `${playbook.name}: ${subject.hook} of ${subject.group} holds it in ${state}; ${foundBy(sighting)}${note}`;
	return {
		...opened(subject, occurrence, now, why),
		playbook: { name: playbook.name, parameterVersion },
		run: playbook.run,
		then: playbook.then,
		...(playbook.brakes && { brakes: playbook.brakes }),
		state: 'starting',
		deadlineAt: deadline(playbook.run.timeoutSeconds, timers, startedAt, now),
		...(token !== undefined && { token }),
		...(eventId !== undefined && { eventId }),
		hookTimers: timers,
		actionStartedAt: startedAt,
		...(keptAlive && { heartbeat: { nextAt: firstHeartbeat(sighting, startedAt + heartbeatInterval(timers), now), count: 0 } }),
		...(playbook.run.registerWithinSeconds > 0 && { registerBy: now + playbook.run.registerWithinSeconds * 1_000 }),
		occasion: { detail, account: subject.account, region: subject.region },
	};
}

/** How long an instance has waited that the sweep finds nobody knows, where sweeps before it failed. */
function firstHeartbeat({ seenBy }: Sighting, due: number, now: number): number {
	return seenBy === 'event' ? Math.max(now, due) : now;
}

function foundBy({ seenBy, by }: Sighting): string {
	if (seenBy === 'operator') return `tried again by ${by}`;
	return seenBy === 'event' ? 'its event came' : 'the sweep found it: its event never came';
}

async function hookTimers(
	services: LifecycleServices,
	{ subject }: Sighting,
): Promise<{ readonly timers: HookTimers; readonly note: string }> {
	const hooks = await attempt(() => services.hooks.of(subject.group));
	const hook = hooks.ok ? hooks.value.find(({ LifecycleHookName }) => LifecycleHookName === subject.hook) : undefined;
	if (hook === undefined) {
		const why = hooks.ok ? 'the group has no such hook any more' : describeError(hooks.error);
		services.log.warn('Hook timers unknown', { group: subject.group, hook: subject.hook, why });
		return { timers: CAUTIOUS_TIMERS, note: `; its timers cannot be read (${why}): 180 s are assumed` };
	}
	const timers = timersOf(hook);
	if (canBeKeptAlive(timers)) return { timers, note: '' };
	services.log.warn('Hook cannot be kept alive: raise its HeartbeatTimeout to 180 s or more', { group: subject.group, hook: subject.hook });
	services.count('HooksTooShort', { hook: subject.hook });
	return { timers, note: `; HeartbeatTimeout ${timers.heartbeatTimeoutSeconds} s is under 180 s: it is served without heartbeats` };
}

/** A sighting meets an operation that exists: it adds what it knows, or is a new occurrence. */
async function meet(
	services: LifecycleServices,
	sighting: Sighting,
	compiled: CompiledPlaybook<LifecyclePlaybook>,
): Promise<Opening<'lifecycle'>> {
	const existing = await services.ledger.latest(sighting.subject);
	if (existing === undefined) throw new Retry(`operation ${operationId(sighting.subject, 1)} exists and cannot be read`);
	const { token, eventId } = sighting;
	if (existing.closedAt === undefined) {
		// A late copy of an earlier wait's event must not bring its token back.
		const older = existing.token !== undefined && sighting.startedAt < existing.actionStartedAt;
		if (older) return { outcome: 'exists', operation: existing };
		const fact = { type: 'seen', ...(token && { token }), ...(eventId && { eventId }) } as const;
		const [outcome] = await advance(services, [{ operation: existing, facts: [fact] }]);
		return { outcome: 'exists', operation: outcome?.operation ?? existing };
	}
	if (!(await isNewOccurrence(services, existing, sighting, compiled))) return { outcome: 'exists', operation: existing };
	const operation = await operationFor(services, sighting, compiled, existing.occurrence + 1);
	await services.ledger.keepFirst(sighting.subject);
	const [outcome] = await advance(services, [{ operation, facts: [{ type: 'opened' }], created: true }]);
	if (outcome === undefined || outcome.taken) throw new Retry(`operation ${operation.id} is being opened by another run`);
	return { outcome: 'opened', operation: outcome.operation };
}

async function isNewOccurrence(
	services: LifecycleServices,
	existing: LifecycleOperation,
	sighting: Sighting,
	compiled: CompiledPlaybook<LifecyclePlaybook>,
): Promise<boolean> {
	if (sighting.seenBy === 'operator') return true;
	const closedAt = existing.closedAt ?? 0;
	if (sighting.token !== undefined) {
		if (existing.token !== undefined) return existing.token !== sighting.token && sighting.startedAt > existing.actionStartedAt;
		// The sweep served it without a token: an event of the same wait is older than its end.
		return sighting.startedAt > closedAt;
	}
	if (services.now() - closedAt < WAITS_AGAIN_AFTER || (existing.result?.observed && observes(compiled))) return false;
	// With a second hook, the instance may well wait for somebody else.
	const hooks = await services.hooks.of(sighting.subject.group);
	return hooks.filter(({ LifecycleTransition }) => LifecycleTransition === sighting.subject.transition).length === 1;
}
