import { describe, expect, it } from 'vitest';
import { changed, compiled, problemsOf, tells } from './problems.ts';
import { EVENT } from './samples.ts';

describe('a playbook for any other event', () => {
	const SOURCE = 'source: [aws.ec2]';
	const OWN = "matches 'fleetkeeper': what Fleetkeeper publishes itself would trigger it";

	describe('is told what is wrong', () => {
		tells(EVENT, [
			[`  ${SOURCE}\n`, '', '5:3 when: names no source: every event that reaches the function would match; write source: [aws.health]'],
			[SOURCE, 'source: aws.ec2', '5:11 when.source: must be a list of conditions; write [value]'],
			[SOURCE, 'source: []', '5:11 when.source: the list is empty; it needs at least one condition'],
			[SOURCE, 'source: [{ prefx: aws }]', '5:21 when.source[0].prefx: no such condition'],
			[SOURCE, 'source: [aws.ec2, fleetkeeper]', `5:21 when.source[1]: ${OWN}; write source: [aws.health]`],
			[SOURCE, 'source: [{ prefix: fleet }]', `5:12 when.source[0]: ${OWN}`],
			[SOURCE, 'source: [{ prefix: "" }]', OWN],
			[SOURCE, 'source: [{ suffix: keeper }]', OWN],
			[SOURCE, 'source: [{ wildcard: "*keep*" }]', OWN],
			[SOURCE, 'source: [{ equals-ignore-case: Fleetkeeper }]', OWN],
			[SOURCE, 'source: [{ anything-but: aws.ec2 }]', OWN],
			[SOURCE, 'source: [{ anything-but: { prefix: aws. } }]', OWN],
			[SOURCE, 'source: [{ exists: true }]', OWN],
			[
				SOURCE,
				'source: [{ anything-but: fleetkeeper }]',
				'5:12 when.source[0]: anything-but does not name sources: it would also match events that nobody meant',
			],
			[SOURCE, 'source: [{ exists: false }]', 'exists does not name sources'],
			[SOURCE, 'source: [1]', '1 is not the name of a source'],
			[
				'  node: $.detail.instance-id\n',
				'',
				'10:3 run: the command has no node to run on; write node: $.detail.<field>, or the id of an instance',
			],
			['node: $.detail.instance-id', 'node: $.detail', "11:9 run.node: '$.detail' leads to an object"],
			[
				'node: $.detail.instance-id',
				'node: $.details.instance-id',
				"11:9 run.node: '$.details.instance-id' leads nowhere in an event; there are $.account, $.region, $.source",
			],
			[
				'about: $.detail.instance-id',
				'about: instance-id',
				"13:8 about: 'instance-id' is not a path into the event; write $.detail.<field>",
			],
			['about: $.detail.instance-id', 'about: []', '13:8 about: the list is empty; name a path or leave it out'],
			['about: $.detail.instance-id', 'about: [$.id, $.nothing]', "13:15 about[1]: '$.nothing' leads nowhere in an event"],
			['about: $.detail.instance-id', 'about: 7', '13:8 about: must be a path or a list of paths'],
			['about: $.detail.instance-id', 'attempts: 2', '13:1 attempts: is for noncompliant, not for event'],
			['about: $.detail.instance-id', 'calm: 5m', '13:1 calm: is for alarm, not for event'],
		]);

		it('where it does nothing', () => {
			const idle = EVENT.replace(/run:\n( {2}.*\n)+/, '');
			expect(problemsOf(idle)).toEqual(['1:1 does nothing; write run: for work, opsItem: for an OpsItem, or both']);
			expect(problemsOf(`${idle}opsItem: {}\nthen: { onFailure: { opsItem: {} } }\n`)).toEqual([
				'11:1 warning: then: has no effect without run: no work is started',
			]);
		});
	});

	it.each([
		'source: [aws.ec2, { prefix: aws. }, { wildcard: "com.example.*" }]',
		'source: [{ equals-ignore-case: Com.Example.Shop }]',
		'source: [aws.health]\n  account: [x]',
	])('is named by %s', (by) => {
		expect(problemsOf(changed(EVENT, SOURCE, by))).toEqual(
			by.includes('account') ? [expect.stringContaining('when.account: no such key')] : [],
		);
	});

	it('is compiled with the pattern over the whole event', () => {
		expect(compiled(EVENT)).toEqual({
			name: 'spot-drain',
			priority: 100,
			on: 'event',
			when: {
				detail: { 'instance-action': ['terminate'] },
				source: ['aws.ec2'],
				'detail-type': ['EC2 Spot Instance Interruption Warning'],
			},
			run: {
				type: 'command',
				document: 'drain-node',
				parameters: {},
				timeoutSeconds: 120,
				deliverWithinSeconds: 120,
				registerWithinSeconds: 0,
				node: '$.detail.instance-id',
			},
			then: { onFailure: {} },
			about: ['$.detail.instance-id'],
		});
	});

	it('can do with an OpsItem, and with any detail', () => {
		const least = EVENT.replace(/ {2}detail:\n {4}.*\n/, '').replace(
			/run:[\s\S]*/,
			'opsItem: { severity: "3", runbooks: [restart-node] }\n',
		);
		expect(compiled(least)).toEqual({
			name: 'spot-drain',
			priority: 100,
			on: 'event',
			when: { detail: {}, source: ['aws.ec2'], 'detail-type': ['EC2 Spot Instance Interruption Warning'] },
			opsItem: { severity: '3', runbooks: ['restart-node'] },
			then: { onFailure: {} },
		});
	});
});
