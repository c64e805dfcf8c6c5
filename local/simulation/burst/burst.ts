/** Thousands of lifecycle actions at once, under throttles: how long they take, what they cost, and whether all end as they should. */

import { createLedger } from '../../../shared/operation/ledger.ts';
import type { Operation } from '../../../shared/operation/types.ts';
import { settingsFrom } from '../../../shared/settings.ts';
import type { CallFault } from '../../aws/wire.ts';
import { chance } from '../../chance.ts';
import { loadTemplate, type Template } from '../../template.ts';
import { createWorld, type World } from '../../world.ts';
import { LAMBDA_CONCURRENCY, POLLERS, REPLY_MS, THROTTLES } from './assumptions.ts';
import { Bill, type CostLine } from './cost.ts';
import { type BurstWork, fleetOf, SCENES } from './scene.ts';
import { ActionWatch } from './watch.ts';

export interface BurstOptions {
	/** How many instances are terminated at once. */
	readonly actions: number;
	readonly work: BurstWork;
	/** Path of the packaged template. */
	readonly template: string;
	readonly seed?: number;
	/** Told about every simulated minute, with the actions completed so far. */
	readonly onMinute?: (minute: number, completed: number) => void;
}

/** Calls of one operation by our functions. */
export interface CallCount {
	readonly operation: string;
	readonly calls: number;
	/** Answered with a throttling error. */
	readonly throttled: number;
}

export interface BurstReport {
	readonly actions: number;
	readonly work: BurstWork;
	/** Actions that we completed with the result that the playbook demands. */
	readonly completed: number;
	/** From the action's begin to its completion. Seconds. */
	readonly seconds: { readonly p50: number; readonly p99: number; readonly last: number };
	readonly calls: readonly CallCount[];
	readonly cost: readonly CostLine[];
	/** What should not be, in words; none where the burst went well. */
	readonly problems: readonly string[];
}

const START = Date.parse('2026-03-02T09:00:00Z');
const MINUTE = 60_000;
/** By then the playbooks are compiled; and half a minute later, in the midst of it, comes the sweep. */
const BEGIN = START + 4.5 * MINUTE;
/** Auto Scaling's own HeartbeatTimeout: an action that nobody completed is over then. */
const HOOK_LASTS = 60 * MINUTE;
/** After the last action: time for what is still written, and for messages that come back. */
const AFTERWARDS = 15 * MINUTE;

const THROTTLING = new Set(['Throttling', 'ThrottlingException']);

/** Plays a burst. @throws Error where the template cannot be read, and for defects of the local AWS. */
export async function burst({ actions, work, template, seed = 1, onMinute }: BurstOptions): Promise<BurstReport> {
	const watch = new ActionWatch();
	const bill = new Bill();
	const replies = chance(seed, 'replies');
	const reply = (service: string): CallFault => {
		const [from, to] = REPLY_MS[service] ?? [0, 0];
		return { arrivesAfterMs: Math.round(from + replies() * (to - from)) };
	};
	const loaded = await loadTemplate(template);
	const world = await createWorld({
		seed,
		time: 'simulated',
		startAt: START,
		template: loaded,
		fleet: fleetOf(actions, work),
		serviceOptions: { throttles: THROTTLES },
		pollers: POLLERS,
		concurrency: LAMBDA_CONCURRENCY,
		faults: {
			call(call, execution) {
				bill.asked(execution);
				return reply(call.service);
			},
			answer(call, body) {
				bill.answered(call, body);
				return body;
			},
			event(event) {
				if (event['detail-type'] === 'EC2 Instance-terminate Lifecycle Action') watch.event(event, world.clock.now());
				return 'deliver';
			},
		},
		onCall(call) {
			bill.called(call);
			watch.call(call);
		},
	});
	try {
		const { clock, services } = world;
		await world.runUntil(BEGIN);
		for (const { name } of services.autoScaling.groups()) services.autoScaling.setDesired(name, 0);
		for (let minute = 1; watch.completed < actions && clock.now() < BEGIN + HOOK_LASTS + MINUTE; minute += 1) {
			await world.runUntil(BEGIN + minute * MINUTE);
			onMinute?.(minute, watch.completed);
		}
		await world.runFor(AFTERWARDS);
		return await report(world, { actions, work, watch, bill, template: loaded });
	} finally {
		world.close();
	}
}

interface Played {
	readonly actions: number;
	readonly work: BurstWork;
	readonly watch: ActionWatch;
	readonly bill: Bill;
	readonly template: Template;
}

async function report(world: World, { actions, work, watch, bill }: Played): Promise<BurstReport> {
	const waits = watch.actions.flatMap(({ beganAt, completedAt }) => (completedAt === undefined ? [] : [(completedAt - beganAt) / 1000]));
	waits.sort((a, b) => a - b);
	const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN;
	const cost = bill.lines(world);
	const calls = countCalls(world);
	return {
		actions,
		work,
		completed: watch.actions.filter(({ result }) => result === 'CONTINUE').length,
		seconds: { p50: at(0.5), p99: at(0.99), last: at(1) },
		calls,
		cost,
		problems: await problemsOf(world, actions, work, watch),
	};
}

function countCalls({ requestLog }: World): CallCount[] {
	const counts = new Map<string, { calls: number; throttled: number }>();
	for (const { service, operation, error } of requestLog.entries) {
		const name = `${service}:${operation}`;
		const count = counts.get(name) ?? { calls: 0, throttled: 0 };
		counts.set(name, count);
		count.calls += 1;
		if (error !== undefined && THROTTLING.has(error)) count.throttled += 1;
	}
	return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([operation, count]) => ({ operation, ...count }));
}

/** Holds what has come of the burst to what Fleetkeeper promises. */
async function problemsOf(world: World, actions: number, work: BurstWork, watch: ActionWatch): Promise<string[]> {
	const problems: string[] = [];
	const expect = (count: number, wanted: number, what: string) => {
		if (count !== wanted) problems.push(`${what}: ${count}, expected ${wanted}`);
	};
	expect(watch.actions.length, actions, 'lifecycle actions that began');
	expect(watch.actions.filter(({ result }) => result === 'CONTINUE').length, actions, 'lifecycle actions completed with CONTINUE');
	for (const [name, queue] of world.sqs.queues) expect(queue.messages.length, 0, `messages in ${name}`);
	for (const { result, functionName } of world.invocations) {
		if (!result.ok) problems.push(`${functionName} failed: ${result.errorMessage}`);
	}
	const states = new Map<string, number>();
	for (const { state, playbook, result, closedAt } of await operationsOf(world)) {
		const how = `${playbook.name} ${closedAt === undefined ? 'open' : state}${state === 'succeeded' ? '' : ` (${result?.reason ?? ''})`}`;
		states.set(how, (states.get(how) ?? 0) + 1);
	}
	const well = `${SCENES[work].playbook} succeeded`;
	expect(states.get(well) ?? 0, actions, `operations that are ${well}`);
	for (const [how, count] of states) if (how !== well) problems.push(`${count} operations: ${how}`);
	expect(effectiveRuns(world), actions, 'drains that did their work');
	expect(world.services.ssm.opsItems().length, 0, 'OpsItems');
	return problems;
}

/** Runs of the drain, those left out that found it done. */
function effectiveRuns({ services }: World): number {
	let runs = 0;
	for (const { document, invocations } of services.ssm.commands()) {
		if (!document.name.endsWith('-drain-node')) continue;
		for (const { run } of invocations.values()) if (run?.effective) runs += 1;
	}
	return runs;
}

/** Every operation in the ledger. */
async function operationsOf(world: World): Promise<Operation[]> {
	const ledger = createLedger({ aws: world.aws, settings: settingsFrom({ STAGE: 'local' }), now: () => world.clock.now() });
	return world.run(async () => {
		const ids = [await ledger.open(), await ledger.closedOn(new Date(START).toISOString().slice(0, 10))].flat();
		return ledger.load(ids);
	});
}
