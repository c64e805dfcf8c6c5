/** The documents of `runbooks/` as the stack deploys them, with the framework's variables and CloudFormation's filled in. */

import { createRequire } from 'node:module';

export interface Parameter {
	readonly type: string;
	readonly description?: string;
	readonly default?: unknown;
	readonly allowedPattern?: string;
}

export interface Step {
	readonly name: string;
	readonly action: string;
	readonly precondition?: Readonly<Record<string, readonly string[]>>;
	readonly onFailure?: string;
	readonly nextStep?: string;
	readonly isEnd?: boolean;
	readonly isCritical?: boolean;
	readonly timeoutSeconds?: number;
	readonly inputs: Readonly<Record<string, unknown>>;
}

export interface Document {
	readonly name: string;
	readonly type: string;
	readonly updateMethod: string;
	readonly content: {
		readonly schemaVersion: string;
		readonly description: string;
		readonly assumeRole?: string;
		readonly parameters: Readonly<Record<string, Parameter>>;
		readonly mainSteps: readonly Step[];
	};
}

interface DocumentResource {
	readonly Type: string;
	readonly Properties: { Name: string; DocumentType: string; UpdateMethod: string; Content: Document['content'] };
}

const VALUES: Readonly<Record<string, string>> = {
	'self:service': 'fleetkeeper',
	'sls:stage': 'local',
	'AWS::AccountId': '111122223333',
	'AWS::Region': 'eu-west-1',
	'AWS::Partition': 'aws',
};

function fill(value: unknown): unknown {
	if (typeof value === 'string') {
		return value.replace(/\$\{((?:[a-z]\w*|AWS):+\w+)\}/g, (text, name: string) => VALUES[name] ?? text);
	}
	if (Array.isArray(value)) {
		return value.map(fill);
	}
	if (typeof value === 'object' && value !== null) {
		return 'Fn::Sub' in value
			? fill(value['Fn::Sub'])
			: Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]));
	}
	return value;
}

/** All documents, by the name of their file. */
export function deployedDocuments(): ReadonlyMap<string, Document> {
	const fragment = createRequire(import.meta.url)('../../infra/documents.cjs') as () => { Resources: Record<string, DocumentResource> };
	const documents = Object.values(fragment().Resources).map(({ Properties }): [string, Document] => {
		const properties = fill(Properties) as DocumentResource['Properties'];
		const document = {
			name: properties.Name,
			type: properties.DocumentType,
			updateMethod: properties.UpdateMethod,
			content: properties.Content,
		};
		return [properties.Name.replace('fleetkeeper-local-', ''), document];
	});
	return new Map(documents);
}

/** One document. @throws Error when `runbooks/` has no such file. */
export function deployedDocument(name: string): Document {
	const document = deployedDocuments().get(name);
	if (!document) {
		throw new Error(`runbooks/${name}.yaml does not exist.`);
	}
	return document;
}
