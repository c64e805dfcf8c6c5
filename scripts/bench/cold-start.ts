/**
 * Cold start: from the start of a process to the first event handled, in a fresh process each time, against the SDK clients alone.
 * Each function is held to its like: with nothing to do to an empty handler, and with AWS calls to the same calls without us.
 */

import { apiOperations, type Bundle, bundleFunction, bundleText, clientClasses, functionNames } from '../bundle.ts';
import { baselineOf } from '../size.ts';
import { FreshProcesses, type Timing } from './fresh-process.ts';
import type { Part } from './part.ts';
import { type Invocation, recordInvocations } from './recording.ts';
import { inTurn, median, ratio } from './statistics.ts';

/** Ours to the SDK's (DESIGN, Budgets). */
const ALLOWED_RATIO = 1.3;
const NODES = 2;
/** A batch without messages: everything that a function needs to begin, and nothing to do. */
const NOTHING = { Records: [] };

/** Medians, and ours to theirs. */
interface Compared {
	readonly oursMs: number;
	readonly theirsMs: number;
	readonly ratio: number;
	readonly cpuRatio: number;
}

interface ColdStart {
	readonly name: string;
	/** With nothing to do, to the same clients with an empty handler. */
	readonly ready: Compared;
	/** With an event, to the same calls by the same clients without us. */
	readonly event: Compared & { readonly calls: number };
	/** With an event, to the same clients with an empty handler, which calls nothing. */
	readonly eventToEmpty: number;
}

/** A module with the clients of a bundle and a handler that makes the calls of its event, one after another. */
export function callsOf(bundle: Bundle): string {
	const imports: string[] = [];
	const commands: string[] = [];
	const operations = apiOperations(bundle);
	for (const [index, [client, className]] of [...clientClasses(bundle)].entries()) {
		imports.push(`import * as sdk${index} from '${client}';`, `const client${index} = new sdk${index}.${className}({});`);
		for (const operation of operations.get(client) ?? []) {
			commands.push(`${operation}: (input) => client${index}.send(new sdk${index}.${operation}Command(input)),`);
		}
	}
	const handler =
		'export const handler = async ({ calls }) => { for (const [operation, input] of calls) await commands[operation](input); };';
	return [...imports, 'const commands = {', ...commands, '};', handler].join('\n');
}

/** What a function is asked first: the event that moves an operation, or else the last one, which finds nothing new. */
export function firstEvent(invocations: readonly Invocation[], name: string): Invocation | undefined {
	const own = invocations.filter(({ functionName }) => functionName === name);
	return own.find(({ calls }) => calls.some(({ operation }) => operation === 'PutEvents')) ?? own.at(-1);
}

async function measure(processes: FreshProcesses, name: string, { at, event, calls }: Invocation, runs: number): Promise<ColdStart> {
	const ours = await bundleFunction(name);
	const [empty, same] = await Promise.all([bundleText(baselineOf(ours)), bundleText(callsOf(ours))]);
	const nothing = { event: NOTHING, now: at, calls: [] };
	const sameCalls = { calls: calls.map(({ operation, input }) => [operation, input]) };
	const rounds = await inTurn(runs, {
		ready: await processes.prepare({ ...nothing, code: ours.code }),
		empty: await processes.prepare({ ...nothing, code: empty.code }),
		event: await processes.prepare({ code: ours.code, event, now: at, calls }),
		same: await processes.prepare({ code: same.code, event: sameCalls, now: at, calls }),
	});
	return {
		name,
		ready: compare(rounds.ready, rounds.empty),
		event: { calls: calls.length, ...compare(rounds.event, rounds.same) },
		eventToEmpty: compare(rounds.event, rounds.empty).ratio,
	};
}

function compare(ours: readonly Timing[], theirs: readonly Timing[]): Compared {
	const handled = (timings: readonly Timing[]) => timings.map(({ handledMs }) => handledMs);
	const cpu = (timings: readonly Timing[]) => timings.map(({ cpuMs }) => cpuMs);
	return {
		oursMs: median(handled(ours)),
		theirsMs: median(handled(theirs)),
		ratio: ratio(handled(ours), handled(theirs)),
		cpuRatio: ratio(cpu(ours), cpu(theirs)),
	};
}

const HEAD = ['function', 'ready ms', 'SDK ms', 'ratio', 'of CPU', 'calls', 'event ms', 'SDK ms', 'ratio', 'of CPU', 'event to empty'];

function rowOf({ name, ready, event, eventToEmpty }: ColdStart): string[] {
	const cells = (compared: Compared) => [
		compared.oursMs.toFixed(0),
		compared.theirsMs.toFixed(0),
		`${compared.ratio.toFixed(2)}${compared.ratio > ALLOWED_RATIO ? ' OVER' : ''}`,
		compared.cpuRatio.toFixed(2),
	];
	return [name, ...cells(ready), String(event.calls), ...cells(event), eventToEmpty.toFixed(2)];
}

export const coldStart: Part = {
	name: 'cold-start',
	async measure({ runs, progress }) {
		progress('recording what the functions are asked');
		const invocations = await recordInvocations('each', NODES);
		const processes = await FreshProcesses.start();
		const functions: ColdStart[] = [];
		const unasked: string[] = [];
		try {
			for (const name of functionNames()) {
				progress(`cold start of ${name}`);
				const first = firstEvent(invocations, name);
				if (first) functions.push(await measure(processes, name, first, runs));
				else unasked.push(name);
			}
		} finally {
			await processes.close();
		}
		return {
			title: `Cold start: process start to first event handled, medians of ${runs} fresh processes, measured in turn`,
			json: { runs, allowedRatio: ALLOWED_RATIO, functions },
			rows: [HEAD, ...functions.map(rowOf)],
			notes: [
				`ready: the bundle as deployed and an empty batch, to the same SDK clients and an empty handler; ${ALLOWED_RATIO} is allowed.`,
				'event: one event with its AWS calls, answered on this machine without TLS, to the same calls by the same clients without us;',
				'event to empty: the same event to the empty handler, which calls nothing.',
				'The SDK alone has all that it imports; infra/esbuild.cjs says what our bundles leave out of it.',
				...unasked.map((name) => `${name} is not measured: nothing that was recorded reaches it.`),
			],
		};
	},
};
