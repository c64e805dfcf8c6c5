/** The lifecycle hooks of a group, as Auto Scaling has them. */

import { DescribeLifecycleHooksCommand, type LifecycleHook } from '@aws-sdk/client-auto-scaling';
import type { Deps } from '../deps.ts';
import type { HookTimers } from '../operation/types.ts';

/** Hooks change with deployments, not by the minute; three sweeps share one answer. */
const CACHED_MS = 15 * 60_000;

/** What Auto Scaling assumes where a hook does not say (PutLifecycleHook): 3,600 s, ABANDON, and the global timeout's bounds. */
const DEFAULT_HEARTBEAT_SECONDS = 3_600;
const GLOBAL_TIMEOUT_HEARTBEATS = 100;
const GLOBAL_TIMEOUT_SECONDS = 172_800;

export interface HookReader {
	/** All hooks of a group. Rejects with what the SDK throws. */
	of(group: string): Promise<readonly LifecycleHook[]>;
}

/** One DescribeLifecycleHooks a group and quarter of an hour. */
export function createHookReader({ aws, now }: Pick<Deps, 'aws' | 'now'>): HookReader {
	const cache = new Map<string, { readonly at: number; readonly hooks: readonly LifecycleHook[] }>();
	/** Whoever asks meanwhile shares the answer. */
	const underWay = new Map<string, Promise<readonly LifecycleHook[]>>();

	async function read(group: string): Promise<readonly LifecycleHook[]> {
		const output = await aws.autoScaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: group }));
		const hooks = output.LifecycleHooks ?? [];
		cache.set(group, { at: now(), hooks });
		return hooks;
	}

	return {
		async of(group) {
			const cached = cache.get(group);
			if (cached !== undefined && now() - cached.at < CACHED_MS) return cached.hooks;
			const reading = underWay.get(group) ?? read(group).finally(() => underWay.delete(group));
			underWay.set(group, reading);
			return reading;
		},
	};
}

export function timersOf(hook: LifecycleHook): HookTimers {
	const heartbeatTimeoutSeconds = hook.HeartbeatTimeout ?? DEFAULT_HEARTBEAT_SECONDS;
	return {
		heartbeatTimeoutSeconds,
		globalTimeoutSeconds: hook.GlobalTimeout ?? Math.min(GLOBAL_TIMEOUT_SECONDS, GLOBAL_TIMEOUT_HEARTBEATS * heartbeatTimeoutSeconds),
		defaultResult: hook.DefaultResult === 'CONTINUE' ? 'CONTINUE' : 'ABANDON',
	};
}

/** Assumed where the timers cannot be read: short enough for any hook that can be kept alive at all. */
export const CAUTIOUS_TIMERS: HookTimers = { heartbeatTimeoutSeconds: 180, globalTimeoutSeconds: 18_000, defaultResult: 'ABANDON' };
