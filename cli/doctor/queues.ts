/** Queues: there, encrypted, on the way to their dead letters, read; and nothing given up. */

import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { SERVICE } from '../../shared/settings.ts';
import { PUBLISHING } from '../redrive/queues.ts';
import { functionNames } from '../support/deployed.ts';
import { type Check, type Finding, named, ok, plural, type Site, toDo } from './check.ts';

/** More than a burst of events leaves standing for longer than a function takes for it. */
const BACKLOG = 1_000;

type Attributes = Readonly<Record<string, string | undefined>>;

export const queues: Check = {
	name: 'queues',
	async look(site) {
		const names = functionNames.map((name) => `${SERVICE}-${site.stage}-${name}`);
		const read = await Promise.all(names.map(async (name) => [name, await attributesOf(site, name)] as const));
		const missing = read.filter(([, attributes]) => attributes === undefined).map(([name]) => name);
		const there = read.flatMap(([name, attributes]) => (attributes ? [{ name, attributes }] : []));
		const loose = there.filter(({ name, attributes }) => !attributes['RedrivePolicy']?.includes(`:${name}-dead-letters"`));
		const open = there.filter(({ attributes }) => !isEncrypted(attributes));
		const deploy = `npx sls deploy --stage ${site.stage}`;
		const findings = [
			...listed(missing, 'these queues are not there', deploy),
			...listed(namesOf(loose), 'what these queues give up is lost: they lead to no dead letters of theirs', deploy),
			...listed(namesOf(open), 'these queues are not encrypted', deploy),
			...there.filter(({ attributes }) => waiting(attributes) > BACKLOG).map(({ name, attributes }) => backlog(name, attributes)),
		];
		return findings.length > 0 ? findings : [ok(`${plural(there.length, 'queue')}, encrypted, none with a backlog`)];
	},
};

export const deadLetters: Check = {
	name: 'dead letters',
	async look(site) {
		const names = [...functionNames, PUBLISHING].map((of) => `${SERVICE}-${site.stage}-${of}-dead-letters`);
		const read = await Promise.all(names.map(async (name) => [name, await attributesOf(site, name)] as const));
		const missing = read.filter(([, attributes]) => attributes === undefined).map(([name]) => name);
		const full = read.filter(([, attributes]) => attributes !== undefined && waiting(attributes) > 0);
		const findings = [
			...listed(missing, 'these queues are not there, and what they were for is lost', `npx sls deploy --stage ${site.stage}`),
			...full.map(([name, attributes]) =>
				toDo(
					`${plural(waiting(attributes ?? {}), 'message')} in ${name}`,
					`fleet -- redrive --stage ${site.stage} shows why, and puts it back`,
				),
			),
		];
		return findings.length > 0 ? findings : [ok('nothing was given up')];
	},
};

async function attributesOf({ aws: { sqs } }: Site, QueueName: string): Promise<Attributes | undefined> {
	try {
		const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
		return (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {};
	} catch (error) {
		if (/QueueDoesNotExist|NonExistentQueue/.test((error as Error).name)) return undefined;
		throw error;
	}
}

function isEncrypted({ SqsManagedSseEnabled, KmsMasterKeyId }: Attributes): boolean {
	return SqsManagedSseEnabled === 'true' || KmsMasterKeyId !== undefined;
}

const waiting = ({ ApproximateNumberOfMessages = '0' }: Attributes) => Number(ApproximateNumberOfMessages);

function backlog(name: string, attributes: Attributes): Finding {
	return toDo(
		`${plural(waiting(attributes), 'message')} wait in ${name}`,
		'is its function throttled, or failing? Its log and metrics say it',
	);
}

const namesOf = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name);

function listed(names: readonly string[], what: string, remedy: string): Finding[] {
	return names.length === 0 ? [] : [toDo(`${what}: ${named(names)}`, remedy)];
}
