import { describe, expect, it } from 'vitest';
import { hush, secretsIn, withoutSecretFields, withoutSecrets } from '../../../shared/playbook/secrets.ts';

const GIVEN = { Note: ['$.detail.dbPassword'], ApiToken: ['abcd-efgh'], GraceSeconds: ['120'], Id: ['$.detail.instance-id'] };
const PARAMETERS = { Note: ['hunter22'], ApiToken: ['abcd-efgh'], GraceSeconds: ['120'], Id: ['i-1'] };

describe('a parameter', () => {
	it('is secret by its name, or by the name of the field that its value comes from', () => {
		expect(secretsIn(PARAMETERS, GIVEN)).toEqual(['hunter22', 'abcd-efgh']);
		expect(withoutSecrets(PARAMETERS, GIVEN)).toEqual({ Note: ['***'], ApiToken: ['***'], GraceSeconds: ['120'], Id: ['i-1'] });
	});

	it.each(['Password', 'dbPasswd', 'passphrase', 'ClientSecret', 'token', 'Credentials', 'api_key', 'PrivateKey'])(
		'is secret as %s',
		(name) => {
			expect(secretsIn({ [name]: ['hunter22'] }, { [name]: ['hunter22'] })).toEqual(['hunter22']);
		},
	);

	it.each(['KeyName', 'Path', 'Compass', 'ServiceName'])('is for everybody as %s', (name) => {
		expect(secretsIn({ [name]: ['hunter22'] }, { [name]: ['hunter22'] })).toEqual([]);
	});

	it('of a request is known by its name alone', () => {
		expect(secretsIn({ Password: ['hunter22'] }, {})).toEqual(['hunter22']);
	});
});

describe('an event', () => {
	it('is told without the fields that are secret by their names, at any depth', () => {
		const detail = { user: 'anna', login: { password: 'hunter22', tokens: ['abcd'] } };
		expect(JSON.parse(JSON.stringify(detail, withoutSecretFields))).toEqual({ user: 'anna', login: { password: '***', tokens: '***' } });
	});
});

describe('a fact', () => {
	const fact = { type: 'work', status: 'failed', details: 'Failed', output: 'login with hunter22 refused: hunter22' };

	it('quotes no secret', () => {
		expect(hush(fact, ['hunter22'])).toEqual({ ...fact, output: 'login with *** refused: ***' });
	});

	it('that was cut off inside a secret ends before it', () => {
		expect(hush({ message: 'login with hunter' }, ['hunter22'])).toEqual({ message: 'login with ***' });
	});

	it('keeps what is no quotation, and is the same where there is no secret', () => {
		expect(hush(fact, ['failed'])).toEqual(fact);
		expect(hush(fact, [])).toBe(fact);
	});
});
