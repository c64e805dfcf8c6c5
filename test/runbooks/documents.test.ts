import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as ec2 from '@aws-sdk/client-ec2';
import * as iam from '@aws-sdk/client-iam';
import * as tagging from '@aws-sdk/client-resource-groups-tagging-api';
import * as ssm from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { NormalizedSchema, operationSchema } from '../../local/aws/schema.ts';
import { type Document, deployedDocuments, type Parameter, type Step } from './documents.ts';

const documents = [...deployedDocuments()];

/** What a step of these actions takes; a step with another key would be refused, or silently ignored, by Systems Manager. */
const INPUTS: Readonly<Record<string, readonly string[]>> = {
	'aws:runShellScript': ['runCommand', 'timeoutSeconds', 'workingDirectory'],
	'aws:runPowerShellScript': ['runCommand', 'timeoutSeconds', 'workingDirectory'],
	'aws:runCommand': [
		...['DocumentName', 'InstanceIds', 'Parameters', 'TimeoutSeconds', 'Comment', 'CloudWatchOutputConfig'],
		...['OutputS3BucketName', 'OutputS3KeyPrefix', 'MaxConcurrency', 'MaxErrors', 'Targets'],
	],
	'aws:branch': ['Choices', 'Default'],
	'aws:sleep': ['Duration', 'Timestamp'],
	// And those of the API that they call.
	'aws:executeAwsApi': ['Service', 'Api'],
	'aws:assertAwsResourceProperty': ['Service', 'Api', 'PropertySelector', 'DesiredValues'],
	'aws:waitForAwsResourceProperty': ['Service', 'Api', 'PropertySelector', 'DesiredValues'],
};
const ACTIONS_BY_SCHEMA: Readonly<Record<string, readonly string[]>> = {
	'2.2': ['aws:runShellScript', 'aws:runPowerShellScript'],
	'0.3': Object.keys(INPUTS).filter((action) => !/Script$/.test(action)),
};

const CLIENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
	autoscaling: autoScaling,
	ec2,
	iam,
	resourcegroupstaggingapi: tagging,
	ssm,
};
/** The client of S3 is no dependency: what its operations take, from its API reference. */
const S3_INPUTS: Readonly<Record<string, readonly string[]>> = {
	GetBucketEncryption: ['Bucket'],
	GetPublicAccessBlock: ['Bucket'],
	PutBucketEncryption: ['Bucket', 'ServerSideEncryptionConfiguration'],
	PutPublicAccessBlock: ['Bucket', 'PublicAccessBlockConfiguration'],
};

/** What the API that a step calls takes; nothing for a step that calls none. */
function apiInputs({ inputs }: Step): readonly string[] {
	const { Service: service, Api: api } = inputs as { Service?: string; Api?: string };
	if (service === undefined || api === undefined) return [];
	if (service === 's3') return S3_INPUTS[api] ?? [];
	const operation = operationSchema(CLIENTS[service] ?? {}, api);
	if (!operation) throw new Error(`${service} has no operation ${api}.`);
	return [...NormalizedSchema.of(operation.input).structIterator()].map(([name]) => name);
}

/** Types whose values a pattern says nothing about: Systems Manager checks them by themselves. */
const isOpen = ({ type }: Parameter): boolean => type === 'Boolean' || type === 'StringMap';

/** Systems Manager's limit of a document's size. */
const MAX_DOCUMENT_BYTES = 64 * 1024;

/** `{{ Name }}` as Systems Manager reads it; `{{ automation:... }}` and `{{ step.Output }}` are not parameters. */
const usedParameters = ({ content }: Document): Set<string> => {
	const text = JSON.stringify([content.assumeRole, content.mainSteps]);
	return new Set([...text.matchAll(/\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g)].map(([, name]) => String(name)));
};

const HOSTILE = ['a;b', 'a b', 'a&b', 'a|b', '$(a)', '`a`', "a'b", 'a"b', 'a\nb', 'a>b', 'a<b', 'a\\b', '../a', '-a', '{{a}}', ''];

describe.each(documents)('the document %s', (_name, document) => {
	const { content } = document;

	it('has a schema version that fits its type', () => {
		expect(content.schemaVersion).toBe(document.type === 'Command' ? '2.2' : '0.3');
		expect(content.description).not.toBe('');
	});

	it('gets a new version when it changes, instead of being replaced', () => {
		expect(document.updateMethod).toBe('NewVersion');
	});

	it('is no larger than Systems Manager takes', () => {
		expect(Buffer.byteLength(JSON.stringify(content))).toBeLessThan(MAX_DOCUMENT_BYTES);
	});

	it('names every step once, with an action of its schema and inputs that the action has', () => {
		const names = content.mainSteps.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		for (const step of content.mainSteps) {
			expect(step.name).toMatch(/^[A-Za-z0-9_]{3,128}$/);
			expect(ACTIONS_BY_SCHEMA[content.schemaVersion]).toContain(step.action);
			expect([...(INPUTS[step.action] ?? []), ...apiInputs(step)]).toEqual(expect.arrayContaining(Object.keys(step.inputs)));
		}
	});

	it('uses what it declares and declares what it uses', () => {
		expect([...usedParameters(document)].sort()).toEqual(Object.keys(content.parameters).sort());
	});

	it('lets no value reach a shell that a shell could take for more than a word', () => {
		const parameters = Object.entries(content.parameters).filter(([, parameter]) => document.type === 'Command' || !isOpen(parameter));
		for (const [name, { allowedPattern }] of parameters) {
			expect(allowedPattern, name).toMatch(/^\^.*\$$/);
			const pattern = new RegExp(String(allowedPattern));
			expect(HOSTILE.filter((value) => pattern.test(value), name)).toEqual([]);
		}
	});

	it('has defaults that its own patterns allow', () => {
		for (const [name, parameter] of Object.entries(content.parameters)) {
			if (parameter.default !== undefined && !isOpen(parameter)) {
				expect(parameter.default, name).toMatch(new RegExp(String(parameter.allowedPattern)));
			}
		}
	});

	it('puts every value it hands to a script between single quotes', () => {
		const scripts = content.mainSteps.flatMap(({ inputs }) => (inputs['runCommand'] ?? []) as string[]);
		const unquoted = scripts.flatMap((script) => script.split('\n')).filter((line) => /\{\{/.test(line.replace(/'\{\{ \w+ \}\}'/g, '')));
		expect(unquoted).toEqual([]);
	});
});

describe('Command documents', () => {
	const commands = documents.filter(([, { type }]) => type === 'Command');

	it.each(commands)('%s runs on Linux and on Windows, one step each', (_name, { content }) => {
		const platforms = content.mainSteps.map(({ action, precondition }) => [action, precondition?.['StringEquals']]);
		expect(platforms).toEqual([
			['aws:runShellScript', ['platformType', 'Linux']],
			['aws:runPowerShellScript', ['platformType', 'Windows']],
		]);
	});

	it.each(commands)('%s does its work once per WorkId, on either platform', (_name, { content }) => {
		for (const { inputs } of content.mainSteps) {
			expect((inputs['runCommand'] as string[]).join('\n')).toContain('has already run on this node');
		}
	});
});

describe('Automation runbooks', () => {
	const runbooks = documents.filter(([, { type }]) => type === 'Automation');
	const targets = (step: Step): string[] =>
		[
			...[step.nextStep, step.onFailure?.startsWith('step:') ? step.onFailure.slice('step:'.length) : undefined],
			...((step.inputs['Choices'] as { NextStep: string }[] | undefined) ?? []).map(({ NextStep }) => NextStep),
			...[step.inputs['Default'] as string | undefined],
		].filter((target) => target !== undefined);

	it.each(runbooks)('%s works with the role of the stack, unless another is given', (_name, { content }) => {
		expect(content.assumeRole).toBe('{{ AutomationAssumeRole }}');
		expect(content.parameters['AutomationAssumeRole']?.default).toBe(
			'arn:aws:iam::111122223333:role/fleetkeeper-local-automation-eu-west-1',
		);
	});

	it.each(runbooks)('%s goes on to later steps alone, since Systems Manager takes no circles', (_name, { content }) => {
		const names = content.mainSteps.map(({ name }) => name);
		for (const [index, step] of content.mainSteps.entries()) {
			expect(names.slice(index + 1)).toEqual(expect.arrayContaining(targets(step)));
		}
	});

	// `isEnd` ends an execution whether its step succeeded or failed, and a failure that is handled still counts unless it is said not to.
	it.each(runbooks)('%s says what a step that may fail means for the whole', (_name, { content }) => {
		const handled = content.mainSteps.filter(({ onFailure }) => onFailure?.startsWith('step:'));
		expect(handled.filter(({ isEnd, isCritical }) => isEnd === true || isCritical === undefined)).toEqual([]);
	});

	it.each(runbooks)('%s waits for nothing without a limit of its own', (_name, { content }) => {
		const waits = content.mainSteps.filter(({ action }) => /^aws:(wait|runCommand)/.test(action));
		expect(waits.filter(({ timeoutSeconds }) => timeoutSeconds === undefined)).toEqual([]);
	});
});

describe('collect-and-drain', () => {
	const { content } = deployedDocuments().get('collect-and-drain') as Document;

	it('sends commands with our own documents, by the names they are deployed under', () => {
		const deployed = documents.map(([, { name }]) => name);
		const sent = content.mainSteps.map(({ inputs }) => inputs['DocumentName']);
		expect(sent).toEqual(['fleetkeeper-local-collect-logs', 'fleetkeeper-local-drain-node']);
		expect(deployed).toEqual(expect.arrayContaining(sent));
	});

	it('gives each of them parameters that it declares, and all that it cannot do without', () => {
		for (const { inputs } of content.mainSteps) {
			const target = documents.find(([, { name }]) => name === inputs['DocumentName'])?.[1].content.parameters ?? {};
			const given = Object.keys(inputs['Parameters'] as object);
			const required = Object.entries(target).filter(([, parameter]) => parameter.default === undefined);
			expect(Object.keys(target)).toEqual(expect.arrayContaining(given));
			expect(given).toEqual(expect.arrayContaining(required.map(([name]) => name)));
		}
	});
});
