import { DescribeSessionsCommand, SSMClient, StartSessionCommand, TerminateSessionCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { inProcess } from '../../local/aws/http.ts';
import type { Statement } from '../../local/aws/iam/policy.ts';
import { readTemplate } from '../../local/template.ts';
import { createWorld, type World } from '../../local/world.ts';
import { RAW_TEMPLATE, STARTED_AT } from './fixture.ts';
import { nodeId, webFleet } from './support/small-aws.ts';

const NODES = 'arn:aws:ec2:eu-west-1:111122223333:instance/*';
const DOCUMENT = 'arn:aws:ssm:eu-west-1:111122223333:document';

/** What lets an operator open shells of one document, and end what is his. */
const CHECKED: readonly Statement[] = [
	{
		Effect: 'Allow',
		Action: 'ssm:StartSession',
		Resource: [NODES, `${DOCUMENT}/shell`],
		Condition: { BoolIfExists: { 'ssm:SessionDocumentAccessCheck': 'true' } },
	},
	{
		Effect: 'Allow',
		Action: ['ssm:TerminateSession', 'ssm:ResumeSession'],
		Resource: 'arn:aws:ssm:*:*:session/*',
		Condition: { StringLike: { 'ssm:resourceTag/aws:ssmmessages:session-id': ['${aws:userid}'] } },
	},
	{ Effect: 'Allow', Action: 'ssm:DescribeSessions', Resource: '*' },
];
const UNCHECKED: readonly Statement[] = [{ Effect: 'Allow', Action: 'ssm:StartSession', Resource: NODES }];

const policy = (name: string, statements: readonly Statement[]) => ({
	Type: 'AWS::IAM::ManagedPolicy',
	Properties: { ManagedPolicyName: name, PolicyDocument: { Version: '2012-10-17', Statement: statements } },
});

async function worldOf(trails: readonly { name: string }[] = []): Promise<World> {
	const world = await createWorld({
		seed: 1,
		time: 'simulated',
		startAt: STARTED_AT,
		template: readTemplate({
			...RAW_TEMPLATE,
			Resources: { ...RAW_TEMPLATE.Resources, Checked: policy('checked', CHECKED), Unchecked: policy('unchecked', UNCHECKED), ...RULE },
		}),
		handlers: { 'fleetkeeper-local-opener': () => async () => undefined, 'fleetkeeper-local-ticker': () => async () => undefined },
		fleet: {
			...webFleet(2),
			trails,
			operators: [
				{ name: 'alice', policies: ['checked'] },
				{ name: 'bob', policies: ['checked'] },
				{ name: 'carol', policies: ['unchecked'] },
			],
		},
	});
	const content = { schemaVersion: '1.0', sessionType: 'Standard_Stream', inputs: {} };
	world.services.ssm.addDocument('shell', 'Session', content);
	return world;
}

/** Keeps what a trail brings to EventBridge. */
const RULE = {
	Calls: {
		Type: 'AWS::Events::Rule',
		Properties: {
			State: 'ENABLED',
			EventPattern: { source: ['aws.ssm'], 'detail-type': ['AWS API Call via CloudTrail'], detail: { eventName: [{ suffix: 'Session' }] } },
			Targets: [{ Id: 'log', Arn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:audit' }],
		},
	},
};

function clientOf(world: World, caller: string): SSMClient {
	return new SSMClient({
		region: 'eu-west-1',
		credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
		requestHandler: inProcess(world.wire, { caller }),
	});
}

/** How a call goes: `ok`, or the name of its error. */
async function outcome(world: World, call: () => Promise<unknown>): Promise<string> {
	return world.run(() =>
		call().then(
			() => 'ok',
			(error: Error) => error.name,
		),
	);
}

const start = (world: World, caller: string, input: object = {}) =>
	outcome(world, () => clientOf(world, caller).send(new StartSessionCommand({ Target: nodeId(1), ...input })));

describe('who may open a shell', () => {
	it('is decided with the document where the policy asks for it, also for the default one', async () => {
		const world = await worldOf();
		const named = { DocumentName: 'shell' };
		const outcomes: Record<string, string> = {};
		for (const caller of ['alice', 'carol', 'root']) {
			outcomes[caller] = `${await start(world, caller)}, ${await start(world, caller, named)}`;
			await world.runFor(2_000);
		}
		world.close();

		expect(outcomes).toEqual({
			alice: 'AccessDeniedException, ok',
			carol: 'ok, AccessDeniedException',
			root: 'ok, ok',
		});
	});

	it('ends his own sessions and no others', async () => {
		const world = await worldOf();
		const { SessionId } = await world.run(() =>
			clientOf(world, 'alice').send(new StartSessionCommand({ Target: nodeId(1), DocumentName: 'shell' })),
		);
		await world.runFor(5_000);
		const end = (caller: string) => outcome(world, () => clientOf(world, caller).send(new TerminateSessionCommand({ SessionId })));
		const { Sessions } = await world.run(() => clientOf(world, 'bob').send(new DescribeSessionsCommand({ State: 'Active' })));

		expect(Sessions).toMatchObject([{ Owner: 'arn:aws:sts::111122223333:assumed-role/operator-alice/alice' }]);
		expect([await end('bob'), await end('alice')]).toEqual(['AccessDeniedException', 'ok']);
		world.close();
	});
});

describe('what a trail brings to EventBridge of sessions', () => {
	it('says who started and ended them, and what was refused; without a trail nothing comes', async () => {
		const seen = async (trails: readonly { name: string }[]) => {
			const world = await worldOf(trails);
			await start(world, 'alice', { DocumentName: 'shell', Reason: 'INC-7' });
			await start(world, 'alice');
			await world.runFor(60_000);
			world.close();
			return world.otherDeliveries.map(({ input }) => JSON.parse(input) as { detail: { errorCode?: string } });
		};

		expect(await seen([])).toEqual([]);
		const events = await seen([{ name: 'audit' }]);
		const started = events.find(({ detail }) => detail.errorCode === undefined);
		const refused = events.find(({ detail }) => detail.errorCode !== undefined);
		expect(started).toMatchObject({
			source: 'aws.ssm',
			'detail-type': 'AWS API Call via CloudTrail',
			detail: {
				eventSource: 'ssm.amazonaws.com',
				eventName: 'StartSession',
				userIdentity: { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/operator-alice/alice' },
				requestParameters: { target: nodeId(1), documentName: 'shell', reason: 'INC-7' },
				responseElements: { sessionId: expect.stringMatching(/^alice-/), tokenValue: 'Value hidden due to security reasons.' },
				readOnly: false,
			},
		});
		expect(refused).toMatchObject({ detail: { eventName: 'StartSession', errorCode: 'AccessDeniedException', responseElements: null } });
	});
});
