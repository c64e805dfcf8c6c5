/** What must hold between the parts of a playbook, beyond the form of each. */

import { type PatternError, validatePattern } from '../event-pattern.ts';
import { isOwnDocument } from '../settings.ts';
import { brakeFindings } from './brakes.ts';
import { durationSeconds, durationText } from './duration.ts';
import { DETAIL_PATH_START, ENVELOPE_PATHS, LIFECYCLE_FIELDS, PATH_START, UNKNOWN_TO_SWEEP } from './fields.ts';
import { hookFindings } from './hooks.ts';
import { type Finding, nearest, quote } from './problem.ts';
import type { PlaybookSource } from './schema.ts';

/** Run Command gives up on a node between 30 seconds and 30 days after SendCommand; a hook lives at most 48 hours. */
const MIN_TIMEOUT_SECONDS = 30;
/** GlobalTimeout of a lifecycle hook is the smaller of this and 100 times its heartbeat timeout. */
const MAX_HOOK_SECONDS = 172_800;

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
/** A file of `runbooks/`: deployed under `fleetkeeper-<stage>-`, and a document name has at most 128 characters. */
const OWN_DOCUMENT = /^[a-z][a-z0-9-]{0,79}$/;
const AWS_DOCUMENT = /^[A-Za-z0-9_.-]{3,128}$/;
const DOCUMENT_ARN = /^arn:aws[a-z-]*:ssm:[a-z0-9-]+:(\d{12})?:(document|automation-definition)\/[A-Za-z0-9_./-]{3,128}(:[\w$]+)?$/;
const PARAMETER_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** The engine gives these to the documents of `runbooks/`. */
export const SUPPLIED_PARAMETERS: readonly string[] = ['WorkId', 'TimeoutSeconds', 'AutomationAssumeRole'];

export function relationFindings(source: PlaybookSource, name: string): Finding[] {
	return [
		...nameFindings(source, name),
		...patternFindings(source),
		...documentFindings(source),
		...parameterFindings(source),
		...timerFindings(source),
		...outcomeFindings(source),
		...brakeFindings(source),
	];
}

function nameFindings(source: PlaybookSource, name: string): Finding[] {
	if (!NAME.test(source.name)) {
		const hint = 'use 1 to 63 of a-z, 0-9 and -, beginning with a letter';
		return [{ at: ['name'], message: `${quote(source.name)} is not a playbook name`, hint }];
	}
	if (source.name !== name) {
		return [
			{
				at: ['name'],
				message: `${quote(source.name)} is not the name it is stored under`,
				hint: `write ${name}, or rename the file or parameter`,
			},
		];
	}
	return [];
}

function patternFindings({ when }: PlaybookSource): Finding[] {
	const broken = [
		...inPattern(['when', 'detail'], validatePattern(when.detail)),
		...(when.tags ? inPattern(['when', 'tags'], validatePattern(when.tags)) : []),
	];
	if (broken.length > 0) return broken;
	return [...hookFindings(when.detail, ['when', 'detail']), ...(when.tags ? tagFindings(when.tags, ['when', 'tags']) : [])];
}

function inPattern(at: readonly string[], error: PatternError | undefined): Finding[] {
	return error ? [{ at: [...at, ...error.segments], message: error.reason }] : [];
}

/** Tags are a flat map of text to text. */
function tagFindings(pattern: Readonly<Record<string, unknown>>, at: readonly (string | number)[]): Finding[] {
	return Object.entries(pattern).flatMap(([tag, value]): Finding[] => {
		const here = [...at, tag];
		if (tag === '$or' && Array.isArray(value)) return value.flatMap((branch, i) => tagFindings(branch, [...here, i]));
		if (!Array.isArray(value)) return [{ at: here, message: 'a tag has no fields of its own', hint: `write ${tag}: [value]` }];
		return value.flatMap((condition, i): Finding[] => {
			if (typeof condition === 'string' || (condition !== null && typeof condition === 'object' && !('numeric' in condition))) return [];
			return [{ at: [...here, i], message: 'the value of a tag is always text', hint: 'put it in quotes' }];
		});
	});
}

function documentFindings({ run }: PlaybookSource): Finding[] {
	const { command, automation } = run;
	if ((command === undefined) === (automation === undefined)) {
		const message = command === undefined ? 'names no work' : 'names both a command and an automation';
		return [{ at: ['run'], message, hint: 'write one of command: <document> and automation: <document>' }];
	}
	const key = command === undefined ? 'automation' : 'command';
	const document = command ?? automation ?? '';
	const form = document.startsWith('arn:') ? DOCUMENT_ARN : isOwnDocument(document) ? OWN_DOCUMENT : AWS_DOCUMENT;
	if (form.test(document)) return [];
	const hint = 'write the name of a file of runbooks/ without its ending, an AWS-… document, or the ARN of a document';
	return [{ at: ['run', key], message: `${quote(document)} is not the name of a document`, hint }];
}

function parameterFindings({ run }: PlaybookSource): Finding[] {
	const own = isOwnDocument(run.command ?? run.automation ?? '');
	return Object.entries(run.parameters ?? {}).flatMap(([name, value]): Finding[] => {
		const at = ['run', 'parameters', name];
		if (!PARAMETER_NAME.test(name)) return [{ at, message: `${quote(name)} is not the name of a document parameter`, onKey: true }];
		if (own && SUPPLIED_PARAMETERS.includes(name)) {
			return [{ at, message: `${name} is supplied by Fleetkeeper to the documents of runbooks/`, hint: 'leave it out', onKey: true }];
		}
		if (Array.isArray(value) && value.length === 0) return [{ at, message: 'the list is empty', hint: 'give it a value or leave it out' }];
		return [value].flat().flatMap((entry, i) => pathFindings(entry, Array.isArray(value) ? [...at, i] : at));
	});
}

function pathFindings(value: string, at: readonly (string | number)[]): Finding[] {
	if (!value.startsWith(PATH_START) || ENVELOPE_PATHS.some((path) => path === value)) return [];
	const field = value.startsWith(DETAIL_PATH_START) ? value.slice(DETAIL_PATH_START.length) : undefined;
	if (field !== undefined && LIFECYCLE_FIELDS.some((known) => known === field)) {
		if (!UNKNOWN_TO_SWEEP.has(field)) return [];
		const message = `${value} may be absent, and is unknown where the event was lost and the sweep found the instance: the work fails then`;
		return [{ at, message, severity: 'warning' }];
	}
	const meant = nearest(value, [...LIFECYCLE_FIELDS.map((known) => DETAIL_PATH_START + known), ...ENVELOPE_PATHS]);
	const hint = meant ? `did you mean ${meant}?` : `there are $.account, $.region and $.detail. with ${LIFECYCLE_FIELDS.join(', ')}`;
	return [{ at, message: `${quote(value)} leads nowhere in a lifecycle event`, hint }];
}

function timerFindings({ on, run }: PlaybookSource): Finding[] {
	const timeout = durationSeconds(run.timeout);
	const findings: Finding[] = [];
	if (timeout < MIN_TIMEOUT_SECONDS) {
		findings.push({
			at: ['run', 'timeout'],
			message: `${run.timeout} is impossible: reaching a node takes up to 30s`,
			hint: 'write 30s or more',
		});
	} else if (timeout > MAX_HOOK_SECONDS) {
		const message = `${run.timeout} is impossible: a lifecycle hook holds an instance for 48h at most`;
		findings.push({ at: ['run', 'timeout'], message, hint: 'write 48h or less' });
	}
	if (run.deliverWithin !== undefined) {
		const deliver = durationSeconds(run.deliverWithin);
		const at = ['run', 'deliverWithin'];
		if (deliver < MIN_TIMEOUT_SECONDS) findings.push({ at, message: `${run.deliverWithin} is too short: Run Command takes 30s or more` });
		if (deliver > timeout) findings.push({ at, message: `${run.deliverWithin} is longer than the timeout of ${run.timeout}` });
		if (run.automation !== undefined) {
			findings.push({ at, message: 'has no effect on an automation, which sends its commands itself', severity: 'warning', onKey: true });
		}
	}
	if (run.registerWithin !== undefined) {
		const at = ['run', 'registerWithin'];
		if (on !== 'instance-launching') {
			findings.push({
				at,
				message: 'is for instance-launching: a node that terminates is registered or gone',
				hint: 'leave it out',
				onKey: true,
			});
		} else if (durationSeconds(run.registerWithin) >= timeout) {
			const hint = `write less than ${durationText(timeout)}`;
			findings.push({
				at,
				message: `${run.registerWithin} leaves no time for the work: the timeout of ${run.timeout} counts from the event`,
				hint,
			});
		}
	}
	return findings;
}

function outcomeFindings(source: PlaybookSource): Finding[] {
	if (source.on === 'instance-launching' && source.then?.onFailure?.lifecycle === 'continue') {
		const at = ['then', 'onFailure', 'lifecycle'];
		return [{ at, message: 'a node that could not be prepared goes into service', severity: 'warning' }];
	}
	return [];
}
