/** Lifecycle actions: the kind, and who serves its hooks. */

import type { Deps } from '../deps.ts';
import { lifecycleItem } from '../kinds/lifecycle/item.ts';
import { nextLifecycle } from '../kinds/lifecycle/next.ts';
import { createServices, type Part, type Services } from '../operation/services.ts';
import { createHookReader, type HookReader } from '../outcomes/hooks.ts';
import { completeLifecycle, lookAtInstance, sendHeartbeat } from '../outcomes/lifecycle.ts';

export interface LifecycleServices extends Services {
	readonly hooks: HookReader;
}

/** Services for lifecycle actions, and for what the other parts are about. */
export function lifecycleServices(deps: Deps, others: readonly Part[] = []): LifecycleServices {
	const hooks = createHookReader(deps);
	const lifecycle: Part = {
		kinds: { lifecycle: { next: nextLifecycle, item: lifecycleItem } },
		performers: { heartbeat: sendHeartbeat, 'complete-lifecycle': completeLifecycle, 'look-at-instance': lookAtInstance(hooks) },
	};
	return { ...createServices(deps, [lifecycle, ...others]), hooks };
}
