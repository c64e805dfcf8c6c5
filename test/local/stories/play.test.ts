import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { describe, expect, it } from 'vitest';
import { ensureTemplate } from '../../../local/package-template.ts';
import { type Played, play } from '../../../local/stories/play.ts';
import { printStory } from '../../../local/stories/print.ts';
import type { Story } from '../../../local/stories/story.ts';
import { ROOT } from '../../../scripts/bundle.ts';
import { ALARM, anAlarm, anOperation, OPENED_AT, SECOND } from '../../support/operations.ts';

const NODE = 'i-0b1ea000000000001';
const START = '2026-03-02T09:00:00Z';

const FROZEN = `name: drain-frozen
priority: 1
on: instance-terminating
when:
  detail: { LifecycleHookName: [fleetkeeper-drain] }
run: { command: drain-node, timeout: 1h }
calendar: frozen
then: { onSuccess: { lifecycle: continue }, onFailure: { lifecycle: continue } }
`;

const CALENDAR = ['BEGIN:VCALENDAR', 'PRODID:-//AWS//Change Calendar 1.0//EN', 'VERSION:2.0', 'X-CALENDAR-TYPE:DEFAULT_CLOSED'];

/** A node is to go while its playbook's calendar is closed. */
function story(changes: Partial<Story> = {}): Story {
	return {
		name: 'frozen',
		title: 'A calendar is closed',
		startAt: START,
		minutes: 5,
		fleet: {
			groups: [
				{
					name: 'web-blue',
					min: 0,
					max: 1,
					hooks: [{ name: 'fleetkeeper-drain', on: 'terminate', heartbeatTimeoutSeconds: 1_800, defaultResult: 'CONTINUE' }],
					nodes: [{ id: NODE }],
				},
			],
		},
		playbooks: { 'drain-frozen': FROZEN },
		faults: {},
		prepare: ({ services }) => {
			services.ssm.addDocument('frozen', 'ChangeCalendar', [...CALENDAR, 'END:VCALENDAR', ''].join('\r\n'));
		},
		script(world) {
			const asked = { InstanceId: NODE, ShouldDecrementDesiredCapacity: true };
			world.at(Date.parse(START) + 120 * SECOND, async () => {
				await world.aws.autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand(asked));
			});
		},
		expectations: [{ part: 'the node waits for its calendar', about: ({ kind }) => kind === 'lifecycle', state: 'waiting' }],
		outcomes: () => [],
		...changes,
	};
}

const held = ({ verdicts }: Played) => verdicts.map(({ part, holds }) => [part, holds]);

describe('a story', () => {
	it('has playbooks of its own, and what is there from the start', async () => {
		const played = await play(story(), { seed: 1, template: await ensureTemplate() });

		expect(played.operations).toMatchObject([{ playbook: { name: 'drain-frozen' }, state: 'waiting', waiting: 'calendar' }]);
		expect(held(played)).toEqual([
			['the node waits for its calendar', true],
			['and nothing else was touched', true],
		]);
		expect(played.people).toMatchObject([{ service: 'autoscaling', operation: 'TerminateInstanceInAutoScalingGroup' }]);
	});

	it('does not hold where an operation is in another state, or about nothing that is told', async () => {
		const expectations = [
			{ part: 'it drains', about: ({ playbook }: { playbook: { name: string } }) => playbook.name === 'drain-web', state: 'succeeded' },
		];
		const played = await play(story({ expectations: expectations as Story['expectations'] }), {
			seed: 1,
			template: await ensureTemplate(),
		});

		expect(played.verdicts).toEqual([
			{ part: 'it drains', holds: false, found: '0 of 1 operations: none' },
			{ part: 'and nothing else was touched', holds: false, found: expect.stringContaining(`${NODE} of web-blue`) },
		]);
	});
});

describe('a printed story', () => {
	const resolved = anAlarm({
		state: 'succeeded',
		closedAt: OPENED_AT + 600 * SECOND,
		result: { reason: 'it is OK', opsItemId: 'oi-1', resolved: true },
	});
	const drained = anOperation({
		state: 'succeeded',
		closedAt: OPENED_AT + 90 * SECOND,
		result: { reason: 'it went', lifecycle: 'CONTINUE' },
	});
	const observed = anOperation({ state: 'skipped', closedAt: OPENED_AT, result: { reason: 'would run', observed: true } });
	const input = { Name: 'web-alarms', Value: `name: web-alarms\n${'x'.repeat(500)}`, Overwrite: true };
	const played: Played = {
		operations: [resolved, drained, observed, anAlarm()],
		calls: { ssm: { CreateOpsItem: 1 }, resourcegroupstaggingapi: { GetResources: 2 } },
		people: [{ at: OPENED_AT, service: 'ssm', operation: 'PutParameter', input }],
		joined: [],
		typed: [
			{
				at: OPENED_AT,
				args: ['show', 'alarm-1', '--by', 'the night shift'],
				status: 0,
				answer: ['state  open', ...Array(30).fill('more')],
			},
		],
		messages: [{ at: OPENED_AT, messageId: '1', topicArn: 'arn:aws:sns:eu-west-1:111122223333:t', message: '"It failed."\n"See there."' }],
		dropped: [],
		verdicts: [],
		endedAt: OPENED_AT,
	};
	const printed = () => {
		const lines: string[] = [];
		printStory(story(), played, (line) => lines.push(...line.split('\n')));
		return lines;
	};

	it('has a row for each operation, of whatever kind, with what came of it', () => {
		const lines = printed();
		const from = lines.indexOf('How each operation ended') + 1;
		expect(lines.slice(from, from + 5).map((line) => line.trim().split(/ {2,}/))).toEqual([
			['subject', 'playbook', 'state', 'result', 'took', 'OpsItem'],
			[ALARM.alarm, 'web-alarms', 'succeeded', 'resolved', '10 min', 'oi-1'],
			['i-0123456789abcdef0', 'drain-web', 'succeeded', 'CONTINUE', '90 s'],
			['i-0123456789abcdef0', 'drain-web', 'skipped', 'observed', '0 s'],
			[ALARM.alarm, 'web-alarms', 'starting', '-', 'open'],
		]);
	});

	it('says what was typed, with the first lines of the answer, and what a topic was told', () => {
		const lines = printed();
		const from = lines.findIndex((line) => line.includes('at the command line'));
		expect(lines[from]).toContain("fleet -- show alarm-1 --by 'the night shift'");
		expect(lines[from + 1]?.trim()).toBe('| state  open');
		expect(lines.filter((line) => line.trim() === '| more')).toHaveLength(19);
		expect(lines.join('\n')).toMatch(/\| and 11 lines more\n/);
		expect(lines.find((line) => line.includes('tells the topic'))).toMatch(/ {2}It failed\.$/);
	});

	it('says what people asked, on lines of bounded length', () => {
		const [asked = ''] = printed().filter((line) => line.includes('asks'));
		expect(asked).toContain('asks Systems Manager');
		expect(printed().join('\n')).toContain('PutParameter Name=web-alarms Value=name: web-alarms');
		expect(Math.max(...printed().map(({ length }) => length))).toBeLessThanOrEqual(130);
	});
});

describe('the demo', () => {
	it('knows its stories by name, with --story or without', async () => {
		const run = promisify(execFile)(process.execPath, [join(ROOT, 'local', 'demo.ts'), 'command', '--story', 'nope']);
		await expect(run).rejects.toMatchObject({
			code: 1,
			stderr: expect.stringContaining("There is no story 'nope': there are core, care, command"),
		});
	});
});
