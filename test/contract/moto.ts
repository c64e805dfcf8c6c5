/** The contract's system on moto_server, where that program is installed. */

import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { CreateLaunchTemplateCommand } from '@aws-sdk/client-ec2';
import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { clientsOf, DEAD_LETTERS, LAUNCH_TEMPLATE, PROFILES, pause, prepare, QUEUES, RULE, type System } from './system.ts';

const PROGRAM = 'moto_server';
const REGION = 'eu-west-1';
/** moto's own, whatever the credentials. */
const ACCOUNT = '123456789012';
const READY_WITHIN_MS = 30_000;

/** Whether moto_server is on the PATH. */
export async function isMotoInstalled(): Promise<boolean> {
	const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
	const found = folders.map((folder) =>
		access(join(folder, PROGRAM), constants.X_OK).then(
			() => true,
			() => false,
		),
	);
	return (await Promise.all(found)).includes(true);
}

export interface Moto {
	readonly url: string;
	readonly account: string;
	readonly region: string;
	/** What it has written so far. */
	written(): string;
	close(): Promise<void>;
}

/** Starts moto_server on a free port of 127.0.0.1. @throws Error with what it wrote, where it does not start. */
export async function startMoto(): Promise<Moto> {
	const port = await freePort();
	const server = spawn(PROGRAM, ['-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
	const written: string[] = [];
	server.stderr.on('data', (text: Buffer) => written.push(text.toString()));
	const ended = new Promise<void>((resolve) => {
		server.once('error', (error) => {
			written.push(error.message);
			resolve();
		});
		server.once('exit', () => resolve());
	});
	const close = async () => {
		server.kill();
		await ended;
	};
	try {
		const url = `http://127.0.0.1:${port}`;
		await answering(url, () => server.exitCode === null);
		return { url, account: ACCOUNT, region: REGION, written: () => written.join(''), close };
	} catch (cause) {
		await close();
		throw unusable(written.join(''), cause);
	}
}

/** The contract's system on a moto_server of its own. @throws Error with what it wrote, where it cannot be used. */
export async function motoSystem(): Promise<System> {
	const { url, written, close } = await startMoto();
	try {
		const system = systemOf(url, close);
		await prepareMoto(system);
		await prepare(system);
		return system;
	} catch (cause) {
		await close();
		throw unusable(written(), cause);
	}
}

const unusable = (written: string, cause: unknown) => new Error(`${PROGRAM} cannot be used: ${written.slice(-2_000)}`, { cause });

function systemOf(endpoint: string, close: () => Promise<void>): System {
	const options = { endpoint, region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
	return {
		account: ACCOUNT,
		region: REGION,
		...clientsOf(options),
		async post(service, form) {
			// moto looks for the service in the scope of a signature, and does not check it.
			const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
			const response = await fetch(endpoint, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) });
			return { status: response.status, body: await response.text() };
		},
		run: (what) => what(),
		close,
	};
}

/** What the local AWS has from its template, or needs not. */
async function prepareMoto({ ec2, sqs, events, post }: System): Promise<void> {
	const LaunchTemplateData = { ImageId: 'ami-12c6146b', InstanceType: 't3.medium' } as const;
	await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: LAUNCH_TEMPLATE, LaunchTemplateData }));
	const arnOf = (queue: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${queue}`;
	for (const { name, visibilitySeconds, maxReceiveCount } of QUEUES) {
		const Attributes = {
			...(visibilitySeconds === undefined ? {} : { VisibilityTimeout: String(visibilitySeconds) }),
			...(maxReceiveCount === undefined
				? {}
				: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(DEAD_LETTERS), maxReceiveCount }) }),
		};
		await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
	}
	for (const name of PROFILES) await post('iam', { Action: 'CreateInstanceProfile', Version: '2010-05-08', InstanceProfileName: name });
	await events.send(new PutRuleCommand({ Name: RULE.name, EventPattern: JSON.stringify(RULE.pattern) }));
	await events.send(new PutTargetsCommand({ Rule: RULE.name, Targets: [{ Id: 'queue', Arn: arnOf(RULE.queue) }] }));
}

function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('No port is free.'))));
		});
	});
}

async function answering(url: string, isAlive: () => boolean): Promise<void> {
	const end = Date.now() + READY_WITHIN_MS;
	for (;;) {
		const isUp = await fetch(`${url}/moto-api/`).then(
			(response) => response.ok,
			() => false,
		);
		if (isUp) return;
		if (!isAlive()) throw new Error('it ended.');
		if (Date.now() > end) throw new Error(`no answer within ${READY_WITHIN_MS / 1000} seconds.`);
		await pause(100);
	}
}
