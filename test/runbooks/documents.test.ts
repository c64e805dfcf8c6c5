import { describe, expect, it } from 'vitest';
import { type Document, deployedDocuments } from './documents.ts';

const documents = [...deployedDocuments()];

/** What a step of these actions takes; a step with another key would be refused, or silently ignored, by Systems Manager. */
const INPUTS: Readonly<Record<string, readonly string[]>> = {
	'aws:runShellScript': ['runCommand', 'timeoutSeconds', 'workingDirectory'],
	'aws:runPowerShellScript': ['runCommand', 'timeoutSeconds', 'workingDirectory'],
	'aws:runCommand': [
		...['DocumentName', 'InstanceIds', 'Parameters', 'TimeoutSeconds', 'Comment', 'CloudWatchOutputConfig'],
		...['OutputS3BucketName', 'OutputS3KeyPrefix', 'MaxConcurrency', 'MaxErrors', 'Targets'],
	],
};
const ACTIONS_BY_SCHEMA: Readonly<Record<string, readonly string[]>> = {
	'2.2': ['aws:runShellScript', 'aws:runPowerShellScript'],
	'0.3': ['aws:runCommand'],
};

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
			expect(INPUTS[step.action]).toEqual(expect.arrayContaining(Object.keys(step.inputs)));
		}
	});

	it('uses what it declares and declares what it uses', () => {
		expect([...usedParameters(document)].sort()).toEqual(Object.keys(content.parameters).sort());
	});

	it('lets no value reach a shell that a shell could take for more than a word', () => {
		for (const [name, { allowedPattern }] of Object.entries(content.parameters)) {
			expect(allowedPattern, name).toMatch(/^\^.*\$$/);
			const pattern = new RegExp(String(allowedPattern));
			expect(HOSTILE.filter((value) => pattern.test(value), name)).toEqual([]);
		}
	});

	it('has defaults that its own patterns allow', () => {
		for (const [name, parameter] of Object.entries(content.parameters)) {
			if (parameter.default !== undefined) {
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
