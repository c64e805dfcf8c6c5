import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlaybook, rememberPlaybooks } from '../../../shared/playbook/parse.ts';
import { formatProblem } from '../../../shared/playbook/problem.ts';
import type { LifecyclePlaybook } from '../../../shared/playbook/types.ts';
import { DRAIN } from './samples.ts';

const FOLDER = join(import.meta.dirname, '../../../playbooks');

/** Every problem of a text as a person sees it. */
function problemsOf(source: string, name = 'drain-web'): string[] {
	const parsed = parsePlaybook(source, name, `playbooks/${name}.yaml`);
	return (parsed.ok ? parsed.warnings : parsed.problems).map(formatProblem);
}

/** The sample with one part of its text replaced. */
function changed(what: string, by: string): string {
	expect(DRAIN).toContain(what);
	return DRAIN.replace(what, by);
}

/** The compiled sample, or what became of it. */
function compiled(source: string): LifecyclePlaybook {
	const parsed = parsePlaybook(source, 'drain-web');
	if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
	return parsed.playbook as LifecyclePlaybook;
}

const LAUNCH = changed('on: instance-terminating', 'on: instance-launching');

describe('a valid playbook', () => {
	it('is compiled with durations in seconds and parameters as lists', () => {
		const parsed = parsePlaybook(DRAIN, 'drain-web');
		expect(parsed).toMatchObject({
			ok: true,
			warnings: [],
			playbook: {
				name: 'drain-web',
				priority: 100,
				on: 'instance-terminating',
				when: { detail: { LifecycleHookName: ['fleetkeeper-drain'] }, tags: { service: ['nginx'] } },
				run: {
					type: 'command',
					document: 'drain-node',
					parameters: { ServiceName: ['nginx'], GraceSeconds: ['120'] },
					timeoutSeconds: 7_200,
				},
			},
		});
	});

	it('goes on after failure of a termination, and abandons a launch, where it does not say', () => {
		const then = '\nthen:\n  onFailure:\n    opsItem: { severity: "3" }\n';
		expect(compiled(DRAIN).then).toEqual({ onSuccess: { lifecycle: 'CONTINUE' }, onFailure: { lifecycle: 'CONTINUE' } });
		expect(compiled(LAUNCH + then).then.onFailure).toEqual({ lifecycle: 'ABANDON', opsItem: { severity: '3' } });
	});

	it('gives a node 3 minutes to be reached and 10 to register, less where the timeout is short', () => {
		const timers = (source: string) => {
			const { run } = compiled(source);
			return [run.deliverWithinSeconds, run.registerWithinSeconds];
		};
		expect(timers(DRAIN)).toEqual([180, 0]);
		expect(timers(LAUNCH)).toEqual([180, 600]);
		expect(timers(LAUNCH.replace('2h', '2m'))).toEqual([120, 60]);
		expect(timers(LAUNCH.replace('timeout: 2h', 'timeout: 2h\n  deliverWithin: 5m\n  registerWithin: 15m'))).toEqual([300, 900]);
	});

	it.each(readdirSync(FOLDER).filter((file) => file.endsWith('.yaml')))('is %s of the folder playbooks', (file) => {
		expect(problemsOf(readFileSync(join(FOLDER, file), 'utf8'), file.replace('.yaml', ''))).toEqual([]);
	});

	it('says by a warning that a failed launch goes into service', () => {
		const source = `${LAUNCH}\nthen:\n  onFailure: { lifecycle: continue }\n`;
		expect(problemsOf(source)).toEqual([
			expect.stringMatching(/:\d+:27 warning: then\.onFailure\.lifecycle: a node that could not be prepared goes into service$/),
		]);
	});
});

describe('a problem is told with file, line, column, path and what to write', () => {
	it.each([
		['timeout: 2h', 'timeout: 15 min', "15:12 run.timeout: '15 min' is not a duration; write 90s, 15m, 2h or 1d"],
		['timeout: 2h', 'timeout: 15', '15:12 run.timeout: 15 is not a duration; write 90s, 15m, 2h or 1d'],
		['timeout: 2h', 'timeout: 0s', "15:12 run.timeout: '0s' is not a duration; write 90s, 15m, 2h or 1d"],
		['timeout: 2h', 'timout: 2h', '15:3 run.timout: no such key; did you mean timeout?'],
		['timeout: 2h', 'timout: 2h', '11:3 run.timeout: is missing'],
		['timeout: 2h', 'timeout: 29s', '15:12 run.timeout: 29s is impossible: reaching a node takes up to 30s; write 30s or more'],
		[
			'timeout: 2h',
			'timeout: 49h',
			'15:12 run.timeout: 49h is impossible: a lifecycle hook holds an instance for 48h at most; write 48h or less',
		],
		['timeout: 2h', 'timeout: 2h\n  deliverWithin: 10s', '16:18 run.deliverWithin: 10s is too short: Run Command takes 30s or more'],
		['timeout: 2h', 'timeout: 2m\n  deliverWithin: 3m', '16:18 run.deliverWithin: 3m is longer than the timeout of 2m'],
		['timeout: 2h', 'timeout: 2h\n  registerWithin: 5m', '16:3 run.registerWithin: is for instance-launching'],
		['timeout: 2h', 'timeout: 2h\n  node: i-0fee1dead', '16:3 run.node: is for alarm, noncompliant, event, not for instance-terminating'],
		['timeout: 2h', 'timeout: 2h\ncalm: 5m', '16:1 calm: is for alarm, not for instance-terminating; leave it out'],
		[
			'timeout: 2h',
			'timeout: 2h\nopsItem: {}',
			'16:1 opsItem: is for alarm, event, session, inventory, not for instance-terminating; leave it out',
		],
		['  tags:', '  source: [aws.ec2]\n  tags:', '8:3 when.source: is for event, not for instance-terminating'],
		['priority: 100', 'priority: "100"', "2:11 priority: must be a whole number, not '100'"],
		['priority: 100', 'priority: 1.5', '2:11 priority: must be a whole number, not 1.5'],
		['priority: 100', 'priority: 0', '2:11 priority: 0 is too small; 1 is the least'],
		['priority: 100', 'prioritty: 100', '2:1 prioritty: no such key; did you mean priority?'],
		['name: drain-web', 'name: drain-app', "1:7 name: 'drain-app' is not the name it is stored under; write drain-web"],
		['name: drain-web', 'name: Drain Web', "1:7 name: 'Drain Web' is not a playbook name"],
		[
			'on: instance-terminating',
			'on: instance-terminated',
			"3:5 on: 'instance-terminated' is not one of instance-terminating, instance-launching",
		],
		['command: drain-node', 'document: drain-node', '11:3 run.document: no such key; there are command, automation'],
		['command: drain-node', 'command: drain-node\n  automation: x', '11:3 run: names both a command and an automation'],
		['["120"]', '["$.detail.Origin.x"]', "14:20 run.parameters.GraceSeconds[0]: '$.detail.Origin.x' leads nowhere in a lifecycle event"],
		['["120"]', '["$.id"]', "14:20 run.parameters.GraceSeconds[0]: '$.id' leads nowhere in a lifecycle event"],
		['command: drain-node', 'command: ../drain', "11:12 run.command: '../drain' is not the name of a document"],
		['["120"]', '[120]', '14:19 run.parameters.GraceSeconds: must be text or a list of texts; put numbers and true or false in quotes'],
		['["120"]', '[]', '14:19 run.parameters.GraceSeconds: the list is empty'],
		['GraceSeconds', 'TimeoutSeconds', '14:5 run.parameters.TimeoutSeconds: TimeoutSeconds is supplied by Fleetkeeper'],
		['GraceSeconds', 'WorkId', '14:5 run.parameters.WorkId: WorkId is supplied by Fleetkeeper'],
		[
			'["120"]',
			'["$.detail.EC2InstanceID"]',
			"14:20 run.parameters.GraceSeconds[0]: '$.detail.EC2InstanceID' leads nowhere in a lifecycle event; did you mean $.detail.EC2InstanceId?",
		],
		[
			'["120"]',
			'["$.detail.LifecycleActionToken"]',
			'14:20 warning: run.parameters.GraceSeconds[0]: $.detail.LifecycleActionToken may be absent',
		],
		['[nginx]\nrun', '[80]\nrun', '9:15 when.tags.service[0]: the value of a tag is always text; put it in quotes'],
		['service: [nginx]\nrun', 'service: { a: [nginx] }\nrun', '9:14 when.tags.service: a tag has no fields of its own'],
		['service: [nginx]\nrun', 'service: [{ prefx: n }]\nrun', '9:24 when.tags.service[0].prefx: no such condition'],
	])('%s -> %s: %s', (what, by, expected) => {
		const problems = problemsOf(changed(what, by));
		expect(
			problems.some((problem) => problem.startsWith(`playbooks/drain-web.yaml:${expected}`)),
			problems.join('\n'),
		).toBe(true);
	});

	it('tells all problems at once, in the order of lines', () => {
		const source = changed('timeout: 2h', 'timeout: soon').replace('priority: 100', 'priority: first');
		expect(problemsOf(source).map((problem) => problem.split(' ')[0])).toEqual([
			'playbooks/drain-web.yaml:2:11',
			'playbooks/drain-web.yaml:15:12',
		]);
	});

	it.each([
		[/^run:\n( {2}.*\n)+/m, '1:1 run: is missing'],
		[/^ {2}detail:\n( {4}.*\n)+/m, '5:3 when.detail: is missing'],
	])('without %s', (part, expected) => {
		expect(problemsOf(DRAIN.replace(part, '')).map((problem) => problem.replace('playbooks/drain-web.yaml:', ''))).toEqual([expected]);
	});

	it('lets documents of AWS have the parameters that its own documents are given', () => {
		const source = changed('command: drain-node', 'automation: AWS-RestartEC2Instance').replace('GraceSeconds', 'AutomationAssumeRole');
		expect(problemsOf(source)).toEqual([]);
	});
});

describe('a lifecycle playbook must name its hooks', () => {
	const HOOK = 'LifecycleHookName: [fleetkeeper-drain]';
	it.each([
		['', 'names no hook'],
		['Origin: [EC2]', 'names no hook'],
		['LifecycleHookName: [{ anything-but: other }]', 'anything-but does not name hooks'],
		['LifecycleHookName: [{ wildcard: "*" }]', 'wildcard does not name hooks'],
		['LifecycleHookName: [{ suffix: drain }]', 'suffix does not name hooks'],
		['LifecycleHookName: [{ exists: true }]', 'exists does not name hooks'],
		['LifecycleHookName: [{ prefix: "" }]', 'an empty prefix names every hook'],
		['LifecycleHookName: [{ prefix: { equals-ignore-case: a } }]', 'prefix does not name hooks'],
		['LifecycleHookName: [fleetkeeper-drain, { exists: false }]', 'exists does not name hooks'],
		['LifecycleHookName: ["a b"]', "'a b' is not the name of a hook"],
		['$or: [{ LifecycleHookName: [a] }, { Origin: [EC2] }]', 'this branch names no hook'],
		['LifecyleHookName: [fleetkeeper-drain]', 'did you mean LifecycleHookName?'],
		['LifecycleHookName: { a: [b] }', 'is text in a lifecycle event'],
	])('%s: %s', (by, message) => {
		expect(problemsOf(changed(HOOK, by)).join('\n')).toContain(message);
	});

	it.each([
		'LifecycleHookName: [{ prefix: fleetkeeper- }]',
		'LifecycleHookName: [a, b/c]',
		'$or: [{ LifecycleHookName: [a] }, { LifecycleHookName: [b], Origin: [EC2] }]',
		'LifecycleHookName: [a]\n    $or: [{ Origin: [EC2] }, { Origin: [{ exists: false }] }]',
	])('%s names them', (by) => {
		expect(problemsOf(changed(HOOK, by))).toEqual([]);
	});
});

describe('text that is no playbook gets one clear error', () => {
	it.each([
		['', '1:1 the playbook is empty'],
		['# nothing but a comment\n', '1:1 the playbook is empty'],
		['---\n', '1:1 the playbook is empty'],
		['- name: x', '1:1 a playbook is a map of keys'],
		['drain', '1:1 a playbook is a map of keys'],
		['name: [a', '1:9 not valid YAML'],
		['name: a\nname: b', '2:1 not valid YAML: Map keys must be unique'],
		['name: !Ref x', '1:7 not valid YAML: Unresolved tag: !Ref'],
		['name: a\n---\nname: b', '2:1 a second YAML document begins here; one playbook per file'],
		['a: &a [x]\nb: *a', '1:7 anchors and aliases are not used in playbooks'],
		['a: &a [*a]', '1:7 anchors and aliases are not used in playbooks'],
		[`name: ${'x'.repeat(9_000)}`, '1:1 the playbook has 9006 bytes; Parameter Store takes 8192'],
		['['.repeat(4_000), '1:1 nested more than 50 deep'],
		['- '.repeat(4_000), '1:1 nested more than 50 deep'],
		['? '.repeat(4_000), '1:1 nested more than 50 deep'],
		['a: '.repeat(2_000), '1:1 nested more than 50 deep'],
		['name: "{{ssm:x}}"', "1:8 '{{' cannot be in a parameter"],
	])('%j', (source, expected) => {
		const [first] = problemsOf(source);
		expect(first?.slice('playbooks/drain-web.yaml:'.length)).toContain(expected);
	});

	it('tells at most three errors of YAML', () => {
		expect(problemsOf('? a\n'.repeat(20)).length).toBeLessThanOrEqual(3);
	});
});

describe('no input makes it crash, and every problem has a place in the text', () => {
	const inside = (source: string) => {
		const parsed = parsePlaybook(source, 'drain-web');
		const lines = source.split('\n').length;
		for (const problem of parsed.ok ? parsed.warnings : parsed.problems) {
			expect(problem.line).toBeGreaterThanOrEqual(1);
			expect(problem.line).toBeLessThanOrEqual(lines);
			expect(problem.column).toBeGreaterThanOrEqual(1);
			expect(problem.message).not.toBe('');
		}
		return parsed;
	};

	it('arbitrary text', () => {
		const yamlish = fc.string({ unit: fc.constantFrom(...'ab1:-?[]{}&*!|>\'"%@#,. \n\t'), maxLength: 80 });
		fc.assert(
			fc.property(fc.oneof(fc.string({ unit: 'binary' }), yamlish), (source) => void inside(source)),
			{ numRuns: 1_500 },
		);
	});

	it('the sample with a piece of it cut out or doubled', () => {
		fc.assert(
			fc.property(fc.nat({ max: DRAIN.length }), fc.nat({ max: 40 }), fc.boolean(), (from, length, doubled) => {
				const piece = DRAIN.slice(from, from + length);
				inside(DRAIN.slice(0, from) + (doubled ? piece + piece : '') + DRAIN.slice(from + length));
			}),
			{ numRuns: 500 },
		);
	});

	it('objects that are nearly playbooks', () => {
		const odd = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant([]), fc.jsonValue({ maxDepth: 2 }));
		const part = (right: unknown) => fc.oneof({ weight: 3, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: odd });
		const playbook = fc.record(
			{
				name: part('drain-web'),
				priority: part(1),
				on: part('instance-launching'),
				when: fc.record(
					{ detail: fc.record({ LifecycleHookName: part(['a']), Origin: odd }, { requiredKeys: [] }), tags: odd },
					{ requiredKeys: [] },
				),
				run: fc.record(
					{ command: part('x'), automation: odd, parameters: odd, timeout: part('5m'), registerWithin: part('1m') },
					{ requiredKeys: [] },
				),
				then: fc.record({ onSuccess: odd, onFailure: odd }, { requiredKeys: [] }),
			},
			{ requiredKeys: [] },
		);
		fc.assert(
			fc.property(playbook, (value) => void inside(JSON.stringify(value))),
			{ numRuns: 1_000 },
		);
	});
});

it('is done once for each text, by who reads it again and again', () => {
	const parse = rememberPlaybooks();
	const first = parse(DRAIN, 'drain-web');
	expect(first).toMatchObject(JSON.parse(JSON.stringify(parsePlaybook(DRAIN, 'drain-web'))));
	expect(parse(DRAIN, 'drain-web')).toBe(first);
	expect(parse(changed('priority: 100', 'priority: 0'), 'drain-web')).toMatchObject({ ok: false });
	expect(parse(DRAIN, 'drain-other')).toMatchObject({ ok: false });
});
