import { describe, expect, it } from 'vitest';
import type { Program } from '../../../../shared/kinds/inventory/event.ts';
import { type RuledNode, ruleOf, ruleText } from '../../../../shared/kinds/inventory/rules.ts';
import type { InventoryPlaybook } from '../../../../shared/playbook/types.ts';

type When = Omit<InventoryPlaybook['when'], 'detail'>;

const rule = (software: InventoryPlaybook['software'], when: When = {}) =>
	ruleOf({ name: 'x', priority: 1, on: 'inventory', when: { detail: {}, ...when }, software, opsItem: {} });
const judge = (software: InventoryPlaybook['software'], programs: readonly Program[], platform = 'Linux') =>
	rule(software).judge({ platform }, { programs });
const NODE: RuledNode = { node: 'i-1', platform: 'Linux', tags: { Environment: 'prod', 'Patch Group': 'prod-db' } };

const NGINX: Program = { Name: 'nginx', Version: '1.24.0', PackageId: 'nginx-1.24.0-1.src.rpm' };
const RPM: Program = { Name: 'openssl', Version: '3.0.7', Release: '24.el9', Epoch: '1', PackageId: 'openssl-3.0.7-24.el9.src.rpm' };
const DEB: Program = { Name: 'openssl', Version: '3.0.2-0ubuntu1.9', PackageId: 'openssl_3.0.2-0ubuntu1.9_amd64.deb' };

describe('A rule for software', () => {
	it.each<[string, When, boolean]>([
		['all nodes', {}, true],
		['a tag that it has', { tags: { Environment: ['prod'] } }, true],
		['a tag that it has not', { tags: { Environment: ['test'] } }, false],
		['its patch group, however the tag is spelled', { patchGroup: [{ prefix: 'prod-' }] }, true],
		['another patch group', { patchGroup: ['prod'] }, false],
		['its platform', { platform: ['Windows', 'Linux'] }, true],
		['another platform', { platform: ['MacOS'] }, false],
		['its tag and another platform', { tags: { Environment: ['prod'] }, platform: ['MacOS'] }, false],
	])('is for a node, or not: %s', (_, when, is) => {
		expect(rule({ required: ['x'] }, when).applies(NODE)).toBe(is);
	});

	it('is broken by what is forbidden, by exact names or by how they begin', () => {
		const software = { forbidden: ['telnet', { prefix: 'rsh' }] };
		expect(judge(software, [NGINX, { Name: 'telnet-client' }])).toBeUndefined();
		expect(judge(software, [NGINX, { Name: 'telnet', Version: '0.17', Release: '90' }, { Name: 'rsh-server', Version: '1' }])).toBe(
			'telnet 0.17-90 is forbidden, rsh-server 1 is forbidden',
		);
	});

	it('is broken by each thing that is not there', () => {
		const software = { required: ['nginx', 'chrony', { prefix: 'falcon' }] };
		expect(judge(software, [NGINX])).toBe('chrony is missing, falcon* is missing');
		expect(judge(software, [])).toBe('nginx is missing, chrony is missing, falcon* is missing');
		expect(judge(software, [NGINX, { Name: 'chrony' }, { Name: 'falcon-sensor' }])).toBeUndefined();
	});

	it.each<[string, string | Record<string, string>, Program, string, string | undefined]>([
		['an rpm below, epoch and release included', '1:3.0.7-27.el9', RPM, 'Linux', 'openssl 1:3.0.7-24.el9 is below 1:3.0.7-27.el9'],
		['an rpm of an epoch is above all without one', '3.9', RPM, 'Linux', undefined],
		['an rpm that is not below', '1:3.0.7-24.el9', RPM, 'Linux', undefined],
		[
			'a Debian package, by its own rules',
			{ deb: '3.0.2-0ubuntu1.18' },
			DEB,
			'Linux',
			'openssl 3.0.2-0ubuntu1.9 is below 3.0.2-0ubuntu1.18',
		],
		['a Debian package where the version is for rpm', { rpm: '9' }, DEB, 'Linux', undefined],
		['a Windows program', { windows: '10.0.20' }, { Name: 'openssl', Version: '10.0.3' }, 'Windows', 'openssl 10.0.3 is below 10.0.20'],
		['a program of macOS', { macos: '2' }, { Name: 'openssl', Version: '1.9' }, 'MacOS', 'openssl 1.9 is below 2'],
		['a program that is not there', '9', NGINX, 'Linux', undefined],
	])('knows %s', (_, version, program, platform, said) => {
		expect(judge({ below: [{ name: ['openssl'], version }] }, [program], platform)).toBe(said);
	});

	it('counts each copy of a program', () => {
		const below = [{ name: [{ prefix: 'kernel' }], version: '6.1' }];
		expect(
			judge({ below }, [
				{ Name: 'kernel', Version: '6.2' },
				{ Name: 'kernel', Version: '5.14' },
			]),
		).toBe('kernel 5.14 is below 6.1');
	});

	it('says what nodes say in few words of one line', () => {
		const said = judge(
			{ forbidden: [{ prefix: 'x' }] },
			Array.from({ length: 9 }, (_, n) => ({ Name: `x${n}\u001b[31m\n${'y'.repeat(300)}` })),
		);
		expect(said).toMatch(/^x0 \[31m y+…/);
		expect(said?.length).toBeLessThanOrEqual(200);
		expect(said).not.toMatch(/\p{Cc}/u);
	});

	it('is told in words', () => {
		const software = {
			forbidden: ['telnet', { prefix: 'rsh' }],
			required: ['chrony'],
			below: [{ name: ['a', 'b'], version: { rpm: '1', deb: '2' } }],
		};
		expect(ruleText(software)).toBe('forbidden: telnet, rsh*; required: chrony; below: a|b 1 (rpm) or 2 (deb)');
	});
});
