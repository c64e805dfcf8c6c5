import { describe, expect, it } from 'vitest';
import { claimsHook, match } from '../../../shared/playbook/match.ts';
import { compileSet } from '../../../shared/playbook/set.ts';
import { DRAIN, drainAs } from './samples.ts';

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
