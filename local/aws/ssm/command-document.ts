/** Command documents, schema 2.2: their check, and what of them runs on a platform. */

import type { Platform } from '../ec2-machine.ts';
import { type ParameterDefinitions, parameterProblem } from './document-parameters.ts';
import { interpolate, isRecord, references, text, type Value } from './values.ts';

/** A step as it stands on one node, its inputs filled in. */
export interface PlannedStep {
	readonly name: string;
	readonly action: string;
	readonly timeoutSeconds: number;
	/** Why the step does not run here. */
	readonly skipped?: string;
	readonly onFailure: 'continue' | 'exit' | 'successAndExit';
	readonly onSuccess: 'continue' | 'exit';
	/** Runs last, whatever happened before. */
	readonly finallyStep: boolean;
}

/** The platforms of the plugins that exist here. */
const ACTIONS: Readonly<Record<string, readonly Platform[]>> = {
	'aws:runShellScript': ['Linux', 'MacOS'],
	'aws:runPowerShellScript': ['Linux', 'Windows'],
	'aws:configurePackage': ['Linux', 'Windows', 'MacOS'],
	'aws:refreshAssociation': ['Linux', 'Windows', 'MacOS'],
	'aws:softwareInventory': ['Linux', 'Windows', 'MacOS'],
	'aws:updateSsmAgent': ['Linux', 'Windows', 'MacOS'],
};
/** Those whose work stands in the document. */
const SCRIPTS: readonly unknown[] = ['aws:runShellScript', 'aws:runPowerShellScript'];
const DEFAULT_TIMEOUT_SECONDS = 3600;
const STEP_KEYS = new Set([
	'action',
	'name',
	'inputs',
	'precondition',
	'description',
	'maxAttempts',
	'timeoutSeconds',
	'onFailure',
	'isEnd',
]);

/** What is wrong with a Command document, as a sentence. */
export function commandProblem(content: Readonly<Record<string, unknown>>): string | undefined {
	if (content['schemaVersion'] !== '2.2') return `a Command document has schemaVersion '2.2', not '${content['schemaVersion']}'.`;
	const problem = parameterProblem(content['parameters']);
	if (problem) return problem;
	const steps = content['mainSteps'];
	if (!Array.isArray(steps) || steps.length === 0) return 'mainSteps must be a list of steps.';
	const names = new Set<unknown>();
	for (const step of steps) {
		if (!isRecord(step)) return 'a step must be a map.';
		const name = step['name'];
		if (typeof name !== 'string' || !/^[\w:.-]+$/.test(name)) return `the step name ${name} is not valid.`;
		if (names.has(name)) return `there are two steps named ${name}.`;
		names.add(name);
		if (!ACTIONS[String(step['action'])]) return `step ${name} has the action ${step['action']}, which the local AWS does not have.`;
		const extra = Object.keys(step).find((key) => !STEP_KEYS.has(key));
		if (extra !== undefined) return `step ${name} has the unknown key ${extra}.`;
		const lines = isRecord(step['inputs']) ? step['inputs']['runCommand'] : undefined;
		if (SCRIPTS.includes(step['action']) && !Array.isArray(lines) && typeof lines !== 'string')
			return `step ${name} has no inputs.runCommand.`;
	}
	const parameters = isRecord(content['parameters']) ? content['parameters'] : {};
	const unknown = references(steps).find((name) => !(name in parameters) && !/^(platformType|ssm:|aws:)/.test(name));
	return unknown === undefined ? undefined : `{{ ${unknown} }} is not a parameter of the document.`;
}

export function parametersOf(content: Readonly<Record<string, unknown>>): ParameterDefinitions {
	return (content['parameters'] ?? {}) as ParameterDefinitions;
}

/** The platforms that at least one step of the document can run on. */
export function platformsOf(content: Readonly<Record<string, unknown>>): Platform[] {
	const steps = content['mainSteps'] as { action: string }[];
	return (['Linux', 'Windows', 'MacOS'] as const).filter((platform) => steps.some((step) => ACTIONS[step.action]?.includes(platform)));
}

/** The steps of a document on a node of a platform, with parameters in their places. */
export function planSteps(
	content: Readonly<Record<string, unknown>>,
	parameters: Readonly<Record<string, Value>>,
	platform: Platform,
): PlannedStep[] {
	const lookup = (name: string): Value => (name === 'platformType' ? platform : (parameters[name] ?? `{{ ${name} }}`));
	const steps = (content['mainSteps'] as Record<string, unknown>[]).map((step): PlannedStep => {
		const name = String(step['name']);
		const inputs = interpolate(step['inputs'], lookup) as Readonly<Record<string, Value>>;
		const skipped = skipReason(step, name, platform, lookup);
		return {
			name,
			action: String(step['action']),
			timeoutSeconds: Number(inputs['timeoutSeconds'] ?? DEFAULT_TIMEOUT_SECONDS) || DEFAULT_TIMEOUT_SECONDS,
			...(skipped === undefined ? {} : { skipped }),
			onFailure: choice(inputs['onFailure'], ['exit', 'successAndExit']) ?? 'continue',
			onSuccess: choice(inputs['onSuccess'], ['exit']) ?? 'continue',
			finallyStep: String(inputs['finallyStep'] ?? false) === 'true',
		};
	});
	return [...steps.filter((step) => !step.finallyStep), ...steps.filter((step) => step.finallyStep)];
}

/**
 * How long the document may run, in seconds: its `executionTimeout` parameter where it has one, else the longest of its steps.
 * A command's whole timeout is this and its delivery timeout.
 */
export function executionTimeoutSeconds(content: Readonly<Record<string, unknown>>, parameters: Readonly<Record<string, Value>>): number {
	const named = Number(parameters['executionTimeout']);
	if (named > 0) return named;
	return Math.max(...planSteps(content, parameters, 'Linux').map((step) => step.timeoutSeconds));
}

function skipReason(step: Record<string, unknown>, name: string, platform: Platform, lookup: (name: string) => Value): string | undefined {
	const action = String(step['action']);
	if (!ACTIONS[action]?.includes(platform)) {
		return `Step execution skipped due to unsupported plugin: ${action}. Step name: ${name}`;
	}
	const condition = isRecord(step['precondition']) ? step['precondition']['StringEquals'] : undefined;
	if (!Array.isArray(condition)) return undefined;
	const [one, other] = condition.map((operand) => (operand === 'platformType' ? platform : text(interpolate(operand, lookup))));
	if (one === other) return undefined;
	return `Step execution skipped due to unsatisfied preconditions: '"StringEquals": [${condition.join(', ')}]'. Step name: ${name}`;
}

function choice<T extends string>(value: Value | undefined, among: readonly T[]): T | undefined {
	return among.find((each) => each === value);
}
