import { describe, expect, it } from 'vitest';
import { select } from '../../local/aws/ssm/json-path.ts';

const RULES = {
	SecurityGroupRules: [
		{ Id: 'in-ssh', IsEgress: false, FromPort: 22, ToPort: 22, CidrIpv4: '0.0.0.0/0' },
		{ Id: 'in-web', IsEgress: false, FromPort: 443, ToPort: 443, CidrIpv6: '::/0' },
		{ Id: 'in-range', IsEgress: false, FromPort: 80, ToPort: 443, CidrIpv4: '10.0.0.0/8' },
		{ Id: 'out', IsEgress: true, FromPort: -1, ToPort: -1, CidrIpv4: '0.0.0.0/0', Group: { Name: "a)]b'" } },
	],
};
const ids = (filter: string) => select(RULES, `$.SecurityGroupRules[?(${filter})].Id`);

it.each([
	['$.SecurityGroupRules[1].Id', 'in-web'],
	["$['SecurityGroupRules'][0]['FromPort']", 22],
	['$..FromPort', [22, 443, 80, -1]],
	['$.SecurityGroupRules[*].ToPort', [22, 443, 443, -1]],
	['$.SecurityGroupRules[9].Id', undefined],
	['$.Missing..Id', []],
])('%s selects %j', (path, expected) => {
	expect(select(RULES, path)).toEqual(expected);
});

describe('a filter', () => {
	it.each([
		['@.IsEgress == false', ['in-ssh', 'in-web', 'in-range']],
		["@.CidrIpv4 == '0.0.0.0/0' && @.IsEgress == false", ['in-ssh']],
		["@.IsEgress == false && (@.CidrIpv4 == '0.0.0.0/0' || @.CidrIpv6 == '::/0')", ['in-ssh', 'in-web']],
		['@.FromPort != @.ToPort', ['in-range']],
		['@.FromPort in [22, 443]', ['in-ssh', 'in-web']],
		['@.FromPort nin [22,443]', ['in-range', 'out']],
		['@.FromPort == -1', ['out']],
		["@.Group.Name == 'no'", []],
	])('%s lets %j pass', (filter, expected) => {
		expect(ids(filter)).toEqual(expected);
	});

	it('binds && before ||', () => {
		expect(ids("@.Id == 'out' || @.FromPort == 22 && @.IsEgress == true")).toEqual(['out']);
	});

	it('may hold brackets in quotes', () => {
		expect(ids("@.Id != ')]'")).toHaveLength(4);
	});
});

it.each(['SecurityGroupRules', '$.a[?(@.b =~ /x/)]', '$.a[?(@.b == 1', '$.a[?(@.b == 1 @.c)]', '$.a[1:2]', '$.a[?()]'])(
	'%s is refused',
	(path) => {
		expect(() => select({ a: [{ b: 1 }] }, path)).toThrow(/does not begin with|not supported/);
	},
);
