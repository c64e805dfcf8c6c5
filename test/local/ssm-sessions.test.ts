import { describe, expect, it } from 'vitest';
import { errorOf, nodeId, smallAws, webFleet } from './support/small-aws.ts';

const TARGET = nodeId(1);
const MINUTE = 60;

type Aws = ReturnType<typeof smallAws>;

const document = (inputs: object, more: object = {}) => ({ schemaVersion: '1.0', sessionType: 'Standard_Stream', inputs, ...more });

function withDocument(inputs: object = {}, more: object = {}): Aws {
	const aws = smallAws(webFleet(2, { 1: { agent: 'lost' } }, { profile: 'node' }), { listLagMs: 0 });
	const Resource = ['arn:aws:logs:*:*:log-group:/fleetkeeper/sessions:*', 'arn:aws:s3:::transcripts/*'];
	const Statement = { Effect: 'Allow', Action: ['logs:PutLogEvents', 's3:PutObject'], Resource } as const;
	aws.iamApi.addRole({ name: 'node', policies: [{ Statement }] });
	aws.iamApi.addInstanceProfile('node');
	aws.ssm.addDocument('shell', 'Session', document(inputs, more));
	return aws;
}

/** Starts a session as `alice`. Gives its id. */
function start(aws: Aws, input: object = {}): string {
	const operation = aws.ssm.definition.operations['StartSession'];
	const output = operation?.({ Target: TARGET, DocumentName: 'shell', ...input } as never, { caller: 'alice' });
	return (output as { SessionId: string }).SessionId;
}

const list = (aws: Aws, State: 'Active' | 'History', ...Filters: object[]) =>
	aws.call('ssm', 'DescribeSessions', { State, ...(Filters.length > 0 ? { Filters } : {}) }).Sessions;

describe('a session', () => {
	it('is listed with who, where and why from its start to its end', async () => {
		const aws = withDocument({ maxSessionDuration: '30' });
		const id = start(aws, { Reason: 'INC-7' });
		await aws.advance(5);
		const active = list(aws, 'Active');
		aws.call('ssm', 'TerminateSession', { SessionId: id });

		expect(id).toMatch(/^alice-[0-9a-f]{17}$/);
		expect(active).toMatchObject([
			{
				SessionId: id,
				Target: TARGET,
				Status: 'Connected',
				Owner: 'arn:aws:iam::111122223333:user/alice',
				Reason: 'INC-7',
				DocumentName: 'shell',
				MaxSessionDuration: '30',
			},
		]);
		expect(list(aws, 'Active')).toEqual([]);
		expect(list(aws, 'History')).toMatchObject([{ SessionId: id, Status: 'Terminated', EndDate: expect.any(Date) }]);
	});

	it('ends by itself when it is idle or has had its time, or when its shell exits, and nothing tells', async () => {
		const aws = withDocument({ idleSessionTimeout: '5', maxSessionDuration: '12' });
		const [idle, busy, left] = [start(aws), start(aws), start(aws)];
		await aws.advance(10);
		aws.ssm.sessionManager.exit(left);
		for (let minute = 0; minute < 13; minute += 1) {
			if (minute < 12) aws.ssm.sessionManager.type(busy, 'uptime');
			await aws.advance(MINUTE);
		}

		const minutes = (id: string) => {
			const [{ StartDate, EndDate }] = list(aws, 'History', { key: 'SessionId', value: id });
			return Math.round((EndDate - StartDate) / 60_000);
		};
		expect([idle, busy, left].map(minutes)).toEqual([5, 12, 0]);
		expect(aws.events.filter(({ detailType }) => /session/i.test(detailType))).toEqual([]);
	});

	it('is resumed after its connection broke, and not once it has ended', async () => {
		const aws = withDocument();
		const id = start(aws);
		await aws.advance(5);
		aws.ssm.sessionManager.disconnect(id);
		const broken = list(aws, 'Active')[0].Status;
		const resumed = aws.call('ssm', 'ResumeSession', { SessionId: id });
		aws.call('ssm', 'TerminateSession', { SessionId: id });

		expect([broken, resumed.SessionId]).toEqual(['Disconnected', id]);
		expect(errorOf(() => aws.call('ssm', 'ResumeSession', { SessionId: id })).code).toBe('DoesNotExistException');
		expect(aws.call('ssm', 'TerminateSession', { SessionId: id })).toEqual({ SessionId: id });
	});

	it('needs a node that answers, and a Session document that takes its parameters', async () => {
		const aws = withDocument(
			{},
			{ sessionType: 'InteractiveCommands', parameters: { path: { type: 'String', allowedPattern: '/var/log/.+' } } },
		);
		const refused = (input: object) => errorOf(() => start(aws, input)).code;
		const Parameters = { path: ['/var/log/messages'] };
		const connection = (Target: string) => aws.call('ssm', 'GetConnectionStatus', { Target }).Status;

		expect(refused({ Target: nodeId(2), Parameters })).toBe('TargetNotConnected');
		expect(refused({ Target: nodeId(7), Parameters })).toBe('TargetNotConnected');
		expect(refused({})).toBe('InvalidDocument');
		await aws.advance(2);
		expect(refused({ Parameters: { path: ['/etc/shadow'] } })).toBe('InvalidDocument');
		expect(refused({ DocumentName: 'AWS-RunShellScript' })).toBe('InvalidDocument');
		expect(refused({ DocumentName: 'gone' })).toBe('InvalidDocument');
		await aws.advance(2);
		expect([connection(TARGET), connection(nodeId(2))]).toEqual(['connected', 'notconnected']);
		expect(start(aws, { Parameters })).toMatch(/^alice-/);
	});

	it('ends with its node, and is lost to a list that is behind', async () => {
		const aws = withDocument();
		aws.ssm.lag.listsMs = 5_000;
		start(aws);
		const early = list(aws, 'Active');
		await aws.advance(10);
		aws.ec2.terminate(TARGET);
		await aws.advance(2 * MINUTE);

		expect(early).toEqual([]);
		expect(list(aws, 'History')).toMatchObject([{ Status: 'Terminated' }]);
	});

	it('leaves its transcript where its document says', async () => {
		const aws = withDocument({ cloudWatchLogGroupName: '/fleetkeeper/sessions', cloudWatchStreamingEnabled: true });
		const id = start(aws);
		await aws.advance(5);
		aws.ssm.sessionManager.type(id, '$ uptime');
		aws.ssm.sessionManager.exit(id);

		expect(aws.ssm.sessionManager.logs()).toEqual([{ logGroup: '/fleetkeeper/sessions', logStream: id, lines: ['$ uptime'] }]);
	});

	it('leaves none where its node may not write it', async () => {
		const aws = withDocument({ cloudWatchLogGroupName: '/other' });
		const id = start(aws);
		await aws.advance(5);
		aws.ssm.sessionManager.exit(id);

		expect(aws.ssm.sessionManager.logs()).toEqual([]);
		expect(list(aws, 'History')).toMatchObject([{ SessionId: id, Status: 'Terminated' }]);
	});

	it.skipIf(!('PutObject' in smallAws().s3.definition.operations))('leaves it in a bucket, too', async () => {
		const aws = withDocument({ s3BucketName: 'transcripts', s3KeyPrefix: 'shells', s3EncryptionEnabled: true });
		const bucket = aws.s3.createBucket('transcripts') as unknown as { objects: ReadonlyMap<string, { bytes: Uint8Array }> };
		const id = start(aws);
		await aws.advance(5);
		aws.ssm.sessionManager.type(id, '$ uptime');
		aws.ssm.sessionManager.exit(id);
		await aws.advance(1);

		expect(Buffer.from(bucket.objects.get(`shells/${id}.log`)?.bytes ?? []).toString()).toBe('$ uptime\n');
	});

	it('fails where it is to be kept in an encrypted bucket that is not there', async () => {
		const aws = withDocument({ s3BucketName: 'gone', s3EncryptionEnabled: true });
		start(aws);
		await aws.advance(5);

		expect(list(aws, 'History', { key: 'Status', value: 'Failed' })).toMatchObject([{ Details: expect.stringContaining('encryption') }]);
	});
});

describe('a Session document', () => {
	it.each([
		[{ schemaVersion: '2.2' }, "schemaVersion '1.0'"],
		[{ sessionType: 'Shell' }, 'none of Standard_Stream'],
		[{ inputs: { idleSessionTimeout: 20 } }, 'idleSessionTimeout must be a string'],
		[{ inputs: { idleSessionTimeout: '90' } }, 'from 1 to 60'],
		[{ inputs: { s3EncryptionEnabled: 'yes' } }, 'must be true or false'],
		[{ inputs: { bucket: 'b' } }, 'unknown key bucket'],
		[{ inputs: { s3KeyPrefix: '{{ prefix }}' } }, '{{ prefix }} is not a parameter'],
	])('is refused with %j', (change, said) => {
		const { call } = smallAws();
		const Content = JSON.stringify({ ...document({}), ...change });
		const refused = errorOf(() => call('ssm', 'CreateDocument', { Name: 'shell', DocumentType: 'Session', Content }));

		expect(refused).toMatchObject({ code: 'InvalidDocumentContent', message: expect.stringContaining(said) });
	});
});
