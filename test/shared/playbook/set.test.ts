import { expect, it } from 'vitest';
import { formatProblem } from '../../../shared/playbook/problem.ts';
import { compileSet } from '../../../shared/playbook/set.ts';
import { ALARM, drainAs, EVENT, NONCOMPLIANT, REQUEST } from './samples.ts';

const text = (name: string, priority: number, source = drainAs(name, priority)) => ({
	name,
	source,
	parameterVersion: 1,
	file: `${name}.yaml`,
});
const compile = (...texts: ReturnType<typeof text>[]) => {
	const { playbooks, problems } = compileSet(texts);
	return { names: playbooks.map(({ playbook }) => playbook.name), problems: problems.map(formatProblem) };
};

it('orders playbooks by occasion, then by priority', () => {
	const launch = drainAs('launch', 1).replace('instance-terminating', 'instance-launching');
	expect(compile(text('last', 300), text('launch', 1, launch), text('first', 20))).toEqual({
		names: ['first', 'last', 'launch'],
		problems: [],
	});
});

it('refuses both of two playbooks with one priority for the same occasion, naming both', () => {
	expect(compile(text('a', 100), text('b', 100), text('c', 101))).toEqual({
		names: ['c'],
		problems: [
			'a.yaml:2:11 priority: 100 is the priority of both a and b for instance-terminating',
			'b.yaml:2:11 priority: 100 is the priority of both b and a for instance-terminating',
		],
	});
});

it('lets a termination and a launch have the same priority', () => {
	const launch = drainAs('launch', 100).replace('instance-terminating', 'instance-launching');
	expect(compile(text('a', 100), text('launch', 100, launch)).problems).toEqual([]);
});

it('reports every invalid playbook and compiles the others', () => {
	const { names, problems } = compile(text('a', 1, 'nothing'), text('b', 2), text('c', 3, drainAs('x', 3)));
	expect(names).toEqual(['b']);
	expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['a.yaml:1:1', 'c.yaml:1:7']);
});

it('keeps playbooks of all occasions side by side, each with priorities of its own', () => {
	const others = [
		['may-restart', REQUEST],
		['spot-drain', EVENT],
		['close-ssh', NONCOMPLIANT],
		['web-cpu', ALARM],
	] as const;
	expect(compile(...others.map(([name, source]) => text(name, 100, source)), text('drain', 100))).toEqual({
		names: ['drain', 'web-cpu', 'close-ssh', 'spot-drain', 'may-restart'],
		problems: [],
	});
});
