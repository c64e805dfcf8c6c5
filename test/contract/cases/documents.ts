/** SSM documents. */

import { isDeepStrictEqual } from 'node:util';
import {
	CreateDocumentCommand,
	type CreateDocumentCommandInput,
	DeleteDocumentCommand,
	DescribeDocumentCommand,
	GetDocumentCommand,
	type GetDocumentCommandInput,
	ListDocumentsCommand,
	UpdateDocumentCommand,
	UpdateDocumentDefaultVersionCommand,
} from '@aws-sdk/client-ssm';
import { parse } from 'yaml';
import { type Case, refusal, type System, some } from '../system.ts';

function content(line: string) {
	return {
		schemaVersion: '2.2',
		description: 'Says a line.',
		parameters: { Line: { type: 'String', description: 'What to say.', default: line } },
		mainSteps: [{ name: 'say', action: 'aws:runShellScript', inputs: { runCommand: ['echo "{{ Line }}"'] } }],
	};
}

function create({ ssm }: System, Name: string, rest: Partial<CreateDocumentCommandInput> = {}) {
	const Content = JSON.stringify(content('one'));
	return ssm.send(new CreateDocumentCommand({ Name, DocumentType: 'Command', DocumentFormat: 'JSON', Content, ...rest }));
}

function update({ ssm }: System, Name: string, line: string) {
	return ssm.send(new UpdateDocumentCommand({ Name, Content: JSON.stringify(content(line)), DocumentVersion: '$LATEST' }));
}

/** The default value of the only parameter tells the versions apart. */
async function lineOf({ ssm }: System, input: GetDocumentCommandInput): Promise<[string | undefined, unknown]> {
	const { DocumentVersion, Content = '' } = await ssm.send(new GetDocumentCommand(input));
	return [DocumentVersion, (parse(Content) as ReturnType<typeof content>).parameters.Line.default];
}

export const DOCUMENT_CASES: readonly Case[] = [
	{
		name: 'documents: a new one is described as it was made',
		async act(system) {
			await create(system, 'contract-new');
			const { Document } = await system.ssm.send(new DescribeDocumentCommand({ Name: 'contract-new' }));
			return some(
				Document,
				'Name',
				'Owner',
				'DocumentType',
				'DocumentFormat',
				'DocumentVersion',
				'DefaultVersion',
				'LatestVersion',
				'SchemaVersion',
				'Status',
				'HashType',
				'Description',
				'Parameters',
			);
		},
		gives: {
			Name: 'contract-new',
			Owner: '111122223333',
			DocumentType: 'Command',
			DocumentFormat: 'JSON',
			DocumentVersion: '1',
			DefaultVersion: '1',
			LatestVersion: '1',
			SchemaVersion: '2.2',
			Status: 'Active',
			HashType: 'Sha256',
			Description: 'Says a line.',
			Parameters: [{ Name: 'Line', Type: 'String', Description: 'What to say.', DefaultValue: 'one' }],
		},
	},
	{
		name: 'documents: a name is taken once',
		async act(system) {
			await create(system, 'contract-taken');
			return refusal(create(system, 'contract-taken'));
		},
		gives: { refused: 'DocumentAlreadyExists', status: 400 },
	},
	{
		name: 'documents: an update is the latest version, and not yet the default one',
		async act(system) {
			const Name = 'contract-update';
			await create(system, Name);
			await update(system, Name, 'two');
			return [
				await lineOf(system, { Name }),
				await lineOf(system, { Name, DocumentVersion: '$LATEST' }),
				await lineOf(system, { Name, DocumentVersion: '2' }),
				await lineOf(system, { Name, DocumentVersion: '1' }),
			];
		},
		gives: [
			['1', 'one'],
			['2', 'two'],
			['2', 'two'],
			['1', 'one'],
		],
	},
	{
		name: 'documents: the default version is chosen',
		async act(system) {
			const Name = 'contract-default';
			await create(system, Name);
			await update(system, Name, 'two');
			await system.ssm.send(new UpdateDocumentDefaultVersionCommand({ Name, DocumentVersion: '2' }));
			const { Document } = await system.ssm.send(new DescribeDocumentCommand({ Name }));
			return [await lineOf(system, { Name }), some(Document, 'DocumentVersion', 'DefaultVersion', 'LatestVersion')];
		},
		gives: [['2', 'two'], { DocumentVersion: '2', DefaultVersion: '2', LatestVersion: '2' }],
	},
	{
		name: 'documents: the same content is no new version',
		async act(system) {
			await create(system, 'contract-same');
			return refusal(update(system, 'contract-same', 'one'));
		},
		gives: { refused: 'DuplicateDocumentContent', status: 400 },
	},
	{
		name: 'documents: JSON is given as YAML where that is asked for',
		async act(system) {
			const Name = 'contract-yaml';
			await create(system, Name);
			const { Content = '', DocumentFormat } = await system.ssm.send(new GetDocumentCommand({ Name, DocumentFormat: 'YAML' }));
			return { DocumentFormat, isJson: Content.startsWith('{'), same: isDeepStrictEqual(parse(Content), content('one')) };
		},
		gives: { DocumentFormat: 'YAML', isJson: false, same: true },
	},
	{
		name: 'documents: one that is not there is invalid to describe, get, update and delete',
		async act(system) {
			const Name = 'contract-nothing';
			return [
				await refusal(system.ssm.send(new DescribeDocumentCommand({ Name }))),
				await refusal(system.ssm.send(new GetDocumentCommand({ Name }))),
				await refusal(update(system, Name, 'two')),
				await refusal(system.ssm.send(new DeleteDocumentCommand({ Name }))),
			];
		},
		gives: Array(4).fill({ refused: 'InvalidDocument', status: 400 }),
	},
	{
		name: 'documents: a version that is not there is invalid',
		async act(system) {
			await create(system, 'contract-versions');
			return refusal(system.ssm.send(new GetDocumentCommand({ Name: 'contract-versions', DocumentVersion: '7' })));
		},
		gives: { refused: 'InvalidDocumentVersion', status: 400 },
	},
	{
		name: 'documents: content that is not JSON is invalid',
		act: (system) => refusal(create(system, 'contract-broken', { Content: '{"schemaVersion": ' })),
		gives: { refused: 'InvalidDocumentContent', status: 400 },
	},
	{
		name: 'documents: a deleted one is gone',
		async act(system) {
			const Name = 'contract-deleted';
			await create(system, Name);
			await system.ssm.send(new DeleteDocumentCommand({ Name }));
			return refusal(system.ssm.send(new GetDocumentCommand({ Name })));
		},
		gives: { refused: 'InvalidDocument', status: 400 },
	},
	{
		name: "documents: one's own are listed, by name",
		async act(system) {
			await create(system, 'contract-listed-a');
			await create(system, 'contract-listed-b');
			const Filters = [
				{ Key: 'Owner', Values: ['Self'] },
				{ Key: 'Name', Values: ['contract-listed-a'] },
			];
			const { DocumentIdentifiers = [] } = await system.ssm.send(new ListDocumentsCommand({ Filters }));
			return DocumentIdentifiers.map((found) => some(found, 'Name', 'DocumentType', 'DocumentVersion'));
		},
		gives: [{ Name: 'contract-listed-a', DocumentType: 'Command', DocumentVersion: '1' }],
	},
];
