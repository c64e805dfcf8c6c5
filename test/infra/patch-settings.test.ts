import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../scripts/bundle.ts';

type Values = Readonly<Record<string, unknown>>;

const require = createRequire(import.meta.url);
const { problems } = require('../../infra/settings.cjs') as { problems(stage: string, values: Values): string[] };
const { groupsOf } = require('../../infra/patch-groups.cjs') as {
	groupsOf(patchGroups: Values): readonly { readonly name: string; readonly approveAfterDays: number }[];
};

const DEFAULTS = (parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8')) as { params: { default: Values } }).params.default;

const CYCLE = 'cron(0 2 ? * TUE#3 *)';
const GROUP = { schedule: CYCLE, hours: 3, cutoffHours: 1, maxConcurrency: '50%', maxErrors: 0, soakDays: 2 };
const group = (changes: Values = {}): Values => ({ ...GROUP, ...changes });

const found = (values: Values) => problems('prod', { ...DEFAULTS, ...values });
/** With one change in a group that fits otherwise. */
const ofGroup = (changes: Values) => found({ patchGroups: { dev: group(changes) } });
const ofRules = (os: string, ...rules: readonly unknown[]) => found({ patchRules: { [os]: rules } });

/** Days after release that each group waits, by name. */
const approvals = (patchGroups: Values) =>
	Object.fromEntries(groupsOf(patchGroups).map(({ name, approveAfterDays }) => [name, approveAfterDays]));

describe('the days until a patch is approved', () => {
	it('are for each group as many more as its window is later, so that all groups of a cycle get the same patches', () => {
		expect(approvals(DEFAULTS['patchGroups'] as Values)).toEqual({ dev: 7, test: 10, prod: 13 });
		expect(approvals({ dev: group(), test: group({ offsetDays: 4 }), prod: group({ offsetDays: 6, soakDays: 0 }) })).toEqual({
			...{ dev: 7, test: 11, prod: 13 },
		});
	});

	it('count from what the first group says', () => {
		expect(approvals({ dev: group({ approveAfterDays: 0 }), test: group({ offsetDays: 3 }) })).toEqual({ dev: 0, test: 3 });
	});

	it('are the soak more where the windows follow schedules of their own, or one in two time zones', () => {
		expect(approvals({ dev: group(), test: group({ schedule: 'cron(0 2 ? * TUE#4 *)' }) })).toEqual({ dev: 7, test: 9 });
		expect(approvals({ dev: group(), test: group({ offsetDays: 3, timeZone: 'Asia/Tokyo' }) })).toEqual({ dev: 7, test: 9 });
	});

	it('are what a group says itself, and the next ones go on from there', () => {
		expect(approvals({ dev: group(), test: group({ offsetDays: 3, approveAfterDays: 20 }), prod: group({ offsetDays: 6 }) })).toEqual({
			...{ dev: 7, test: 20, prod: 23 },
		});
	});
});

describe('a patch group', () => {
	it.each([
		['schedule', null, /^Setting 'patchGroups\.dev\.schedule' is '': every group needs one: use cron/],
		['hours', null, /'patchGroups\.dev\.hours' is '': every group needs one: use a whole number from 1 to 24/],
		['schedule', 'cron(0 2 * * TUE *)', /'patchGroups\.dev\.schedule' is 'cron\(0 2 \* \* TUE \*\)': one of day of month/],
		['schedule', 'rate(soon)', /use rate\(/],
		['schedule', 'at(noon)', /use at\(/],
		['timeZone', 'Europe/Atlantis', /use a name of the IANA time zone database/],
		['hours', 0, /use a whole number from 1 to 24/],
		['hours', 25, /use a whole number from 1 to 24/],
		['hours', '3', /use a whole number/],
		['cutoffHours', 24, /use a whole number from 0 to 23/],
		['cutoffHours', 3, /none of its tasks could ever run; use less than 3/],
		['maxConcurrency', '0', /as 10 or 50%/],
		['maxConcurrency', '150%', /as 10 or 50%/],
		['maxConcurrency', 'half', /as 10 or 50%/],
		['maxErrors', '-1', /as 0 or 20%/],
		['maxErrors', '101%', /as 0 or 20%/],
		['soakDays', 1.5, /use a whole number from 0 to/],
		['approveAfterDays', 361, /use a whole number from 0 to 360/],
		['reboot', 'never', /use true or false/],
		['offsetDays', 7, /use a whole number from 1 to 6/],
		['timezone', 'UTC', /there is no such setting: use one of schedule, offsetDays, timeZone/],
	])('may not have %s %j', (field, value, advice) => {
		const [problem, ...others] = ofGroup({ [field]: value });
		expect(problem).toMatch(advice);
		expect(problem).toContain(`'patchGroups.dev.${field}'`);
		expect(others).toEqual([]);
	});

	it.each([
		{ maxConcurrency: 1, maxErrors: '0' },
		{ maxConcurrency: '100%', maxErrors: '100%' },
		{ hours: 24, cutoffHours: 23 },
		{ schedule: 'rate(30 days)' },
		{ schedule: 'at(2026-09-15T02:00:00)', timeZone: 'Europe/Dublin' },
		{ offsetDays: 6, reboot: false, approveAfterDays: 0 },
	])('may have %j', (changes) => {
		expect(ofGroup(changes)).toEqual([]);
	});

	it('has no offset where its schedule is a rate', () => {
		expect(ofGroup({ schedule: 'rate(7 days)', offsetDays: 2 })).toEqual([
			expect.stringMatching(/'patchGroups\.dev\.offsetDays' is '2': only a cron\(\.\.\.\) schedule/),
		]);
	});

	it.each(['', 'web servers', 'a'.repeat(41), '1st', 'größe'])('is not named %j', (name) => {
		expect(found({ patchGroups: { [name]: group() } })).toEqual([
			expect.stringMatching(/^Setting 'patchGroups' is '.*': a name is the value of the tag PatchGroup/),
		]);
	});
});

it('two patch groups are not named alike', () => {
	const patchGroups = { 'web-1': group(), 'Web.1': group({ offsetDays: 3 }) };
	expect(found({ patchGroups })).toEqual([expect.stringMatching(/'Web\.1': it is too much like web-1: use names/)]);
});

describe('the rings', () => {
	it('open no window before the soak of the one before is over', () => {
		const patchGroups = { dev: group(), test: group({ offsetDays: 2 }) };
		expect(found({ patchGroups })).toEqual([
			expect.stringMatching(
				/^Setting 'patchGroups\.test\.offsetDays' is '2': its window would open 2 days after that of dev, .*3 hours.*2 days.*; use 3 or more\.$/,
			),
		]);
		expect(found({ patchGroups: { ...patchGroups, test: group({ offsetDays: 3 }) } })).toEqual([]);
	});

	it('do not open together, nor the later one first', () => {
		expect(found({ patchGroups: { dev: group({ soakDays: 0 }), test: group({ soakDays: 0 }) } })).toEqual([
			expect.stringMatching(/'patchGroups\.test\.offsetDays' is '': .*together with that of dev.*use 1 or more/),
		]);
		const [problem] = found({ patchGroups: { dev: group({ offsetDays: 3 }), test: group({ offsetDays: 1 }) } });
		expect(problem).toMatch(/2 days before that of dev.*use 6 or more/);
	});

	it('need a schedule of their own where no offset is long enough', () => {
		const [problem] = found({ patchGroups: { dev: group({ soakDays: 7 }), test: group({ offsetDays: 6 }) } });
		expect(problem).toMatch(/use a schedule of its own/);
	});

	it('may follow schedules of their own: when these come together nobody knows beforehand', () => {
		expect(found({ patchGroups: { dev: group(), test: group({ schedule: 'cron(0 2 ? * WED#3 *)' }) } })).toEqual([]);
	});

	it('do not install what the one before has not proved', () => {
		const later = { schedule: 'cron(0 2 ? * TUE#4 *)' };
		expect(found({ patchGroups: { dev: group(), test: group({ offsetDays: 3, approveAfterDays: 9 }) } })).toEqual([
			expect.stringMatching(
				/^Setting 'patchGroups\.test\.approveAfterDays' is '9': it would install what dev \(approved after 7 days\) has not proved; use 10 or more/,
			),
		]);
		expect(found({ patchGroups: { dev: group(), test: group({ offsetDays: 3, approveAfterDays: 10 }) } })).toEqual([]);
		expect(found({ patchGroups: { dev: group(), test: group({ ...later, approveAfterDays: 8 }) } })).toEqual([
			expect.stringMatching(/use 9 or more/),
		]);
		expect(found({ patchGroups: { dev: group(), test: group({ ...later, approveAfterDays: 9 }) } })).toEqual([]);
	});

	it('are not more than there is room for in an account', () => {
		const patchGroups = Object.fromEntries(
			Array.from({ length: 13 }, (_, n) => [`group${n}`, group({ schedule: `cron(0 2 ${n + 1} * ? *)` })]),
		);
		expect(found({ patchGroups })).toEqual([
			expect.stringMatching(/'13 groups': Systems Manager takes 50 patch baselines.*use 12 groups or less/),
		]);
	});

	it('are one at least', () => {
		expect(found({ patchGroups: {} })).toEqual([expect.stringMatching(/name a group.*'parts' without patching/)]);
	});
});

describe('the rules of an operating system', () => {
	const RULE = { classification: ['Security'] };

	it.each([
		['AMAZON_LINUX_2023', { classification: ['Security'], severity: ['Critical'], compliance: 'CRITICAL', nonSecurity: true }],
		['WINDOWS', { classification: ['SecurityUpdates'], severity: ['Important'], product: ['WindowsServer2025'] }],
		['WINDOWS', { classification: ['*'], approveUntilDate: '2026-03-31' }],
		['UBUNTU', { priority: ['Required', 'Important'] }],
		['MACOS', { classification: ['softwareupdate'], approveAfterDays: 0 }],
	])('for %s may be %j', (os, rule) => {
		expect(ofRules(os, rule)).toEqual([]);
	});

	it.each([
		['UBUNTU', { priority: ['Required'], approveAfterDays: 7 }, 'approveAfterDays', /no day of release to count from; leave it out/],
		['DEBIAN', { priority: ['Required'], approveUntilDate: '2026-03-31' }, 'approveUntilDate', /no day of release/],
		[
			'WINDOWS',
			{ ...RULE, classification: ['Updates'], approveAfterDays: 7, approveUntilDate: '2026-03-31' },
			'approveUntilDate',
			/use one of the two/,
		],
		['AMAZON_LINUX_2023', { ...RULE, approveAfterDays: -1 }, 'approveAfterDays', /from 0 to 354/],
		['AMAZON_LINUX_2023', { ...RULE, approveUntilDate: '2026-02-30' }, 'approveUntilDate', /as "2026-03-31"/],
		['AMAZON_LINUX_2023', { classification: [] }, 'classification', /a list of at least one: use one of Security, Bugfix/],
		['AMAZON_LINUX_2023', { classification: [''] }, 'classification', /use one of Security/],
		['AMAZON_LINUX_2023', { classification: 'Security' }, 'classification', /write a list/],
		['AMAZON_LINUX_2023', { classification: ['SecurityUpdates'] }, 'classification', /is 'SecurityUpdates': use one of Security, Bugfix/],
		['WINDOWS', { severity: ['Medium'] }, 'severity', /use one of Critical, Important, Moderate, Low/],
		['MACOS', { severity: ['Critical'] }, 'severity', /patches of MACOS have none: use one of classification, product/],
		['UBUNTU', { classification: ['Security'] }, 'classification', /have none: use one of priority, product/],
		['WINDOWS', { product: [' '] }, 'product', /use names of products/],
		['WINDOWS', { classification: ['Updates'], nonSecurity: true }, 'nonSecurity', /only Linux has it/],
		['AMAZON_LINUX_2023', { ...RULE, compliance: 'SEVERE' }, 'compliance', /use one of CRITICAL, HIGH/],
		['AMAZON_LINUX_2023', { ...RULE, severities: ['Critical'] }, 'severities', /no such setting: use one of classification, severity/],
	])('for %s may not be %j', (os, rule, field, advice) => {
		const [problem, ...others] = ofRules(os, rule);
		expect(problem).toMatch(advice);
		expect(problem).toContain(`'patchRules.${os}[0].${field}'`);
		expect(others).toEqual([]);
	});

	it('say what they are for', () => {
		expect(ofRules('WINDOWS', { compliance: 'LOW' })).toEqual([
			expect.stringMatching(/patchRules\.WINDOWS\[0\].*says of no patch.*use classification/),
		]);
		expect(ofRules('WINDOWS', 'all')).toEqual([expect.stringMatching(/'patchRules\.WINDOWS\[0\]' is 'all'.*use one of classification/)]);
		expect(ofRules('WINDOWS')).toEqual([expect.stringMatching(/a list of at least one rule/)]);
	});

	it('are for one that is known', () => {
		expect(ofRules('SOLARIS', RULE)).toEqual([
			expect.stringMatching(/'patchRules\.SOLARIS'.*use one of AMAZON_LINUX_2, AMAZON_LINUX_2023/),
		]);
		expect(found({ patchRules: {} })).toEqual([expect.stringMatching(/name an operating system/)]);
	});

	it('leave room for the days that the later groups wait more', () => {
		expect(ofRules('MACOS', { classification: ['installer'], approveAfterDays: 354 })).toEqual([]);
		expect(ofRules('MACOS', { classification: ['installer'], approveAfterDays: 355 })).toEqual([expect.stringMatching(/from 0 to 354/)]);
	});

	it('are ten at most', () => {
		expect(ofRules('UBUNTU', ...Array(11).fill({ priority: ['Extra'] }))).toEqual([expect.stringMatching(/'11 rules'.*use 10 or less/)]);
	});
});

describe('patches by their names', () => {
	it('may be approved and rejected', () => {
		expect(found({ approvedPatches: { WINDOWS: ['KB5034439'] }, rejectedPatches: { AMAZON_LINUX_2023: ['kernel*'] } })).toEqual([]);
	});

	it('may not be both', () => {
		expect(found({ approvedPatches: { WINDOWS: ['KB1', 'KB2'] }, rejectedPatches: { WINDOWS: ['KB2'] } })).toEqual([
			expect.stringMatching(/^Setting 'approvedPatches\.WINDOWS' is 'KB2': it is rejected as well.*use one of the two\.$/),
		]);
	});

	it.each([
		['approvedPatches', { WINDOWS: Array.from({ length: 51 }, (_, n) => `KB${n}`) }, /'51 patches': a patch baseline takes 50/],
		['rejectedPatches', { WINDOWS: 'KB2' }, /write a list of patches/],
		['rejectedPatches', { WINDOWS: [''] }, /use the names or ids of patches/],
		['rejectedPatches', { DEBIAN: ['nginx'] }, /patchRules has no rules for it: use one of AMAZON_LINUX_2023/],
		['rejectedPatches', ['KB2'], /patches by operating system/],
	])('%s may not be %j', (setting, value, advice) => {
		const [problem, ...others] = found({ [setting]: value });
		expect(problem).toMatch(advice);
		expect(others).toEqual([]);
	});
});

it.each(['patchGroups', 'patchRules', 'approvedPatches', 'rejectedPatches'])(
	'--param cannot give %s, and the refusal says so',
	(setting) => {
		expect(found({ [setting]: '{"dev":{}}' })).toEqual([
			expect.stringMatching(/--param cannot give; use a block of the stage under params/),
		]);
	},
);

it.each([0, 101, 1.5, 'most'])('the success rate is not %j percent', (patchSuccessPercent) => {
	expect(found({ patchSuccessPercent })).toEqual([expect.stringMatching(/use a whole number from 1 to 100/)]);
});
