import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { HttpResponse } from '@smithy/core/protocols';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Aws, createAws } from '../../../shared/aws/clients.ts';
import { requestIdOf } from '../../../shared/errors.ts';

/** Answers every request, and keeps the host it was for. */
function listening() {
	const hosts: string[] = [];
	const requestHandler = {
		handle: async ({ hostname, port }: { hostname: string; port?: number }) => {
			hosts.push(port === undefined ? hostname : `${hostname}:${port}`);
			return { response: new HttpResponse({ statusCode: 200, headers: {}, body: Buffer.from('{}') }) };
		},
	};
	return { hosts, requestHandler: requestHandler as never };
}

const QUEUE = 'https://sqs.eu-west-1.amazonaws.com/111122223333/fleetkeeper-local-instance-lifecycle-dead-letters';

async function hostOfSend(): Promise<string | undefined> {
	const { hosts, requestHandler } = listening();
	const { sqs } = createAws({ region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, requestHandler });
	// The empty answer lacks the checksum that the client looks for; where it was sent is what counts.
	await sqs.send(new SendMessageCommand({ QueueUrl: QUEUE, MessageBody: '{}' })).catch(() => undefined);
	return hosts[0];
}

afterEach(() => {
	vi.unstubAllEnvs();
	vi.restoreAllMocks();
});

describe('a message to a queue', () => {
	it('goes to the endpoint of the environment, whatever host the URL of the queue names', async () => {
		vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:4566');
		expect(await hostOfSend()).toBe('127.0.0.1:4566');
	});

	it('goes to SQS of the Region where there is none', async () => {
		vi.stubEnv('AWS_ENDPOINT_URL', undefined);
		expect(await hostOfSend()).toBe('sqs.eu-west-1.amazonaws.com');
	});
});

/** Gives one answer to every request. */
function answering(statusCode: number, error: string) {
	const headers = { 'content-type': 'application/x-amz-json-1.1' };
	const body = () => Buffer.from(JSON.stringify({ __type: error, message: error }));
	const requestHandler = { handle: async () => ({ response: new HttpResponse({ statusCode, headers, body: body() }) }) };
	return { region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, requestHandler: requestHandler as never };
}

describe('an answer', () => {
	it.each([[200], [400]])('says of which call it is (%i)', async (statusCode) => {
		const requestHandler = {
			handle: async () => ({
				response: new HttpResponse({ statusCode, headers: { 'x-amzn-requestid': 'request-1' }, body: Buffer.from('{}') }),
			}),
		} as never;
		const { ssm } = createAws({ region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, requestHandler });
		const answer = await ssm.send(new GetParameterCommand({ Name: 'x' })).catch((error: unknown) => error);
		expect(requestIdOf(answer)).toBe('request-1 SSM GetParameter');
	});
});

describe('a call that AWS throttles', () => {
	/** The services that were told of, when `call` is made of clients whose every request is answered so. */
	async function toldOf(statusCode: number, error: string, call: (aws: Aws) => Promise<unknown>): Promise<string[]> {
		vi.spyOn(Math, 'random').mockReturnValue(0);
		const told: string[] = [];
		await call(createAws(answering(statusCode, error), undefined, (service) => told.push(service))).catch(() => undefined);
		return told;
	}
	const parameter = (ssm: SSMClient) => ssm.send(new GetParameterCommand({ Name: 'any' }));

	it('is told of with its service, once for each attempt', async () => {
		expect(await toldOf(400, 'ThrottlingException', ({ ssmOnce }) => parameter(ssmOnce))).toEqual(['SSM']);
		expect(await toldOf(400, 'ThrottlingException', ({ ssm }) => parameter(ssm))).toEqual(['SSM', 'SSM', 'SSM']);
		expect(await toldOf(400, 'ThrottlingException', ({ client }) => parameter(client(SSMClient)))).toHaveLength(3);
	});

	it('is not one that it refuses for another reason', async () => {
		expect(await toldOf(400, 'ParameterNotFound', ({ ssm }) => parameter(ssm))).toEqual([]);
	});
});

describe('the clients', () => {
	it('do without the log of the SDK, which goes through all that is sent and received', () => {
		const { client, ...clients } = createAws({ region: 'eu-west-1' });
		const logging = [...Object.values(clients), client(SSMClient)].filter(({ middlewareStack }) =>
			middlewareStack.identify().some((name) => name.startsWith('loggerMiddleware')),
		);

		expect(logging).toEqual([]);
		expect(new SSMClient({ region: 'eu-west-1' }).middlewareStack.identify().join()).toContain('loggerMiddleware');
	});
});
