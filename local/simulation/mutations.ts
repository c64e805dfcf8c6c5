/** Bugs that the simulation must notice, at least one for each invariant: texts of our sources, and what is put in their place. */

import type { Invariant } from './flow.ts';
import { AGENT_MUTATIONS } from './flows/agent-mutations.ts';
import { COMMAND_MUTATIONS } from './flows/command-mutations.ts';
import { INVENTORY_MUTATIONS } from './flows/inventory-mutations.ts';
import { PATCH_MUTATIONS } from './flows/patch-mutations.ts';
import { SESSION_MUTATIONS } from './flows/session-mutations.ts';
import { STATE_MUTATIONS } from './flows/state-mutations.ts';

export interface Mutation {
	/** What must be violated. */
	readonly invariant: Invariant;
	/** What it breaks, in words. */
	readonly breaks: string;
	/** Relative to the project. */
	readonly file: string;
	/** Found in the file exactly once. */
	readonly find: string;
	readonly replace: string;
	/** The flow that shows it, alone. */
	readonly flow: string;
	/** A seed that shows it: it is tried first. */
	readonly shownBy: number;
}

export const MUTATIONS: readonly Mutation[] = [
	{
		invariant: 1,
		breaks: 'the sweep finds nothing',
		flow: 'lifecycle',
		shownBy: 3,
		file: 'shared/sweeps/hooks.ts',
		find: 'if (waiting.length === 0) return [];',
		replace: 'return [];',
	},
	{
		invariant: 1,
		breaks: 'hooks are not kept alive',
		flow: 'lifecycle',
		shownBy: 4,
		file: 'shared/kinds/lifecycle/timers.ts',
		find: 'return operation.heartbeat !== undefined && now >= operation.heartbeat.nextAt',
		replace: 'return operation.heartbeat !== undefined && now >= Infinity',
	},
	{
		invariant: 1,
		breaks: 'the sweep does not say where an instance goes',
		flow: 'lifecycle',
		shownBy: 134,
		file: 'shared/sweeps/hooks.ts',
		find: '\t\t\tDestination: place.destination,\n',
		replace: '',
	},
	{
		invariant: 5,
		breaks: 'an abandoned launch that waits on its way out is taken to be held by its launch hook',
		flow: 'lifecycle',
		shownBy: 64,
		file: 'shared/kinds/lifecycle/answers.ts',
		find: 'transitionsOfState(lifecycleState).includes(operation.subject.transition)',
		replace: 'transitionsOfState(lifecycleState).length > 0',
	},
	{
		invariant: 2,
		breaks: 'the SDK repeats SendCommand by itself',
		flow: 'lifecycle',
		shownBy: 1,
		file: 'shared/aws/clients.ts',
		find: 'maxAttempts: 1 }',
		replace: 'maxAttempts: 3 }',
	},
	{
		invariant: 2,
		breaks: 'work that is sent again has another name',
		flow: 'lifecycle',
		shownBy: 76,
		file: 'shared/kinds/working.ts',
		find: 'const work = { ...operation.work, attempt: operation.work.attempt + 1, recordedAt: now };\n\treturn ask(change(operation, { work })',
		replace:
			'const work = { ...operation.work, id: `${operation.work.id}0`, attempt: 1, recordedAt: now };\n\treturn ask(change(operation, { work })',
	},
	{
		invariant: 3,
		breaks: 'failed work is followed by what is for success',
		flow: 'lifecycle',
		shownBy: 1,
		file: 'shared/kinds/lifecycle/begin.ts',
		find: '{ ...failure, then: operation.then.onFailure }',
		replace: '{ ...failure, then: operation.then.onSuccess }',
	},
	{
		invariant: 3,
		breaks: 'a hook is served whatever its name',
		flow: 'lifecycle',
		shownBy: 9,
		file: 'shared/opening/lifecycle.ts',
		find: 'return match(occasionOf(subject.transition), detail, tags, { ...set, playbooks });',
		replace:
			'return match(occasionOf(subject.transition), { ...detail, LifecycleHookName: `fleetkeeper-${subject.transition.endsWith("LAUNCHING") ? "bootstrap" : "drain"}` }, tags, { ...set, playbooks });',
	},
	{
		invariant: 4,
		breaks: 'every operation has an OpsItem of its own',
		flow: 'lifecycle',
		shownBy: 3,
		file: 'shared/outcomes/ops-item.ts',
		find: '`${SERVICE}:${settings.stage}:${item.key}`',
		replace: '`${SERVICE}:${settings.stage}:${item.key}:${operation.id}`',
	},
	{
		invariant: 5,
		breaks: 'deadlines are decided ten minutes late',
		flow: 'lifecycle',
		shownBy: 1,
		file: 'shared/kinds/working.ts',
		find: 'export const DECIDE_AFTER_DEADLINE = 30_000;',
		replace: 'export const DECIDE_AFTER_DEADLINE = 600_000;',
	},
	{
		invariant: 6,
		breaks: 'one slot too many is given out',
		flow: 'lifecycle',
		shownBy: 12,
		file: 'shared/brakes/slots.ts',
		find: 'limit - ids.length);',
		replace: 'limit + 1 - ids.length);',
	},
	{
		invariant: 6,
		breaks: 'work starts without a slot',
		flow: 'lifecycle',
		shownBy: 12,
		file: 'shared/kinds/brakes.ts',
		find: "slot === undefined ? { name: 'take-slot' } : undefined",
		replace: 'slot === null ? { name: "take-slot" } : undefined',
	},
	{
		invariant: 7,
		breaks: 'events are dropped without a word',
		flow: 'lifecycle',
		shownBy: 3,
		file: 'shared/lambda.ts',
		find: 'if (error instanceof Drop) drop(deps, error, event);',
		replace: 'if (error instanceof Drop) continue;',
	},
	{
		invariant: 7,
		breaks: 'what should come back is acknowledged',
		flow: 'lifecycle',
		shownBy: 4,
		file: 'shared/lambda.ts',
		find: 'batchItemFailures.push({ itemIdentifier: record.messageId });',
		replace: '',
	},
	{
		invariant: 8,
		breaks: 'heartbeats go on after the deadline',
		flow: 'lifecycle',
		shownBy: 1,
		file: 'shared/kinds/lifecycle/timers.ts',
		find: '&& now < effectiveDeadline(operation);',
		replace: ';',
	},
	{
		invariant: 2,
		breaks: 'a resource is remediated once more than its playbook allows',
		flow: 'compliance',
		shownBy: 1,
		file: 'shared/kinds/compliance/timers.ts',
		find: 'return settings.attempts - recent(remediatedAt, now).length;',
		replace: 'return settings.attempts + 1 - recent(remediatedAt, now).length;',
	},
	{
		invariant: 3,
		breaks: 'an evaluation from before the work is taken for a proof of it',
		flow: 'compliance',
		shownBy: 5,
		file: 'shared/kinds/compliance/findings.ts',
		find: 'evaluatedAt !== undefined && evaluatedAt > verify.after;',
		replace: 'evaluatedAt !== undefined;',
	},
	{
		invariant: 3,
		breaks: 'failed work of an event is taken for a success',
		flow: 'event',
		shownBy: 2,
		file: 'shared/kinds/event/work.ts',
		find: 'failed: (operation, failure, now) => decide(operation, failure, now),',
		replace: "failed: (operation, failure, now) => decide(operation, { ...failure, state: 'succeeded' as const }, now),",
	},
	{
		invariant: 1,
		breaks: 'an alarm that goes off after its operation has closed is old news',
		flow: 'alarm',
		shownBy: 2,
		file: 'shared/opening/alarm.ts',
		find: 'if (last !== undefined && fact.at <= last.alarm.stateAt)',
		replace: 'if (last !== undefined)',
	},
	{
		invariant: 3,
		breaks: 'what is muted or suppressed is acted upon',
		flow: 'alarm',
		shownBy: 2,
		file: 'shared/kinds/alarm/news.ts',
		find: 'const held = alarm.held ?? lateness(alarm.stateAt, now);',
		replace: 'const held = lateness(alarm.stateAt, now);',
	},
	{
		invariant: 3,
		breaks: 'an OpsItem is resolved before the calm is over',
		flow: 'alarm',
		shownBy: 1,
		file: 'shared/kinds/alarm/news.ts',
		find: 'since + timers.calmSeconds * 1_000;',
		replace: 'now;',
	},
	{
		invariant: 4,
		breaks: 'each time that an alarm goes off may have an OpsItem of its own',
		flow: 'alarm',
		shownBy: 27,
		file: 'shared/kinds/alarm/item.ts',
		find: '`alarm:${playbook.name}:${subject.alarm}`',
		replace: '`alarm:${playbook.name}:${subject.alarm}:${alarm.stateAt}`',
	},
	{
		invariant: 2,
		breaks: 'a request of a pipeline that repeats itself is another one',
		flow: 'command',
		shownBy: 2,
		file: 'shared/opening/command.ts',
		find: 'requestId: detail.requestId ?? id,',
		replace: 'requestId: id,',
	},
	{
		invariant: 3,
		breaks: 'each of several commands may have all the errors',
		flow: 'command',
		shownBy: 74,
		file: 'shared/kinds/command/course.ts',
		find: 'String(Math.max(Number(maxErrors) - errors, 0))',
		replace: 'maxErrors',
	},
	{
		invariant: 3,
		breaks: 'what the event of a node says is taken for the whole of it',
		flow: 'command',
		shownBy: 1,
		file: 'shared/kinds/command/nodes.ts',
		find: 'return listed !== true && COARSE.includes(bare(status));',
		replace: 'return listed === undefined && status === "";',
	},
	...COMMAND_MUTATIONS,
	...PATCH_MUTATIONS,
	...STATE_MUTATIONS,
	...SESSION_MUTATIONS,
	...INVENTORY_MUTATIONS,
	...AGENT_MUTATIONS,
];
