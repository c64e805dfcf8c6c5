import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/aws/types.ts';
import { createOperating, failing, type OperatingOptions, STARTED_AT } from './operating.ts';

const ROLE = 'fleetkeeper-local-hybrid-eu-west-1';
const TRUST = { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ssm.amazonaws.com' } }] } as const;
const DAY = 86_400_000;

async function operating(options: OperatingOptions = {}) {
	const operating = await createOperating(options);
	const { iamApi } = operating.world.services;
	iamApi.addRole({ name: ROLE, trust: TRUST });
	iamApi.addRole({ name: 'plant', trust: TRUST });
	return operating;
}
type Operating = Awaited<ReturnType<typeof operating>>;
const activations = ({ ssm }: Operating) => ssm.activations.all();
const secret = ({ world }: Operating, Name: string) =>
	world.run(() => world.aws.ssm.send(new GetParameterCommand({ Name, WithDecryption: true })));
/** Every word of what AWS was asked and answered, but for what the two calls have that may know the code. */
const others = ({ world }: Operating) =>
	JSON.stringify(world.requestLog.entries.filter(({ operation }) => operation !== 'CreateActivation' && operation !== 'PutParameter'));

describe('fleet -- activate', () => {
	it('shows the code once, and keeps it as a secret until the activation expires', async () => {
		const cli = await operating();
		const options = ['--role', 'plant', '--limit', '3', '--expires', '7d', '--name', 'press', '--tag', 'site=ghent', '--tag', 'line=2'];
		const { status, out, err } = await cli.fleet('activate', ...options, '--reason', 'new presses', '--by', 'anna');

		const [activation] = activations(cli);
		expect([status, err]).toEqual([0, '']);
		expect(activation).toMatchObject({
			...{ role: 'plant', limit: 3, expiresAt: STARTED_AT + 7 * DAY, instanceName: 'press' },
			description: 'new presses (anna (as ops))',
		});
		expect(Object.fromEntries(activation?.tags ?? [])).toEqual({ site: 'ghent', line: '2' });
		expect(out.split(activation?.code ?? '').length - 1).toBe(1);
		const Name = `/fleetkeeper/local/activations/${activation?.id}`;
		expect(out).toContain(Name);
		const { Parameter } = await secret(cli, Name);
		expect(Parameter).toMatchObject({ Type: 'SecureString', Value: activation?.code });
		expect(others(cli)).not.toContain(activation?.code);

		await cli.world.runFor(8 * DAY);
		await expect(secret(cli, Name)).rejects.toMatchObject({ name: 'ParameterNotFound' });
	});

	it("takes the stage's own role, one machine and one day where nothing else is said, and prints JSON", async () => {
		const cli = await operating();
		const { out } = await cli.fleet('activate', '--reason', 'one more', '--json');

		const [activation] = activations(cli);
		expect(JSON.parse(out)).toEqual({
			activationId: activation?.id,
			activationCode: activation?.code,
			parameter: `/fleetkeeper/local/activations/${activation?.id}`,
			...{ role: ROLE, limit: 1, expiresAt: '2026-03-03T08:00:00Z', region: 'eu-west-1' },
			requestIds: [expect.any(String), expect.any(String)],
		});
	});

	it.each([
		[[], 'takes a --reason'],
		[['--reason', ' '], 'takes a --reason'],
		[['--reason', 'x', '--limit', '0'], 'takes --limit as a whole number of machines, 1 to 1000'],
		[['--reason', 'x', '--limit', '1001'], '1 to 1000'],
		[['--reason', 'x', '--expires', '31d'], 'of 30d at most'],
		[['--reason', 'x', '--expires', 'soon'], "not 'soon'"],
		[['--reason', 'x', '--role', 'a role'], 'takes --role as the name of a role'],
		[['--reason', 'x', '--tag', 'site'], 'takes --tag as KEY=VALUE'],
		[['--reason', 'x', '--tag', 'aws:site=1'], 'takes --tag as KEY=VALUE'],
		[['--reason', 'x', '--tag', 'a=1', '--tag', 'a=2'], 'takes each key of a --tag once'],
		[['--reason', 'x', '--name', '\u001b[1m'], 'takes --name'],
		[['--reason', 'x', 'more'], "does not take 'more'"],
	])('refuses what AWS would not take, before it is asked: %j', async (args, message) => {
		const cli = await operating();
		const { status, err } = await cli.fleet('activate', ...args);
		expect([status, err]).toEqual([2, expect.stringContaining(message)]);
		expect(activations(cli)).toEqual([]);
	});

	it('says so where the role is not there', async () => {
		const { fleet } = await operating();
		const { status, err } = await fleet('activate', '--reason', 'x', '--role', 'nobody');
		expect([status, err]).toEqual([1, expect.stringContaining('Not existing role: nobody')]);
	});

	it('leaves no activation whose code nobody has', async () => {
		const cli = await operating({ faults: failing('PutParameter', new AwsError('AccessDeniedException', 'not authorized')) });
		const { status, err } = await cli.fleet('activate', '--reason', 'x');
		expect(status).toBe(1);
		expect(err).toMatch(/could not be kept in parameter .*AccessDeniedException.*The activation is deleted/);
		expect(activations(cli)).toEqual([]);
	});

	it('asks AWS once, and says what there may be where the answer is lost', async () => {
		let asked = 0;
		const lost = () => {
			asked += 1;
			return new AwsError('InternalServerError', 'no answer', { status: 500 });
		};
		const { fleet } = await operating({ faults: { call: ({ operation }) => (operation === 'CreateActivation' ? lost() : undefined) } });
		const { status, err } = await fleet('activate', '--reason', 'new presses');
		expect([status, asked]).toEqual([1, 1]);
		expect(err).toMatch(/there may be an activation now whose code nobody knows. Look for 'new presses \(ops\)'/);
	});
});
