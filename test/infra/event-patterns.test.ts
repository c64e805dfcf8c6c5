import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

type Patterns = Readonly<Record<string, unknown>>;
const { patternsIn, eventPatterns } = createRequire(import.meta.url)('../../infra/event-patterns.cjs') as {
	patternsIn: (text: string) => Patterns;
	eventPatterns: () => Patterns;
};

const TYPE = { 'detail-type': ['Order Lost'] };
/** A text whose only entry is the pattern. */
const withPattern = (pattern: unknown, name = 'order-lost') => patternsIn(stringify({ [name]: pattern }));

describe('The event patterns of the settings', () => {
	it('are those that the file ships with', () => {
		expect(Object.keys(eventPatterns())).toEqual(['spot-interruption', 'health', 'maintenance-window']);
	});

	it('may be none', () => {
		expect(patternsIn('# none yet\n')).toEqual({});
	});

	it.each([
		{ source: ['shop'], ...TYPE },
		{ source: [{ prefix: 'aws.' }], ...TYPE },
		{ source: [{ 'anything-but': ['fleetkeeper', 'test'] }], ...TYPE },
		{ source: ['shop'], 'detail-type': [{ 'anything-but': ['Run Automation Requested', 'Run Command Requested'] }] },
		{ $or: [{ source: ['shop'] }, { source: ['store'] }], ...TYPE },
		{ source: ['shop'], ...TYPE, detail: { stage: ['${sls:stage}'] } },
	])('are taken as they are: %j', (pattern) => {
		expect(withPattern(pattern)).toEqual({ 'order-lost': pattern });
	});

	it.each([
		['says no source', { ...TYPE }],
		['names Fleetkeeper as its source', { source: ['shop', 'fleetkeeper'], ...TYPE }],
		['takes sources with a prefix of it', { source: [{ prefix: 'fleet' }], ...TYPE }],
		['takes any source but some', { source: [{ 'anything-but': 'aws.ec2' }], ...TYPE }],
		['takes sources by a wildcard', { source: [{ wildcard: '*keeper' }], ...TYPE }],
		['leaves its source to a variable', { source: ['${self:service}'], ...TYPE }],
		['has a branch without a source', { $or: [{ source: ['shop'] }, { account: ['111122223333'] }], ...TYPE }],
	])('are refused when one could match what Fleetkeeper publishes: it %s', (_, pattern) => {
		expect(() => withPattern(pattern)).toThrow(
			"infra/event-patterns.yml: entry 'order-lost': it could match what Fleetkeeper itself publishes",
		);
	});

	it.each([
		['says no detail-type', { source: ['shop'] }],
		['names that of requests', { source: ['shop'], 'detail-type': ['Run Automation Requested'] }],
		['leaves one kind of them out alone', { source: ['shop'], 'detail-type': [{ 'anything-but': 'Run Command Requested' }] }],
		['takes all that begin as it does', { source: ['shop'], 'detail-type': [{ prefix: 'Run' }] }],
	])('are refused when one could bring a request past the bus for requests: it %s', (_, pattern) => {
		expect(() => withPattern(pattern)).toThrow("entry 'order-lost': it could match 'Run Automation Requested'");
	});

	it('are refused when EventBridge would refuse one', () => {
		expect(() => withPattern({ source: 'shop', ...TYPE })).toThrow("entry 'order-lost': EventBridge would refuse the pattern: source: ");
		expect(() => withPattern('shop')).toThrow("entry 'order-lost': EventBridge would refuse the pattern");
		expect(() => withPattern({ source: ['shop'], ...TYPE, detail: { note: ['x'.repeat(2_048)] } })).toThrow('EventBridge takes 2048');
	});

	it.each(['Order', 'order_lost', 'orders-2', 'a-name-of-twenty-cha'])('are refused with the name %s', (name) => {
		expect(() => withPattern({ source: ['shop'], ...TYPE }, name)).toThrow(`entry '${name}': a name is 1 to 19 of a-z, 0-9 and '-'`);
	});

	it('are refused with the name of the rule for requests', () => {
		expect(() => withPattern({ source: ['shop'], ...TYPE }, 'requests')).toThrow("entry 'requests': the name is taken");
	});
});
