import { describe, expect, it } from 'vitest';
import { Draw } from '../../local/simulation/draw.ts';
import { drawAgents } from '../../local/simulation/flows/agent-draw.ts';
import { drawRules, openssl, RSH, TELNET } from '../../local/simulation/flows/inventory-rules.ts';
import { ruleOf } from '../../shared/kinds/inventory/rules.ts';
import { parsePlaybook } from '../../shared/playbook/parse.ts';
import type { InventoryPlaybook } from '../../shared/playbook/types.ts';

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);
const SETTING = { startAt: Date.parse('2026-03-02T09:00:00Z'), actsWithinMs: 600_000, account: '111122223333', region: 'eu-west-1' };

const rules = SEEDS.flatMap((seed) => drawRules(new Draw(seed)));
const parsed = (text: { readonly name: string }) => parsePlaybook(JSON.stringify(text), text.name);

/** Programs of nodes of both platforms, old and new ones. */
const NODES = (['Linux', 'Windows'] as const).flatMap((platform) =>
	([0, 1, 2, 3] as const).flatMap((age) =>
		[[], [TELNET], [RSH]].flatMap((more) =>
			[{}, { Environment: 'prod' }, { Environment: 'dev', PatchGroup: 'web-1' }].map((tags: Readonly<Record<string, string>>) => ({
				platform,
				tags,
				programs: [openssl(age, platform), ...more].map(({ name, version, release = '', epoch = '' }) => {
					return { Name: name, Version: version, Release: release, Epoch: epoch };
				}),
			})),
		),
	),
);

describe('A rule of a story of software', () => {
	it('is a playbook that is valid', () => {
		expect(rules.flatMap(({ text }) => (parsed(text).ok ? [] : [text]))).toEqual([]);
	});

	it('is broken by the same nodes by its own words and by what is made of its playbook', () => {
		const differing = rules.flatMap((rule) => {
			const result = parsed(rule.text);
			const made = ruleOf((result.ok ? result.playbook : {}) as InventoryPlaybook);
			return NODES.flatMap(({ platform, tags, programs }) => {
				const own = rule.isFor({ platform, tags: new Map(Object.entries(tags)) }) && rule.isBrokenBy(programs);
				const theirs = made.applies({ node: 'i-1', platform, tags }) && made.judge({ platform }, { programs }) !== undefined;
				return own === theirs ? [] : [{ rule: rule.text, platform, tags, programs }];
			});
		});

		expect(differing).toEqual([]);
		expect(new Set(rules.map(({ text }) => JSON.stringify(text['software']))).size).toBeGreaterThan(5);
	});
});

describe('A playbook of a story of agents', () => {
	it('is valid', () => {
		const given = SEEDS.flatMap((seed) => drawAgents(new Draw(seed), SETTING).playbooks ?? []);

		expect(given.flatMap((text) => (parsed(text).ok ? [] : [text]))).toEqual([]);
		expect(new Set(given.map(({ name }) => name)).size).toBe(3);
	});
});
