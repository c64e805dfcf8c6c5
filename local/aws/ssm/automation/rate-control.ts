/** One runbook on many targets: an execution of its own for each, with rate control. */

import type { StartAutomationExecutionCommandInput, Target } from '@aws-sdk/client-ssm';
import { AwsError } from '../../types.ts';
import { share } from '../command-model.ts';
import { type Execution, isExecutionOver } from './model.ts';

const CONCURRENCY = /^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$/;
const ERRORS = /^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$/;
/** API reference of StartAutomationExecution. */
const DEFAULT_CONCURRENCY = '10';
const DEFAULT_ERRORS = '0';
/** Values of one target. */
const MOST_VALUES = 50;

/** What an execution is on many targets. */
export interface Scope {
	/** The runbook's parameter that a target is given as. */
	readonly parameter: string;
	readonly targets: readonly Target[];
	readonly maxConcurrency: string;
	readonly maxErrors: string;
	/** One for each target, begun or not. */
	readonly runs: readonly Execution[];
}

/**
 * What a start says of its targets; nothing where it is a plain one.
 * @throws AwsError `ValidationException`, `InvalidTarget`.
 */
export function scopeIn(input: StartAutomationExecutionCommandInput): Omit<Scope, 'runs'> | undefined {
	for (const part of ['TargetMaps', 'TargetLocations'] as const) {
		if (input[part] !== undefined)
			throw new AwsError('UnknownOperationException', `The local AWS does not implement StartAutomationExecution with ${part}.`);
	}
	const { Targets: targets, TargetParameterName: parameter, MaxConcurrency: concurrency, MaxErrors: errors } = input;
	if (targets === undefined && parameter === undefined) return undefined;
	const refuse = (what: string) => new AwsError('ValidationException', `1 validation error detected: ${what}`);
	if (targets === undefined || parameter === undefined) throw refuse('Targets and TargetParameterName go together.');
	const [first, ...more] = targets;
	if (first === undefined || more.length > 0) throw refuse("Value at 'targets' failed to satisfy constraint: one target.");
	if ((first.Values?.length ?? 0) > MOST_VALUES) throw refuse("Value at 'values' failed to satisfy constraint: at most 50.");
	if (concurrency !== undefined && !CONCURRENCY.test(concurrency)) throw refuse("Value at 'maxConcurrency' failed to satisfy its pattern.");
	if (errors !== undefined && !ERRORS.test(errors)) throw refuse("Value at 'maxErrors' failed to satisfy its pattern.");
	if (!/^(tag:.+|ParameterValues)$/.test(first.Key ?? ''))
		throw new AwsError('InvalidTarget', `The target key ${first.Key} is not supported.`);
	return { parameter, targets, maxConcurrency: concurrency ?? DEFAULT_CONCURRENCY, maxErrors: errors ?? DEFAULT_ERRORS };
}

/** As much of the engine as is needed here. */
interface Engine {
	start(execution: Execution): void;
	stop(execution: Execution, how: 'Cancel'): void;
}

type End = (status: 'Success' | 'Failed' | 'Cancelled', message?: string) => void;

/**
 * Runs an execution's runs: the first alone until it is over, then ever more at once, until more have failed than may
 * (user guide, running automations at scale). Those that run by then go on to their end.
 */
export function runEach(engine: Engine, execution: Execution, { runs, maxConcurrency, maxErrors }: Scope, end: End): void {
	const begun: Execution[] = [];
	const goOn = () => {
		if (isExecutionOver(execution)) return;
		const over = begun.filter(isExecutionOver);
		const failed = over.filter(({ status }) => status !== 'Success');
		const tooMany = failed.length > share(maxErrors, runs.length);
		const stops = execution.stopping !== undefined || tooMany;
		const most = over.length === 0 ? 1 : Math.min(Math.max(1, share(maxConcurrency, runs.length)), 2 * over.length);
		const room = stops ? 0 : most - (begun.length - over.length);
		for (const run of runs.slice(begun.length, begun.length + room)) {
			begun.push(run);
			run.onEnd = goOn;
			engine.start(run);
		}
		if (over.length < begun.length) return;
		if (execution.stopping === 'Cancel') end('Cancelled');
		else if (tooMany)
			end('Failed', `${failed.length} of ${runs.length} targets failed: ${failed[0]?.parent?.target}: ${failed[0]?.failureMessage}`);
		else end('Success');
	};
	execution.stopStep = () => {
		for (const run of begun) if (!isExecutionOver(run)) engine.stop(run, 'Cancel');
		goOn();
	};
	goOn();
}

/** What the API says of an execution that has to do with targets. */
export function scopeView({ scope, parent }: Execution) {
	return {
		...(scope && {
			TargetParameterName: scope.parameter,
			Targets: [...scope.targets],
			MaxConcurrency: scope.maxConcurrency,
			MaxErrors: scope.maxErrors,
			ResolvedTargets: { ParameterValues: scope.runs.map(({ parent: of }) => of?.target ?? ''), Truncated: false },
		}),
		...(parent && { ParentAutomationExecutionId: parent.id, Target: parent.target }),
	};
}
