import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CommandRequest, commandProblem } from '../../../../shared/kinds/command/event.ts';
import { parseEvent } from '../../../../shared/parse.ts';

const sample = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, '../../../../events', `${name}.json`), 'utf8'));
const request = (detail: object) => parseEvent(CommandRequest, { ...sample('run-command-requested'), detail }, 'a request').detail;

const BY_TAG = [{ key: 'tag:service', values: ['nginx'] }];
const NODE = 'i-0123456789abcdef0';
const PLAIN = { command: 'restart-service', targets: BY_TAG };
const byIds = (...values: string[]) => [{ key: 'InstanceIds', values }];

describe('a request for a command', () => {
	it('is read with all that it can say', () => {
		const detail = {
			command: 'AWS-ConfigureAWSPackage',
			parameters: { action: 'Install', name: ['AmazonCloudWatchAgent'] },
			targets: [...BY_TAG, { key: 'tag-key', values: ['PatchGroup'] }],
			maxConcurrency: '10%',
			maxErrors: '0',
			timeoutSeconds: 3_600,
			deliverWithinSeconds: 600,
			calendar: ['freeze', 'arn:aws:ssm:eu-west-1:444455556666:document/theirs'],
			reason: 'a new agent',
			requestedBy: 'anna',
			requestId: 'CHG-4711',
		};
		expect(request(detail)).toEqual(detail);
		expect(commandProblem(request(detail))).toBeUndefined();
	});

	it.each([
		[{ targets: BY_TAG }, 'detail.command is missing'],
		[{ ...PLAIN, command: 'restart service' }, 'detail.command: expected the name of a Command document'],
		[{ ...PLAIN, rings: [] }, 'detail.rings: expected a list of 1 to 10 values of the tag PatchGroup'],
		[{ ...PLAIN, rings: 'dev' }, 'detail.rings: expected a list of 1 to 10 values of the tag PatchGroup'],
		[{ ...PLAIN, rings: ['dev'], successPercent: 101 }, 'detail.successPercent: expected a whole number of percent, 1 to 100'],
		[{ ...PLAIN, rings: ['dev'], soakSeconds: '1d' }, 'detail.soakSeconds: expected a whole number of seconds, 0 to 604800'],
		[{ ...PLAIN, rings: ['dev'], soakSeconds: 604_801 }, 'detail.soakSeconds: expected a whole number of seconds, 0 to 604800'],
		[{ ...PLAIN, targets: [] }, 'detail.targets: expected a list of 1 to 50 targets'],
		[{ ...PLAIN, targets: 'i-1' }, 'detail.targets: expected a list of 1 to 50 targets'],
		[
			{ ...PLAIN, targets: [{ key: 'tag', values: ['x'] }] },
			'detail.targets.0.key: expected InstanceIds, tag:<key>, tag-key or ResourceGroup',
		],
		[{ ...PLAIN, targets: [{ key: 'tag:a', values: [] }] }, 'detail.targets.0.values: expected 1 to 2000 values'],
		[{ ...PLAIN, targets: [{ key: 'tag:a', value: ['x'] }] }, 'detail.targets.0: has no value: did you mean values?'],
		[{ ...PLAIN, maxConcurency: '1' }, 'detail: has no maxConcurency: did you mean maxConcurrency?'],
		[{ ...PLAIN, runbook: 'restart-node' }, 'detail: has no runbook: there are command, targets,'],
		[{ ...PLAIN, maxConcurrency: '0' }, 'detail.maxConcurrency: expected a number or a percentage as text'],
		[{ ...PLAIN, maxConcurrency: 10 }, 'detail.maxConcurrency: expected a number or a percentage as text'],
		[{ ...PLAIN, maxErrors: '110%' }, 'detail.maxErrors: expected a number or a percentage as text'],
		[{ ...PLAIN, timeoutSeconds: '1h' }, 'detail.timeoutSeconds: expected a whole number of seconds, 30 to 172800'],
		[{ ...PLAIN, timeoutSeconds: 12 }, 'detail.timeoutSeconds: expected a whole number of seconds'],
		[{ ...PLAIN, deliverWithinSeconds: 30.5 }, 'detail.deliverWithinSeconds: expected a whole number of seconds'],
		[{ ...PLAIN, calendar: 'a calendar' }, 'detail.calendar: expected the name of a Change Calendar'],
	])('that is malformed is refused with what is wrong: %#', (detail, problem) => {
		expect(() => request(detail)).toThrow(problem);
	});

	it.each([
		[{ targets: [...byIds(NODE), ...BY_TAG] }, 'targets are given by InstanceIds and by tags: Run Command takes one of'],
		[{ targets: [...BY_TAG, { key: 'ResourceGroup', values: ['web'] }] }, 'by tags and by ResourceGroup'],
		[{ targets: [...BY_TAG, ...BY_TAG] }, 'targets name tag:service twice'],
		[{ targets: byIds(NODE, 'web-1') }, "targets.0.values.1 is 'web-1': expected the id of a node, i-… or mi-…"],
		[{ targets: [{ key: 'ResourceGroup', values: ['a', 'b'] }] }, 'names 2 resource groups'],
		[{ targets: [{ key: 'ResourceGroup', values: ['my group'] }] }, "is 'my group': expected the name of a resource group"],
		[{ targets: [{ key: 'tag:a', values: Array.from({ length: 51 }, (_, n) => `${n}`) }] }, 'has 51 values: expected 50 at most'],
		[{ parameters: { WorkId: 'mine' } }, 'parameters.WorkId is not the requester'],
		[{ timeoutSeconds: 60, deliverWithinSeconds: 120 }, 'deliverWithinSeconds (120) is longer than timeoutSeconds (60)'],
		[{ targets: undefined }, 'targets: expected a list of 1 to 50 targets, each { key, values }, where there are no rings'],
		[{ soakSeconds: 60 }, 'soakSeconds is for rings'],
		[{ successPercent: 90 }, 'successPercent is for rings'],
		[{ rings: ['dev', 'test', 'dev'] }, 'rings name dev twice'],
		[{ rings: ['dev'], targets: [{ key: 'tag:PatchGroup', values: ['dev'] }] }, 'targets name tag:PatchGroup beside rings'],
		[{ rings: ['dev'], targets: [{ key: 'ResourceGroup', values: ['web'] }] }, 'targets name ResourceGroup beside rings'],
	])('whose parts do not go together is refused: %#', (changes, problem) => {
		expect(commandProblem(request({ ...PLAIN, ...changes }))).toContain(problem);
	});

	it.each([
		{ targets: byIds(NODE, 'mi-0123456789abcdef0') },
		{ targets: byIds(...Array.from({ length: 120 }, (_, n) => `i-${String(n).padStart(17, '0')}`)) },
		{ command: 'AWS-RunShellScript', parameters: { WorkId: 'mine' } },
		{ targets: undefined, rings: ['dev'] },
		{ targets: byIds(NODE), rings: ['dev', 'test'], successPercent: 100, soakSeconds: 0 },
	])('may be: %#', (changes) => {
		expect(commandProblem(request({ ...PLAIN, ...changes }))).toBeUndefined();
	});
});
