/** The operations on SSM documents. */

import type {
	CreateDocumentCommandInput,
	CreateDocumentCommandOutput,
	DeleteDocumentCommandInput,
	DescribeDocumentCommandInput,
	DescribeDocumentCommandOutput,
	DocumentDescription,
	DocumentFormat,
	DocumentKeyValuesFilter,
	DocumentParameterType,
	DocumentType,
	GetDocumentCommandInput,
	GetDocumentCommandOutput,
	ListDocumentsCommandInput,
	ListDocumentsCommandOutput,
	UpdateDocumentCommandInput,
	UpdateDocumentCommandOutput,
	UpdateDocumentDefaultVersionCommandInput,
	UpdateDocumentDefaultVersionCommandOutput,
} from '@aws-sdk/client-ssm';
import { stringify } from 'yaml';
import { nextToken, page } from '../paging.ts';
import { AwsError, type Output } from '../types.ts';
import { platformsOf } from './command-document.ts';
import type { ParameterDefinition } from './document-parameters.ts';
import type { Documents, DocumentVersion, StoredDocument } from './documents.ts';

const PAGE = 50;

export function documentOperations(documents: Documents) {
	function describe(document: StoredDocument, version: DocumentVersion): DocumentDescription {
		const { content } = version;
		return {
			Name: document.name,
			Owner: document.owner,
			DocumentType: document.type as DocumentType,
			DocumentFormat: document.format as DocumentFormat,
			DocumentVersion: version.version,
			DefaultVersion: document.defaultVersion,
			LatestVersion: document.versions.at(-1)?.version,
			...(version.versionName === undefined ? {} : { VersionName: version.versionName }),
			...(document.targetType === undefined ? {} : { TargetType: document.targetType }),
			Status: 'Active',
			Hash: version.hash,
			HashType: 'Sha256',
			SchemaVersion: String(content['schemaVersion'] ?? ''),
			Description: String(content['description'] ?? ''),
			CreatedDate: new Date(version.createdAt),
			PlatformTypes: document.type === 'Command' ? platformsOf(content) : ['Linux', 'Windows', 'MacOS'],
			Parameters: Object.entries((content['parameters'] ?? {}) as Record<string, ParameterDefinition>).map(([Name, definition]) => ({
				Name,
				Type: definition.type as DocumentParameterType,
				...(definition.description === undefined ? {} : { Description: definition.description }),
				...(definition.default === undefined ? {} : { DefaultValue: asText(definition.default) }),
			})),
			Tags: [...document.tags].map(([Key, Value]) => ({ Key, Value })),
		};
	}

	/** The version that a call is about, by number or by name. */
	function versionOf(document: StoredDocument, number: string | undefined, name: string | undefined): DocumentVersion {
		if (name === undefined) return documents.version(document, number);
		const version = document.versions.find((each) => each.versionName === name);
		if (!version) throw new AwsError('InvalidDocumentVersion', `The document has no version named ${name}.`);
		return version;
	}

	return {
		CreateDocument(input: CreateDocumentCommandInput): Output<CreateDocumentCommandOutput> {
			const document = documents.add({
				name: input.Name ?? '',
				type: input.DocumentType ?? 'Command',
				content: input.Content ?? '',
				format: input.DocumentFormat ?? 'JSON',
				...(input.VersionName === undefined ? {} : { versionName: input.VersionName }),
				...(input.TargetType === undefined ? {} : { targetType: input.TargetType }),
				tags: Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
			});
			return { DocumentDescription: describe(document, documents.version(document)) };
		},

		UpdateDocument(input: UpdateDocumentCommandInput): Output<UpdateDocumentCommandOutput> {
			const document = documents.get(input.Name);
			const version = documents.update(document, input.Content ?? '', input.VersionName);
			return { DocumentDescription: describe(document, version) };
		},

		UpdateDocumentDefaultVersion(input: UpdateDocumentDefaultVersionCommandInput): Output<UpdateDocumentDefaultVersionCommandOutput> {
			const document = documents.get(input.Name);
			document.defaultVersion = documents.version(document, input.DocumentVersion).version;
			return { Description: { Name: document.name, DefaultVersion: document.defaultVersion } };
		},

		DescribeDocument(input: DescribeDocumentCommandInput): Output<DescribeDocumentCommandOutput> {
			const document = documents.get(input.Name);
			return { Document: describe(document, versionOf(document, input.DocumentVersion, input.VersionName)) };
		},

		GetDocument(input: GetDocumentCommandInput): Output<GetDocumentCommandOutput> {
			const document = documents.get(input.Name);
			const version = versionOf(document, input.DocumentVersion, input.VersionName);
			const format = input.DocumentFormat ?? (document.format === 'TEXT' ? 'TEXT' : 'JSON');
			const asStored = format === document.format;
			const converted = format === 'YAML' ? stringify(version.content) : JSON.stringify(version.content, null, 2);
			return {
				Name: document.name,
				DocumentVersion: version.version,
				DocumentType: document.type as DocumentType,
				DocumentFormat: format,
				Content: asStored ? version.text : converted,
				Status: 'Active',
				CreatedDate: new Date(version.createdAt),
			};
		},

		ListDocuments(input: ListDocumentsCommandInput): Output<ListDocumentsCommandOutput> {
			const matching = documents.all().filter((document) => (input.Filters ?? []).every((filter) => passes(document, filter)));
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			const DocumentIdentifiers = found.items.map((document) => {
				const { Parameters, Hash, HashType, LatestVersion, DefaultVersion, Status, Description, ...identifier } = describe(
					document,
					documents.version(document),
				);
				return identifier;
			});
			return { DocumentIdentifiers, ...nextToken(found) };
		},

		DeleteDocument(input: DeleteDocumentCommandInput): object {
			const document = documents.get(input.Name);
			if (document.owner === 'Amazon') throw new AwsError('InvalidDocumentOperation', `${document.name} belongs to Amazon.`);
			documents.delete(document);
			return {};
		},
	};
}

function asText(value: unknown): string {
	return typeof value === 'string' ? value : JSON.stringify(value);
}

function passes(document: StoredDocument, { Key: key = '', Values: values = [] }: DocumentKeyValuesFilter): boolean {
	if (key.startsWith('tag:')) return values.includes(document.tags.get(key.slice('tag:'.length)) ?? '');
	switch (key) {
		case 'Name':
			return values.some((value) => document.name.startsWith(value));
		case 'Owner':
			return values.some((value) => (value === 'Self' ? document.owner !== 'Amazon' : value === 'All' || document.owner === value));
		case 'DocumentType':
			return values.includes(document.type);
		default:
			throw new AwsError('InvalidFilterKey', `The filter key ${key} is not valid.`);
	}
}
