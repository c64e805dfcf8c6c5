import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SHAPES, type Shape } from './support/event-shapes.ts';

const EVENTS = join(import.meta.dirname, '..', 'events');
const read = (name: string): unknown => JSON.parse(readFileSync(join(EVENTS, name), 'utf8'));

/** Where a value departs from a shape, as paths with what is wrong there. */
function departures(value: unknown, shape: Shape, path = '$'): string[] {
	if (shape instanceof RegExp) {
		return typeof value === 'string' && shape.test(value) ? [] : [`${path}: ${JSON.stringify(value)} is not ${shape}`];
	}
	if (shape === 'null') return value === null ? [] : [`${path}: ${JSON.stringify(value)} is not null`];
	if (typeof shape === 'string') {
		return typeof value === shape ? [] : [`${path}: ${JSON.stringify(value)} is not a ${shape}`];
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(shape)) {
		return [`${path}: ${JSON.stringify(value)} is not what it should be`];
	}
	const [fields, parts] = [value as Record<string, unknown>, shape as Record<string, Shape>];
	const keys = [...new Set([...Object.keys(fields), ...Object.keys(parts)])];
	return keys.flatMap((key) => {
		const part = parts[key];
		if (part === undefined || !(key in fields)) {
			return [`${path}.${key}: ${part === undefined ? 'AWS sends no such field' : 'missing'}`];
		}
		return departures(fields[key], part, `${path}.${key}`);
	});
}

describe('the sample events', () => {
	it('are all checked here', () => {
		expect(
			readdirSync(EVENTS)
				.filter((name) => name.endsWith('.json'))
				.sort(),
		).toEqual(Object.keys(SHAPES).sort());
	});

	it.each(Object.entries(SHAPES))('%s has the shape that AWS sends', (name, shape) => {
		expect(departures(read(name), shape)).toEqual([]);
	});

	it.each(['instance-terminating.json', 'instance-launching.json'])('%s names a transition that fits its detail-type', (name) => {
		const { 'detail-type': type, detail } = read(name) as { 'detail-type': string; detail: { LifecycleTransition: string } };
		expect(type.includes('terminate')).toBe(detail.LifecycleTransition.endsWith('TERMINATING'));
	});

	it('carry in their SQS batch the events as they are on their own', () => {
		const { Records } = read('sqs-batch-lifecycle.json') as { Records: { body: string }[] };
		expect(Records.map(({ body }) => JSON.parse(body))).toEqual([read('instance-terminating.json'), read('instance-launching.json')]);
	});

	it('tell of one alarm that goes off and is OK again, with its state before as it was told', () => {
		const [off, ok] = ['alarm-high-cpu.json', 'alarm-high-cpu-ok.json'].map(
			(name) => (read(name) as { detail: { alarmName: string; state: { value: string }; previousState: unknown } }).detail,
		);
		expect([off?.alarmName, off?.state.value, ok?.state.value]).toEqual([ok?.alarmName, 'ALARM', 'OK']);
		expect(ok?.previousState).toEqual(off?.state);
	});

	it('have the sweep exactly as the clock sends it', () => {
		const { resources } = createRequire(import.meta.url)('../infra/paths.cjs') as {
			resources: () => { Resources: { ReconcileSweepClock: { Properties: { Targets: [{ Input: string }] } } } };
		};
		expect(JSON.parse(resources().Resources.ReconcileSweepClock.Properties.Targets[0].Input)).toEqual(read('sweep.json'));
	});
});

describe('the malformed sample events', () => {
	const shapes = [...Object.values(SHAPES)];

	it.each(readdirSync(join(EVENTS, 'bad')))('%s has the shape of no event that AWS sends', (name) => {
		const event = read(join('bad', name));
		expect(shapes.filter((shape) => departures(event, shape).length === 0)).toEqual([]);
	});
});
