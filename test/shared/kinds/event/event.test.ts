import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FleetEvent, RunRequest, requestProblem } from '../../../../shared/kinds/event/event.ts';
import { parseEvent } from '../../../../shared/parse.ts';

const EVENTS = join(import.meta.dirname, '../../../../events');
const sample = (name: string): unknown => JSON.parse(readFileSync(join(EVENTS, `${name}.json`), 'utf8'));

const request = (detail: object) => parseEvent(RunRequest, { ...(sample('run-automation-requested') as object), detail }, 'a request');
const TARGETS = { targets: [{ key: 'tag:service', values: ['nginx'] }], targetParameter: 'InstanceId' };

describe('an event', () => {
	it.each(['spot-interruption', 'health-scheduled-change', 'calendar-open'])('%s is read', (name) => {
		expect(parseEvent(FleetEvent, sample(name), 'EventBridge')).toMatchObject({ account: '111122223333', detail: expect.any(Object) });
	});

	it.each(['detail-missing', 'not-an-event'])('%s is refused', (name) => {
		expect(() => parseEvent(FleetEvent, sample(`bad/${name}`), 'EventBridge')).toThrow('This is not an event of EventBridge: ');
	});
});

describe('a request', () => {
	it('is read with all that it can say', () => {
		const detail = {
			runbook: 'restart-node',
			parameters: { Mode: 'soft', Steps: ['a', 'b'] },
			...TARGETS,
			maxConcurrency: '10%',
			maxErrors: '0',
			reason: 'kernel update',
			requestedBy: 'anna',
			requestId: 'CHG-4711',
		};
		expect(request(detail).detail).toEqual(detail);
	});

	it.each([
		[sample('bad/request-runbook-malformed'), 'detail.runbook: expected the name of a runbook'],
		[{ detail: {} }, 'detail.runbook is missing'],
		[{ detail: { runbook: 'restart-node', paramters: {} } }, 'detail: has no paramters'],
		[{ detail: { runbook: 'restart-node', parameters: { Count: 3 } } }, 'detail.parameters.Count: expected text or a list of texts'],
		[{ detail: { runbook: 'restart-node', parameters: { Names: [] } } }, 'detail.parameters.Names: expected text or a list of texts'],
		[{ detail: { runbook: 'restart-node', parameters: { 'a.b': 'x' } } }, 'expected names of parameters'],
		[{ detail: { runbook: 'restart-node', parameters: 'x' } }, 'detail.parameters: expected object'],
		[{ detail: { runbook: 'restart-node', targets: [] } }, 'detail.targets: expected one target'],
		[
			{ detail: { runbook: 'restart-node', targets: [{ key: 'InstanceIds', values: ['i-1'] }] } },
			'detail.targets.0.key: expected tag:<key>',
		],
		[{ detail: { runbook: 'restart-node', targets: [{ key: 'tag:a', value: [] }] } }, 'detail.targets.0: has no value'],
		[{ detail: { runbook: 'restart-node', targets: [{ key: 'tag:a', values: [] }] } }, 'detail.targets.0.values: expected 1 to 50'],
		[{ detail: { runbook: 'restart-node', ...TARGETS, maxConcurrency: '0' } }, 'detail.maxConcurrency: expected a number or a percentage'],
		[{ detail: { runbook: 'restart-node', ...TARGETS, maxErrors: '101%' } }, 'detail.maxErrors: expected a number or a percentage'],
		[{ detail: { runbook: 'restart-node', requestId: 'with blanks' } }, 'detail.requestId: expected 1 to 128 characters'],
	])('that is malformed is refused with what is wrong: %#', (changes, problem) => {
		const event = { ...(sample('run-automation-requested') as object), ...(changes as object) };
		expect(() => parseEvent(RunRequest, event, 'a request')).toThrow(problem);
	});

	it.each([
		[{ runbook: 'restart-node', maxErrors: '1' }, 'maxErrors is given without targets'],
		[{ runbook: 'restart-node', targetParameter: 'InstanceId' }, 'targetParameter is given without targets'],
		[{ runbook: 'restart-node', targets: TARGETS.targets }, 'targets are given without targetParameter'],
		[{ runbook: 'restart-node', ...TARGETS, parameters: { InstanceId: 'i-1' } }, 'parameters.InstanceId is what the targets are given as'],
		[{ runbook: 'restart-node', parameters: { AutomationAssumeRole: 'arn:aws:iam::1:role/x' } }, "is not the requester's to give"],
	])('whose parts do not go together has a problem: %#', (detail, problem) => {
		expect(requestProblem(request(detail).detail)).toContain(problem);
	});

	it.each([
		{ runbook: 'restart-node' },
		{ runbook: 'restart-node', ...TARGETS, maxConcurrency: '1', maxErrors: '100%' },
		{ runbook: 'AWS-RestartEC2Instance', parameters: { AutomationAssumeRole: 'arn:aws:iam::111122223333:role/x' } },
	])('whose parts go together has none: %#', (detail) => {
		expect(requestProblem(request(detail).detail)).toBeUndefined();
	});
});
