import { describe, expect, it } from 'vitest';
import { chunksOf, fitsOneCommand, idsIn, inputOf, targetsText } from '../../../../shared/kinds/command/targets.ts';

const tag = (key: string, ...values: string[]) => ({ key: `tag:${key}`, values });
const idsOf = (count: number) => ({ key: 'InstanceIds', values: Array.from({ length: count }, (_, n) => `i-${n}`) });
const GROUP = { key: 'ResourceGroup', values: ['web'] };
const words = (count: number) => Array.from({ length: count }, (_, n) => `v${n}`);

describe('one command', () => {
	it.each([
		['five tags of five values', words(5).map((key) => tag(key, ...words(5))), true],
		['six tags', words(6).map((key) => tag(key, 'yes')), false],
		['six values of a tag', [tag('Role', ...words(6))], false],
		['tags by their keys', [{ key: 'tag-key', values: words(5) }], true],
		['a resource group', [GROUP], true],
		['ids, however many', [idsOf(120)], true],
	])('takes %s, or not', (_, targets, fits) => {
		expect(fitsOneCommand(targets)).toBe(fits);
	});
});

describe('chunks', () => {
	it('are of 50 ids, none of them twice', () => {
		const chunks = chunksOf([{ key: 'InstanceIds', values: [...idsOf(101).values, 'i-0', 'i-100'] }]);
		expect(chunks.map(([target]) => target?.values.length)).toEqual([50, 50, 1]);
		expect(new Set(idsIn(chunks.flat())).size).toBe(101);
	});

	it('are one for tags, and none where no ids are left', () => {
		const tags = [tag('Role', 'web'), tag('Stage', 'prod')];
		expect(chunksOf(tags)).toEqual([tags]);
		expect(chunksOf([{ key: 'InstanceIds', values: [] }])).toEqual([]);
	});
});

describe('targets', () => {
	it('are called as SendCommand calls them', () => {
		expect(inputOf([GROUP])).toEqual([{ Key: 'resource-groups:Name', Values: ['web'] }]);
		expect(inputOf([tag('Role', 'web')])).toEqual([{ Key: 'tag:Role', Values: ['web'] }]);
	});

	it.each([
		[[tag('Role', 'web', 'api'), tag('Stage', 'prod')], 'tag:Role=web|api and tag:Stage=prod'],
		[[idsOf(3)], '3 nodes'],
		[[idsOf(1)], 'i-0'],
		[[GROUP], 'resource group web'],
		[[tag('Role', 'x'.repeat(300))], `tag:Role=${'x'.repeat(191)}…`],
	])('are told in words: %#', (targets, said) => {
		expect(targetsText(targets)).toBe(said);
	});
});
