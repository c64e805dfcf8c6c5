import { describe, expect, it } from 'vitest';
import { claimsHook, claimsRule, couldBeAlarm, match, matchEvent } from '../../../shared/playbook/match.ts';
import { compileSet } from '../../../shared/playbook/set.ts';
import type { AlarmPlaybook } from '../../../shared/playbook/types.ts';
import { ALARM, DRAIN, drainAs, EVENT, NONCOMPLIANT, REQUEST } from './samples.ts';

const detail = {
	AutoScalingGroupName: 'web-blue',
	LifecycleHookName: 'fleetkeeper-drain',
	EC2InstanceId: 'i-0fee1dead0c0ffee0',
	LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
};
const NGINX = { service: 'nginx' };

function setOf(...sources: string[]) {
	const texts = sources.map((source) => ({ name: /name: (.*)/.exec(source)?.[1] ?? '', source, parameterVersion: 3 }));
	const { playbooks, problems } = compileSet(texts);
	expect(problems).toEqual([]);
	return { playbooks, compiledAt: '2026-03-02T09:00:00Z' };
}
const withoutTags = (source: string) => source.replace('  tags:\n    service: [nginx]\n', '');

function nameOf(found: ReturnType<typeof match>): string | undefined {
	return 'playbook' in found ? found.playbook.playbook.name : undefined;
}

describe('match', () => {
	it('takes the playbook with the lowest priority number of those that match', () => {
		const set = setOf(drainAs('second', 200), drainAs('first', 100), drainAs('other-group', 50).replace('web-', 'batch-'));
		expect(nameOf(match('instance-terminating', detail, NGINX, set))).toBe('first');
	});

	it('carries the version of the parameter it came from', () => {
		expect(match('instance-terminating', detail, NGINX, setOf(DRAIN))).toMatchObject({ playbook: { parameterVersion: 3 } });
	});

	it('asks for tags only where they decide', () => {
		const set = setOf(DRAIN);
		expect(match('instance-terminating', detail, undefined, set)).toEqual({ needsTags: true });
		expect(match('instance-terminating', { ...detail, LifecycleHookName: 'other' }, undefined, set)).toMatchObject({ onlyTags: false });
		expect(nameOf(match('instance-terminating', detail, undefined, setOf(withoutTags(DRAIN))))).toBe('drain-web');
	});

	it('goes on to the next playbook where tags do not match', () => {
		const set = setOf(DRAIN, withoutTags(drainAs('any-web', 200)));
		expect(nameOf(match('instance-terminating', detail, { service: 'redis' }, set))).toBe('any-web');
	});

	it('says that only the tags are missing', () => {
		expect(match('instance-terminating', detail, {}, setOf(DRAIN))).toEqual({
			none: "the node's tags are not those that drain-web asks for",
			onlyTags: true,
		});
	});

	it('keeps terminations and launches apart', () => {
		expect(match('instance-launching', detail, NGINX, setOf(DRAIN))).toEqual({
			none: 'no playbook is for instance-launching',
			onlyTags: false,
		});
	});
});

describe('claimsHook', () => {
	const set = setOf(
		DRAIN.replace('LifecycleHookName:', 'Origin: [EC2]\n    LifecycleHookName:'),
		drainAs('either', 200).replace(
			'LifecycleHookName: [fleetkeeper-drain]',
			'$or: [{ LifecycleHookName: [a], Destination: [EC2] }, { LifecycleHookName: [b] }]',
		),
	);
	const claimed = (group: string, hook: string, on: 'instance-terminating' | 'instance-launching' = 'instance-terminating') =>
		claimsHook(set, on, { group, hook }).map(({ playbook }) => playbook.name);

	it('looks at group and hook alone', () => {
		expect(claimed('web-blue', 'fleetkeeper-drain')).toEqual(['drain-web']);
		expect(claimed('web-blue', 'a')).toEqual(['either']);
		expect(claimed('web-blue', 'b')).toEqual(['either']);
	});

	it('claims no hook of another name, group or transition', () => {
		expect(claimed('web-blue', 'ecs-managed-draining-termination-hook')).toEqual([]);
		expect(claimed('batch-1', 'fleetkeeper-drain')).toEqual([]);
		expect(claimed('web-blue', 'fleetkeeper-drain', 'instance-launching')).toEqual([]);
	});

	it('takes a branch of $or that leaves the known fields open as met', () => {
		const open = setOf(DRAIN.replace('LifecycleHookName:', '$or: [{ Origin: [EC2] }, { Destination: [EC2] }]\n    LifecycleHookName:'));
		expect(claimsHook(open, 'instance-terminating', { group: 'web-x', hook: 'fleetkeeper-drain' })).toHaveLength(1);
	});
});

describe('matchEvent', () => {
	const set = setOf(DRAIN, ALARM, NONCOMPLIANT, EVENT, REQUEST);
	const SPOT = {
		source: 'aws.ec2',
		'detail-type': 'EC2 Spot Instance Interruption Warning',
		detail: { 'instance-id': 'i-0fee1dead0c0ffee0', 'instance-action': 'terminate' },
	};
	const chosen = (found: ReturnType<typeof matchEvent>) => ('playbook' in found ? found.playbook.playbook.name : found.none);

	it.each([
		['alarm', { detail: { alarmName: 'web-cpu-high' } }, 'web-cpu'],
		['alarm', { detail: { alarmName: 'batch-cpu' } }, 'none of 1 playbooks for alarm matches the event'],
		['noncompliant', { detail: { configRuleName: 'restricted-ssh-conformance-pack-abc123' } }, 'close-ssh'],
		['noncompliant', { detail: { configRuleName: 'restricted-ssh-2' } }, 'none of 1 playbooks for noncompliant matches the event'],
		['request', { detail: { runbook: 'restart-node' } }, 'may-restart'],
		['request', { detail: { runbook: 'restart-node-2' } }, 'none of 1 playbooks for request matches the event'],
		['event', SPOT, 'spot-drain'],
		['event', { ...SPOT, source: 'aws.ec3' }, 'none of 1 playbooks for event matches the event'],
		['event', { ...SPOT, 'detail-type': 'other' }, 'none of 1 playbooks for event matches the event'],
		['event', { ...SPOT, detail: { 'instance-action': 'stop' } }, 'none of 1 playbooks for event matches the event'],
	] as const)('for %s %j finds: %s', (on, event, name) => {
		expect(chosen(matchEvent(on, event, set))).toBe(name);
	});

	it('takes the lowest priority number, and says where there is no playbook at all', () => {
		const first = EVENT.replace('spot-drain', 'first').replace('priority: 100', 'priority: 7');
		expect(chosen(matchEvent('event', SPOT, setOf(EVENT, first)))).toBe('first');
		expect(chosen(matchEvent('event', SPOT, setOf(DRAIN)))).toBe('no playbook is for event');
	});

	it('takes a playbook without a pattern over the detail', () => {
		const any = setOf(EVENT.replace(/ {2}detail:\n {4}.*\n/, ''));
		expect(chosen(matchEvent('event', { ...SPOT, detail: {} }, any))).toBe('spot-drain');
	});

	it('never finds a playbook for an event of our own, whatever a compiled set says', () => {
		const [spot] = setOf(EVENT).playbooks;
		const open = {
			...setOf(),
			playbooks: [{ ...spot, playbook: { ...spot?.playbook, when: { detail: {}, source: [{ exists: true }] } } }],
		};
		expect(chosen(matchEvent('event', { ...SPOT, source: 'aws.x' }, open as never))).toBe('spot-drain');
		expect(chosen(matchEvent('event', { ...SPOT, source: 'fleetkeeper' }, open as never))).toBe('the event is one of our own');
	});

	it('leaves an alarm of our own to nobody, whoever names it and of whatever stage it is', () => {
		const set = setOf(ALARM.replace('{ prefix: web-cpu- }', '{ prefix: fleetkeeper- }'));
		const wide = {
			...setOf(),
			playbooks: [{ playbook: { name: 'all', on: 'event', priority: 1, when: { detail: {}, source: ['aws.cloudwatch'] } } }],
		};
		const own = 'fleetkeeper-watch-prod-clock';
		const none = "it is an alarm of Fleetkeeper's own";
		expect(chosen(matchEvent('alarm', { detail: { alarmName: own } }, set))).toBe(none);
		expect(chosen(matchEvent('event', { source: 'aws.cloudwatch', detail: { alarmName: own } }, wide as never))).toBe(none);
		expect(chosen(matchEvent('alarm', { detail: { alarmName: 'fleetkeeper-restart-web' } }, set))).toBe('web-cpu');
		const [{ playbook } = {}] = set.playbooks;
		const could = (alarm: string) => couldBeAlarm(playbook as AlarmPlaybook, alarm);
		expect([could(own), could('fleetkeeper-restart-web')]).toEqual([false, true]);
	});

	describe('an alarm of a target tracking policy', () => {
		const tracking = { detail: { alarmName: 'TargetTracking-table/web-AlarmLow-1' } };
		const named = (conditions: string) => ALARM.replace('[{ prefix: web-cpu- }]', conditions);
		const none = "it is a target tracking policy's own alarm, and no playbook names it";

		it.each([
			['[{ wildcard: "*-AlarmLow-*" }]', none],
			['[{ prefix: T }]', none],
			['[{ suffix: "-1" }, { prefix: TargetTracking-service/ }]', none],
			['["TargetTracking-table/web-AlarmLow-1"]', 'web-cpu'],
			['[{ prefix: TargetTracking-table/ }]', 'web-cpu'],
			['[{ wildcard: "TargetTracking-*-AlarmLow-*" }]', 'web-cpu'],
		])('and %s: %s', (conditions, expected) => {
			const [alarm] = setOf(named(conditions)).playbooks;
			expect(chosen(matchEvent('alarm', tracking, setOf(named(conditions))))).toBe(expected);
			expect(couldBeAlarm(alarm?.playbook as AlarmPlaybook, tracking.detail.alarmName)).toBe(expected === 'web-cpu');
		});

		it('goes to the playbook that names it in a branch, past one that does not', () => {
			const wide = named('[{ prefix: T }]').replace('web-cpu', 'wide').replace('priority: 100', 'priority: 1');
			const branch = ALARM.replace(
				'alarmName: [{ prefix: web-cpu- }]',
				'$or: [{ alarmName: [x] }, { alarmName: [{ prefix: TargetTracking- }] }]',
			);
			expect(chosen(matchEvent('alarm', tracking, setOf(wide, branch)))).toBe('web-cpu');
		});
	});
});

describe('claimsRule', () => {
	const narrow = NONCOMPLIANT.replace('    configRuleName', '    resourceType: ["AWS::EC2::SecurityGroup"]\n    configRuleName');

	it('looks at the name of the rule alone', () => {
		const claimed = (rule: string) => claimsRule(setOf(DRAIN, narrow), rule).map(({ playbook }) => playbook.name);
		expect(claimed('restricted-ssh')).toEqual(['close-ssh']);
		expect(claimed('restricted-ssh-conformance-pack-x')).toEqual(['close-ssh']);
		expect(claimed('encrypted-volumes')).toEqual([]);
	});
});
