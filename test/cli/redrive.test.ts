import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/aws/types.ts';
import { failing } from './operating.ts';
import { createRedriving, REFUSED, REQUEST, SWEEP, TERMINATING, TOPIC, TRIED } from './redriving.ts';

describe('fleet -- redrive', () => {
	it('says so where nothing was given up', async () => {
		const { redrive } = await createRedriving();

		const { status, out } = await redrive();

		expect(status).toBe(0);
		expect(out).toBe('Nothing is in the dead-letter queues of stage local: instance-lifecycle, fleet-event, reconcile, publishing.');
	});

	it('shows what is there, since when and why, and what would become of it', async () => {
		const { redrive, bury, world } = await createRedriving();
		const refused = await bury('fleet-event', REQUEST, REFUSED);
		const tried = await bury('instance-lifecycle', TERMINATING, TRIED);
		await world.runFor(300_000);

		const { status, out } = await redrive();

		expect(status).toBe(0);
		expect(out.split('\n')).toEqual([
			'fleetkeeper-local-instance-lifecycle-dead-letters: 1 message',
			`  ${tried.slice(0, 8)}  5m  EC2 Instance-terminate Lifecycle Action  i-0000000000000000a, fleetkeeper-drain, web-blue`,
			'      given up: tried 10 times: ThrottlingException: Rate exceeded',
			'      event e2e2e2e2-0000-4000-8000-000000000002',
			'      -> can be put back',
			'',
			'fleetkeeper-local-fleet-event-dead-letters: 1 message',
			`  ${refused.slice(0, 8)}  5m  Run Automation Requested  restart-node, anna`,
			'      refused for good: no playbook on: request allows restart-node',
			'      event e1e1e1e1-0000-4000-8000-000000000001',
			'      -> left: it was refused for good, and would be again as things stand',
			'',
			'Nothing was changed. --go puts back 1 of 2.',
			'What was refused: put right what it says, then --all --go puts it back too.',
			'What is not worth putting back: --discard --go deletes it.',
		]);
	});

	it('hides nothing from others once it has looked', async () => {
		const { redrive, bury, counts } = await createRedriving();
		await bury('fleet-event', REQUEST, REFUSED);
		await bury('fleet-event', REQUEST, TRIED);

		await redrive();
		await redrive('fleet-event', '--id', 'none-of-them');

		expect(counts('fleet-event-dead-letters')).toEqual({ visible: 2, delayed: 0, inFlight: 0 });
	});

	it('puts back what may work now, and leaves what was refused for good and what only the moment needed', async () => {
		const { redrive, bury, bodies, counts } = await createRedriving();
		await bury('fleet-event', REQUEST, REFUSED);
		await bury('instance-lifecycle', TERMINATING, TRIED);
		await bury('reconcile', SWEEP, { ERROR_CODE: 'THROTTLING', ERROR_MESSAGE: 'Rate exceeded', RULE_ARN: 'arn:aws:events:::rule/sweep' });

		const { status, out } = await redrive('--go');

		expect(status).toBe(0);
		expect(bodies('instance-lifecycle')).toEqual([TERMINATING]);
		expect([bodies('fleet-event'), bodies('reconcile')]).toEqual([[], []]);
		expect(counts('instance-lifecycle-dead-letters').visible).toBe(0);
		expect(counts('fleet-event-dead-letters').visible).toBe(1);
		expect(counts('reconcile-dead-letters')).toEqual({ visible: 1, delayed: 0, inFlight: 0 });
		expect(out).toContain('-> left: a tick of the clock is worth nothing once the next has come');
		expect(out).toContain('EventBridge could not deliver it: THROTTLING, Rate exceeded\n      rule sweep');
		expect(out).toContain('1 put back, 2 left.');
	});

	it('puts back everything, or what is named, where that is asked for', async () => {
		const { redrive, bury, bodies } = await createRedriving();
		await bury('fleet-event', REQUEST, REFUSED);
		await bury('fleet-event', TERMINATING, REFUSED);

		await redrive('fleet-event', '--id', 'e2e2e2e2', '--go');
		expect(bodies('fleet-event')).toEqual([TERMINATING]);

		await redrive('--all', '--go');
		expect(bodies('fleet-event')).toEqual([TERMINATING, REQUEST]);
	});

	it('deletes what is not worth putting back, and nothing else, where that is asked for', async () => {
		const { redrive, bury, bodies } = await createRedriving();
		await bury('fleet-event', REQUEST, REFUSED);
		await bury('fleet-event', TERMINATING, TRIED);
		await bury('reconcile', SWEEP);

		const looked = await redrive('--discard');
		expect(looked.out).toContain('Nothing was changed. --go deletes 2 of 3.');
		const { out } = await redrive('--discard', '--go');

		expect(out).toContain('2 deleted, 1 left.');
		expect([bodies('fleet-event-dead-letters'), bodies('reconcile-dead-letters')]).toEqual([[TERMINATING], []]);
		expect([bodies('fleet-event'), bodies('reconcile')]).toEqual([[], []]);
	});

	it('loses nothing where it fails halfway', async () => {
		const refusal = new AwsError('KmsThrottled', 'Try later', { status: 403 });
		const { redrive, bury, bodies, counts } = await createRedriving({
			call: ({ operation, input }) =>
				operation === 'SendMessage' && (input as { QueueUrl: string }).QueueUrl.endsWith('-fleet-event') ? refusal : undefined,
		});
		await bury('fleet-event', REQUEST, TRIED);
		await bury('instance-lifecycle', TERMINATING, TRIED);

		const { status, out } = await redrive('--go');

		expect(status).toBe(1);
		expect(out).toContain('-> NOT DONE: KmsThrottled: Try later');
		expect(out).toContain('1 put back, 1 failed.');
		expect(counts('fleet-event-dead-letters')).toEqual({ visible: 1, delayed: 0, inFlight: 0 });
		expect(bodies('instance-lifecycle')).toEqual([TERMINATING]);
	});

	it('says where a message went back and is still here as well', async () => {
		const { redrive, bury, bodies } = await createRedriving(failing('DeleteMessage', new AwsError('InternalError', 'no', { status: 500 })));
		await bury('fleet-event', REQUEST, TRIED);

		const { status, out } = await redrive('--go');

		expect(status).toBe(1);
		expect(bodies('fleet-event')).toEqual([REQUEST]);
		expect(out).toContain('it went back, and is here too: handling it twice does no harm');
	});

	it('shows the event behind an invocation that failed, and whose queue SQS took a message from', async () => {
		const { redrive, bury } = await createRedriving();
		const failed = {
			requestContext: { functionArn: 'arn:aws:lambda:::function:reconcile', condition: 'RetriesExhausted' },
			requestPayload: JSON.parse(SWEEP),
			responsePayload: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 60.00 seconds' },
		};
		await bury('reconcile', JSON.stringify(failed));
		await bury('reconcile', '{"be":');

		const { out } = await redrive('reconcile');

		expect(out).toMatch(
			/Sweep\n {6}the invocation failed \(RetriesExhausted\): Sandbox.Timedout: Task timed out after 60.00 seconds\n {6}-> left: a tick/,
		);
		expect(out).toMatch(/not JSON\n {6}nothing on it says why: it was sent here by hand\n {6}-> can be put back/);
	});

	it('tells again what the topic was not told, and leaves what was for the audit trail', async () => {
		const { redrive, bury, world } = await createRedriving();
		const undelivered = {
			ERROR_CODE: 'SDK_CLIENT_ERROR',
			ERROR_MESSAGE: 'KMS',
			RULE_ARN: 'arn:aws:events:::rule/fleetkeeper-local-alerts',
		};
		await bury('publishing', '"drain-web failed"\n"Operation lifecycle-1"', { ...undelivered, TARGET_ARN: TOPIC });
		const change = {
			source: 'fleetkeeper',
			'detail-type': 'Operation State Change',
			detail: { operationId: 'lifecycle-1', state: 'failed' },
		};
		await bury('publishing', JSON.stringify(change), { ...undelivered, TARGET_ARN: 'arn:aws:logs:eu-west-1:111122223333:log-group:audit' });

		const { out } = await redrive('publishing', '--go');

		expect(world.services.sns.publications).toMatchObject([{ topicArn: TOPIC, message: '"drain-web failed"\n"Operation lifecycle-1"' }]);
		expect(out).toContain('1 put back, 1 left.');
		expect(out).toContain('fleet -- show lifecycle-1 has the same');
	});

	it('prints one JSON document, bodies included', async () => {
		const { redrive, bury } = await createRedriving();
		const messageId = await bury('fleet-event', REQUEST, REFUSED);

		const { out } = await redrive('--json');

		expect(JSON.parse(out)).toMatchObject({
			stage: 'local',
			done: false,
			letters: [{ messageId, since: '2026-03-02T08:00:00Z', givenUp: 'refused', reason: REFUSED.Reason, body: REQUEST, act: 'leave' }],
		});
	});

	it.each([
		[['fleet-events'], 2, "knows no 'fleet-events': did you mean fleet-event?"],
		[['--id', 'abc'], 2, "takes --id with 4 characters or more, not 'abc'"],
		[['--all', '--discard'], 2, 'takes one of --all and --discard'],
		[['--id', 'abcdef'], 1, "No dead letter has an id that begins with 'abcdef'"],
		[['--stage', 'prod'], 1, 'Stage prod has no dead-letter queues in this account and Region'],
	])('refuses %j', async (args, expected, message) => {
		const { redrive } = await createRedriving();

		const { status, err } = await redrive(...args);

		expect(status).toBe(expected);
		expect(err).toContain(message);
	});
});
