/** One document on one node: which steps run, how long, and how they end. No script is executed; the fleet says how it ends. */

import type { Application, Outcome } from '../ec2-machine.ts';
import type { Clock } from '../types.ts';
import type { PlannedStep } from './command-document.ts';
import { interpolate, text, type Value } from './values.ts';

export type RunStatus = 'Success' | 'Failed' | 'TimedOut' | 'Cancelled';

export interface PluginRun {
	readonly name: string;
	readonly action: string;
	readonly status: RunStatus;
	readonly responseCode: number;
	readonly stdout: string;
	readonly stderr: string;
	readonly startedAt: number;
	readonly endedAt: number;
}

export interface NodeRun {
	readonly commandId: string;
	readonly document: string;
	readonly parameters: Readonly<Record<string, Value>>;
	readonly startedAt: number;
	/** The instance's count of boots: a later boot has ended this run without a word, unless the agent itself restarted the node. */
	boot: number;
	/** Whether the work itself was done here, and not merely found done. */
	readonly effective: boolean;
	/** What it changes of the node's software, once it has succeeded. */
	readonly software?: SoftwareChange;
	plugins: readonly PluginRun[];
	endsAt: number;
	status: RunStatus;
}

export interface SoftwareChange {
	readonly removes?: string;
	readonly installs?: Application;
}

export interface RunRequest {
	readonly commandId: string;
	readonly document: string;
	readonly parameters: Readonly<Record<string, Value>>;
	readonly steps: readonly PlannedStep[];
	readonly outcome: Outcome;
	readonly boot: number;
	/** What has run on the node before. */
	readonly earlier: readonly NodeRun[];
}

/** A script that is stopped at its time limit has no exit code of its own; the agent reports that of a killed process. */
const KILLED = 137;
/** Of a script that finds that its work had all its time before. */
const HAD_ITS_TIME = 124;

/** Starts a document on a node and says when and how it ends, unless something stops it. */
export function startRun(request: RunRequest, clock: Clock): NodeRun {
	const { outcome, parameters } = request;
	const startedAt = clock.now();
	const before = earlierWork(request, startedAt);
	const how = before ? repetition(before, outcome) : outcome;
	const durationMs = before ? Math.max(0, before.endsAt - startedAt) : drawDuration(how, clock);
	const plugins = runSteps(request.steps, how, parameters, startedAt, durationMs);
	const failed = plugins.findIndex((plugin) => plugin.status !== 'Success');
	const forgiven = plugins[failed] && request.steps.find((step) => step.name === plugins[failed]?.name)?.onFailure === 'successAndExit';
	const timedOut = plugins.some((plugin) => plugin.status === 'TimedOut');
	return {
		commandId: request.commandId,
		document: request.document,
		parameters,
		startedAt,
		boot: request.boot,
		effective: before === undefined && request.steps.some((step) => step.skipped === undefined),
		...changeOf(how, parameters),
		plugins,
		endsAt: plugins.at(-1)?.endedAt ?? startedAt,
		status: failed === -1 || forgiven ? 'Success' : timedOut ? 'TimedOut' : 'Failed',
	};
}

/** Ends a run before its time. */
export function cancelRun(run: NodeRun, at: number): void {
	run.status = 'Cancelled';
	run.endsAt = at;
	run.plugins = run.plugins
		.filter((plugin) => plugin.startedAt <= at)
		.map((plugin) => (plugin.endedAt <= at ? plugin : { ...plugin, status: 'Cancelled' as const, responseCode: KILLED, endedAt: at }));
}

/**
 * The run that did this work before, or still does it, or had all its time for it; what a reboot or a cancellation has cut short does
 * not count.
 */
function earlierWork({ earlier, document, parameters, outcome, boot }: RunRequest, now: number): NodeRun | undefined {
	const { oncePer } = outcome;
	if (oncePer === undefined) return undefined;
	const same = earlier.filter((run) => run.effective && run.document === document && run.parameters[oncePer] === parameters[oncePer]);
	return same.find(({ status, endsAt, boot: of }) => status !== 'Cancelled' && (endsAt <= now || of === boot));
}

/** What is run again waits for the first run, and ends as that did. */
function repetition(before: NodeRun, { oncePer = '', step }: Outcome): Outcome {
	const ended = before.plugins.find((plugin) => plugin.status !== 'Success') ?? before.plugins.at(-1);
	const hadItsTime = before.status === 'TimedOut';
	return {
		exitCode: hadItsTime ? HAD_ITS_TIME : (ended?.responseCode ?? 0),
		stdout: `{{ ${oncePer} }}: ${hadItsTime ? 'had all its time before' : 'done before'}, nothing to do.\n`,
		...(step === undefined ? {} : { step }),
	};
}

function changeOf({ removes, installs }: Outcome, parameters: RunRequest['parameters']): Pick<NodeRun, 'software'> {
	if (removes === undefined && installs === undefined) return {};
	return {
		software: {
			...(removes === undefined ? {} : { removes: filled(removes, parameters) }),
			...(installs === undefined ? {} : { installs }),
		},
	};
}

function filled(output: string | undefined, parameters: RunRequest['parameters']): string {
	return text(interpolate(output ?? '', (name) => parameters[name] ?? `{{ ${name} }}`));
}

function drawDuration({ durationSeconds = 0, hangs }: Outcome, clock: Clock): number {
	if (hangs) return Number.POSITIVE_INFINITY;
	if (typeof durationSeconds === 'number') return durationSeconds * 1000;
	const [from, to] = durationSeconds;
	return Math.round((from + clock.random() * (to - from)) * 1000);
}

/** Runs the steps in turn; the fleet's outcome is that of one of them, the others succeed at once. */
function runSteps(
	steps: readonly PlannedStep[],
	outcome: Outcome,
	parameters: Readonly<Record<string, Value>>,
	startedAt: number,
	durationMs: number,
): PluginRun[] {
	const decisive = steps.findLast((step) => step.skipped === undefined && (outcome.step === undefined || step.name === outcome.step));
	const plugins: PluginRun[] = [];
	let at = startedAt;
	let leaving = false;
	for (const step of steps) {
		if (leaving && !step.finallyStep) continue;
		const plugin = runStep(step, step === decisive ? outcome : {}, parameters, at, step === decisive ? durationMs : 0);
		plugins.push(plugin);
		at = plugin.endedAt;
		const failed = plugin.status !== 'Success';
		leaving ||= failed ? step.onFailure !== 'continue' : step.skipped === undefined && step.onSuccess === 'exit';
	}
	return plugins;
}

function runStep(
	step: PlannedStep,
	outcome: Outcome,
	parameters: Readonly<Record<string, Value>>,
	startedAt: number,
	durationMs: number,
): PluginRun {
	const base = { name: step.name, action: step.action, startedAt };
	if (step.skipped !== undefined) {
		return { ...base, status: 'Success', responseCode: 0, stdout: step.skipped, stderr: '', endedAt: startedAt };
	}
	const stdout = filled(outcome.stdout, parameters);
	const stderr = filled(outcome.stderr, parameters);
	const limitMs = step.timeoutSeconds * 1000;
	if (durationMs > limitMs) return { ...base, status: 'TimedOut', responseCode: KILLED, stdout, stderr, endedAt: startedAt + limitMs };
	const exitCode = outcome.exitCode ?? 0;
	return {
		...base,
		status: exitCode === 0 ? 'Success' : 'Failed',
		responseCode: exitCode,
		stdout,
		stderr:
			exitCode === 0 ? stderr : `${stderr}${stderr && !stderr.endsWith('\n') ? '\n' : ''}failed to run commands: exit status ${exitCode}`,
		endedAt: startedAt + durationMs,
	};
}
