import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fleet } from '../../cli/fleet.ts';
import { type Env, openDesk } from '../../cli/support/desk.ts';
import { oneLine, span, table } from '../../cli/support/format.ts';
import { createOperating } from './operating.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'fleet-'));
});
afterEach(() => {
	rmSync(folder, { recursive: true });
});

async function run(args: readonly string[], env: Env = {}, error?: Error) {
	const out: string[] = [];
	const err: string[] = [];
	const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), cwd: folder };
	const connect = () => {
		throw error;
	};
	const status = await fleet(args, { io, env, user: 'ops', ...(error && { connect }) });
	return { status, out: out.join('\n'), err: err.join('\n') };
}

describe('The operator’s command', () => {
	it.each([
		['lst', 'did you mean list?'],
		['canel', 'did you mean cancel?'],
		[
			'explode',
			'there are list, show, retry, extend, cancel, complete, pause, resume, request, run, install, patch, activate, deregister, redrive, release, report, doctor, check',
		],
	])('does not know %s, and names what it knows', async (verb, hint) => {
		expect(await run([verb])).toEqual({ status: 2, out: '', err: `fleet: there is no verb '${verb}'; ${hint}` });
	});

	it('explains itself: without a verb as a mistake, with help as an answer', async () => {
		const mistaken = await run([]);
		const asked = await run(['help']);

		expect(mistaken).toMatchObject({ status: 2, out: '' });
		expect(asked).toMatchObject({ status: 0, err: '' });
		expect(mistaken.err).toBe(asked.out);
		expect(asked.out).toContain('more time for the work');
		expect(await run(['--help'])).toEqual(asked);
	});

	it.each([
		['help', 'extend'],
		['extend', '--help'],
		['-h', 'extend'],
	])('explains a verb: %s %s', async (...args) => {
		const { status, out } = await run(args);

		expect(status).toBe(0);
		expect(out).toContain('usage: fleet -- extend <operation> <duration>');
	});

	it('takes options before the verb', async () => {
		const { fleet: inStage } = await createOperating();

		const { out } = await inStage('--stage', 'local', '--json', 'list');

		expect(JSON.parse(out)).toEqual({ operations: [] });
	});

	it.each([
		[['show'], 'fleet show: names no operation\nusage: fleet -- show <operation> [--json]'],
		[['show', '--colour', 'x'], "fleet show: Unknown option '--colour'"],
		[['list', '--stage', 'Prod_1'], "fleet list: --stage 'Prod_1' is not a stage: use 1 to 20 of a-z"],
		[['list', '--stage'], "fleet list: Option '--stage <value>' argument missing"],
	])('ends with status 2 on %j', async (args, message) => {
		const { status, out, err } = await run(args, { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });

		expect({ status, out }).toEqual({ status: 2, out: '' });
		expect(err).toContain(message);
	});

	it('runs the check of the playbooks in the project’s folder', async () => {
		const { status, err } = await run(['check', 'nowhere']);

		expect(status).toBe(1);
		expect(err).toContain("there is no folder 'nowhere' to check");
	});
});

describe('A stage', () => {
	const io = () => ({ out: () => undefined, err: () => undefined, cwd: folder });

	it('is local by default: .env.local is read, and what is set already stays', () => {
		writeFileSync(join(folder, '.env.local'), '# the local AWS\nAWS_REGION=eu-west-1\nAWS_ENDPOINT_URL=http://127.0.0.1:4566\n');
		const env: Env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:5000' };

		openDesk('local', { io: io(), env });

		expect(env).toEqual({ AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:5000' });
	});

	it('reads no such file where it is deployed', () => {
		writeFileSync(join(folder, '.env.local'), 'AWS_ENDPOINT_URL=http://127.0.0.1:4566\n');
		const env: Env = {};

		openDesk('prod', { io: io(), env });

		expect(env).toEqual({});
	});

	it('is never asked of the real AWS when it is local', async () => {
		const { status, err } = await run(['list']);

		expect(status).toBe(1);
		expect(err).toContain('Stage local is the AWS of this machine');
	});
});

describe('An error', () => {
	it('says which table is missing and what to do', async () => {
		const { fleet: inStage } = await createOperating({ withoutTable: true });

		for (const args of [['list'], ['pause'], ['show', 'i-0000000000000000a']]) {
			const { status, out, err } = await inStage(...args);
			expect({ status, out }).toEqual({ status: 1, out: '' });
			expect(err).toContain("The ledger table 'fleetkeeper-local' does not exist. Deploy the stage");
		}
	});

	const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:4566'), { code: 'ECONNREFUSED' });
	const named = (name: string, message: string) => Object.assign(new Error(message), { name });
	it.each([
		['list', refused, 'Nothing answers at http://127.0.0.1:4566: run npm start'],
		['list --stage prod', named('CredentialsProviderError', 'none'), 'No AWS credentials for stage prod, Region eu-west-1: none. Sign in'],
		['list --stage prod', new Error('Region is missing'), 'No AWS Region for stage prod: set AWS_REGION'],
		['list --stage prod', named('ExpiredTokenException', 'old'), 'AWS does not take these credentials'],
		['list --stage prod', named('AccessDeniedException', 'no'), 'AWS does not allow this (stage prod, Region eu-west-1)'],
		['list --stage prod', named('InternalServerError', 'oh'), 'InternalServerError: oh (stage prod, Region eu-west-1)'],
	])('of %s is one line an operator can act on: %s', async (line, error, message) => {
		const env = { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };

		const { status, err } = await run(line.split(' '), env, error);

		expect(status).toBe(1);
		expect(err).toContain(`fleet list: ${message}`);
		expect(err.split('\n')).toHaveLength(1);
	});

	it('shows its stack when DEBUG is set', async () => {
		const { err } = await run(['list'], { DEBUG: '1' }, new Error('oh'));

		expect(err).toContain('fleet.test.ts');
	});
});

describe('A table', () => {
	it('keeps columns apart and leaves no blanks at the ends of lines', () => {
		const rows = [
			['a', 'long', 'x'],
			['longer', 'b', ''],
		];

		expect(table(rows)).toEqual(['a       long  x', 'longer  b']);
	});

	it.each([
		[-5_000, '0s'],
		[59_999, '59s'],
		[60_000, '1m'],
		[3_900_000, '1h05m'],
		[86_400_000 * 2 + 3_600_000 * 4, '2d04h'],
	])('has %d ms as %s', (milliseconds, text) => {
		expect(span(milliseconds)).toBe(text);
	});

	it('has everything on one line', () => {
		expect(oneLine(' a\r\n\tb\u001b[2Jc\u202Ed ')).toBe('a b [2Jc d');
	});
});
