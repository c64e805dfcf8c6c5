/** Automation runbooks, schema 0.3: their check and their steps. */

import { parameterProblem } from '../document-parameters.ts';
import { isRecord, references } from '../values.ts';

export interface StepOutput {
	readonly Name: string;
	readonly Selector: string;
	readonly Type?: string;
}

export interface RunbookStep {
	readonly name: string;
	readonly action: string;
	readonly inputs: Readonly<Record<string, unknown>>;
	readonly outputs: readonly StepOutput[];
	/** `Abort`, `Continue` or `step:<name>`. */
	readonly onFailure: string;
	readonly onCancel: string;
	readonly isCritical: boolean;
	readonly isEnd: boolean;
	readonly nextStep?: string;
	readonly maxAttempts: number;
	/** A number, or a reference to a parameter that holds one. */
	readonly timeoutSeconds?: string | number;
}

const STEP_KEYS = new Set([
	'name',
	'action',
	'description',
	'inputs',
	'outputs',
	'onFailure',
	'onCancel',
	'isCritical',
	'isEnd',
	'nextStep',
	'maxAttempts',
	'timeoutSeconds',
]);
const ROOT_KEYS = new Set(['schemaVersion', 'description', 'assumeRole', 'parameters', 'variables', 'mainSteps', 'outputs', 'files']);

/** What is wrong with a runbook, as a sentence. */
export function automationProblem(content: Readonly<Record<string, unknown>>): string | undefined {
	if (content['schemaVersion'] !== '0.3') return `a runbook has schemaVersion '0.3', not '${content['schemaVersion']}'.`;
	const stray = Object.keys(content).find((key) => !ROOT_KEYS.has(key));
	if (stray !== undefined) return `${stray} is not a key of a runbook.`;
	const problem = parameterProblem(content['parameters']);
	if (problem) return problem;
	const { mainSteps } = content;
	if (!Array.isArray(mainSteps) || mainSteps.length === 0) return 'mainSteps must be a list of steps.';
	const names = new Set(mainSteps.map((step) => (isRecord(step) ? step['name'] : undefined)));
	if (names.size < mainSteps.length) return 'every step needs a name of its own.';
	const parameters = isRecord(content['parameters']) ? content['parameters'] : {};
	for (const step of mainSteps) {
		const found = stepProblem(step, names, parameters);
		if (found) return found;
	}
	return undefined;
}

function stepProblem(step: unknown, names: ReadonlySet<unknown>, parameters: Readonly<Record<string, unknown>>): string | undefined {
	if (!isRecord(step)) return 'a step must be a map.';
	const name = step['name'];
	if (typeof name !== 'string' || !/^[a-zA-Z0-9_]{3,128}$/.test(name))
		return `the step name ${name} is not valid: use 3 to 128 letters, digits and _.`;
	if (typeof step['action'] !== 'string') return `step ${name} has no action.`;
	const extra = Object.keys(step).find((key) => !STEP_KEYS.has(key));
	if (extra !== undefined) return `step ${name} has the unknown key ${extra}.`;
	for (const [key, among] of [
		['onFailure', ['Abort', 'Continue']],
		['onCancel', ['Abort']],
	] as const) {
		const value = step[key];
		if (value === undefined || among.some((each) => each === value)) continue;
		const target = String(value).startsWith('step:') ? String(value).slice('step:'.length) : undefined;
		if (target === undefined || !names.has(target)) return `step ${name} has the ${key} ${value}.`;
	}
	if (step['nextStep'] !== undefined && !names.has(step['nextStep']))
		return `step ${name} goes on to ${step['nextStep']}, which is not there.`;
	for (const reference of references(step['inputs'])) {
		if (reference.includes(':')) continue;
		const [first = '', ...rest] = reference.split('.');
		if (rest.length === 0 ? !(first in parameters) : !names.has(first))
			return `step ${name} refers to {{ ${reference} }}, which is not there.`;
	}
	return undefined;
}

export function stepsOf(content: Readonly<Record<string, unknown>>): RunbookStep[] {
	return (content['mainSteps'] as Record<string, unknown>[]).map((step) => {
		const nextStep = step['nextStep'];
		const timeoutSeconds = step['timeoutSeconds'];
		return {
			name: String(step['name']),
			action: String(step['action']),
			inputs: (step['inputs'] ?? {}) as Readonly<Record<string, unknown>>,
			outputs: (step['outputs'] ?? []) as StepOutput[],
			onFailure: String(step['onFailure'] ?? 'Abort'),
			onCancel: String(step['onCancel'] ?? 'Abort'),
			isCritical: isCritical(step),
			isEnd: step['isEnd'] === true || step['isEnd'] === 'true',
			...(nextStep === undefined ? {} : { nextStep: String(nextStep) }),
			maxAttempts: Number(step['maxAttempts'] ?? 1),
			...(timeoutSeconds === undefined ? {} : { timeoutSeconds: timeoutSeconds as string | number }),
		};
	});
}

/** By default a step is critical, except where its failure is said to be no reason to stop (Systems Manager user guide, isCritical). */
function isCritical(step: Readonly<Record<string, unknown>>): boolean {
	const stated = step['isCritical'];
	if (stated === undefined) return step['onFailure'] !== 'Continue';
	return stated !== false && stated !== 'false';
}
