import { describe, expect, it } from 'vitest';
import { changed, compiled, problemsOf, tells } from './problems.ts';

const INVENTORY = `name: safe-software
priority: 100
on: inventory
when:
  tags: { Environment: [prod] }
  patchGroup: [prod, { prefix: prod- }]
  platform: [Linux]
software:
  forbidden: [telnet, { prefix: rsh }]
  required: [amazon-cloudwatch-agent]
  below:
    - name: openssl
      version: { rpm: "1:3.0.7-27.el9", deb: "3.0.2-0ubuntu1.18" }
run:
  command: remove-packages
  parameters:
    Packages: telnet
  timeout: 15m
opsItem: { severity: "2", category: Security }
`;
const SOFTWARE = INVENTORY.slice(INVENTORY.indexOf('software:'), INVENTORY.indexOf('run:'));
const VERSION = '{ rpm: "1:3.0.7-27.el9", deb: "3.0.2-0ubuntu1.18" }';

describe('a playbook for inventory', () => {
	it('is compiled with what has to hold, of which nodes, and what is run', () => {
		expect(compiled(INVENTORY)).toMatchObject({
			on: 'inventory',
			when: { detail: {}, tags: { Environment: ['prod'] }, patchGroup: ['prod', { prefix: 'prod-' }], platform: ['Linux'] },
			software: {
				forbidden: ['telnet', { prefix: 'rsh' }],
				required: ['amazon-cloudwatch-agent'],
				below: [{ name: ['openssl'], version: { rpm: '1:3.0.7-27.el9', deb: '3.0.2-0ubuntu1.18' } }],
			},
			run: { type: 'command', document: 'remove-packages', timeoutSeconds: 900, parameters: { Packages: ['telnet'] } },
			opsItem: { severity: '2', category: 'Security' },
		});
	});

	it('can be for all nodes, and only tell', () => {
		const text = 'name: x\npriority: 1\non: inventory\nwhen: {}\nsoftware: { required: [chrony] }\n';
		expect(problemsOf(text)).toEqual([]);
		expect(compiled(text)).toEqual({
			...{ name: 'x', priority: 1, on: 'inventory', when: { detail: {} }, software: { required: ['chrony'] }, opsItem: {} },
		});
	});

	describe('is told what is wrong', () => {
		tells(INVENTORY, [
			[SOFTWARE, '', '1:1 software: is missing; write forbidden: [telnet], required:'],
			[SOFTWARE, 'software: {}\n', '8:11 software: asks for nothing: neither forbidden nor required nor below is there; write forbidden:'],
			['[telnet, { prefix: rsh }]', '[]', '9:14 software.forbidden: the list is empty; name a program or leave it out'],
			['[telnet, { prefix: rsh }]', 'telnet', '9:14 software.forbidden: must be a list of names; write [name]'],
			['[telnet, { prefix: rsh }]', '[7]', '9:15 software.forbidden[0]: 7 is not the name of a program; put it in quotes'],
			['{ prefix: rsh }', '{ prefix: "" }', '9:23 software.forbidden[1]: this prefix is met by every program; write a name'],
			['{ prefix: rsh }', '{ wildcard: "*" }', '9:23 software.forbidden[1]: this wildcard is met by every program'],
			['{ prefix: rsh }', '{ anything-but: bash }', '9:23 software.forbidden[1]: anything-but does not name programs; write a name'],
			['[amazon-cloudwatch-agent]', '[telnet]', "10:14 software.required[0]: 'telnet' is forbidden too: no node can be right"],
			[
				`\n      version: ${VERSION}`,
				'',
				'12:7 software.below[0].version: is missing: nobody can be below it; write version: "3.0.8", in quotes',
			],
			['- name: openssl\n      version', '- version', '12:7 software.below[0].name: is missing; write name: openssl'],
			[
				VERSION,
				'3.0',
				'13:16 software.below[0].version: must be a version in quotes, or one each for some of rpm, deb, windows and macos; write "3.0.8"',
			],
			[VERSION, '{ rpm: 3.0 }', '13:16 software.below[0].version: must be a version in quotes'],
			[VERSION, '{}', '13:16 software.below[0].version: is empty: nobody can be below it'],
			[
				VERSION,
				'latest',
				'13:16 software.below[0].version: \'latest\' is no version of rpm, deb; write it as the package manager does: "1:3.0.7-27.el9" or',
			],
			[VERSION, '"3.0 .8"', "13:16 software.below[0].version: '3.0 .8' is no version of rpm, deb"],
			[
				VERSION,
				'{ deb: "v3.0.2" }',
				'13:23 software.below[0].version.deb: \'v3.0.2\' is no version of deb; write it as the package manager does: "3.0.2-0ubuntu1.18"',
			],
			[
				VERSION,
				'{ windows: "10.0.1" }',
				'13:16 software.below[0].version: is for windows, and no program on Linux has such a version; write one for rpm or deb',
			],
			['- name: openssl', '- naem: openssl\n      name: openssl', '12:7 software.below[0].naem: no such key; did you mean name?'],
			['platform: [Linux]', 'platform: [linux]', "7:14 when.platform[0]: 'linux' is not one of Linux, Windows, MacOS"],
			['platform: [Linux]', 'platform: []', '7:13 when.platform: the list is empty'],
			['patchGroup: [prod,', 'patchGroup: [{ starts: x },', 'when.patchGroup'],
			['platform: [Linux]', 'platform: [Linux]\n  detail: { x: [y] }', 'when.detail: is for'],
			['command: remove-packages', 'automation: restart-node', '15:3 run.automation: is for'],
			[
				'Packages: telnet',
				'Packages: $.detail.software',
				"17:15 run.parameters.Packages: '$.detail.software' leads nowhere in a rule for software",
			],
			['Packages: telnet', 'Packages: $.time', "17:15 run.parameters.Packages: '$.time' leads nowhere"],
			['timeout: 15m', 'timeout: 15m\n  node: i-0123456789abcdef0', '19:3 run.node: is for alarm, noncompliant, event, not for inventory'],
			['opsItem:', 'settle: 5m\nopsItem:', '19:1 settle: is for noncompliant, not for inventory'],
		]);
	});

	it.each(['"3.0.8"', '"1:3.0.8-1"', '{ rpm: "3.0~rc1^2" }', '{ deb: "2:1.0+dfsg-3~bpo11+1" }'])('takes version %s', (version) => {
		expect(problemsOf(changed(INVENTORY, VERSION, version))).toEqual([]);
	});

	it('is none that another occasion has the keys of', () => {
		const problems = problemsOf(
			'name: x\npriority: 1\non: alarm\nwhen: { detail: { alarmName: [x] }, platform: [Linux] }\nsoftware: { required: [x] }\n',
		);
		expect(problems).toEqual([
			expect.stringContaining('when.platform: is for inventory, not for alarm'),
			expect.stringContaining('software: is for inventory, not for alarm'),
		]);
	});
});
