/** SSM documents: versions, formats, and the check that their content is what it says. */

import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { type AwsContext, AwsError } from '../types.ts';
import { automationProblem } from './automation/document.ts';
import { BUILT_IN_DOCUMENTS } from './built-in-documents.ts';
import { parseCalendar } from './calendar.ts';
import { commandProblem } from './command-document.ts';
import { sessionProblem } from './sessions/document.ts';
import { isRecord } from './values.ts';

export interface DocumentVersion {
	readonly version: string;
	readonly versionName?: string;
	readonly text: string;
	readonly content: Readonly<Record<string, unknown>>;
	readonly createdAt: number;
	readonly hash: string;
}

export interface StoredDocument {
	readonly name: string;
	readonly type: string;
	readonly format: string;
	readonly owner: string;
	readonly targetType?: string;
	readonly tags: Map<string, string>;
	/** The oldest first. */
	readonly versions: DocumentVersion[];
	defaultVersion: string;
}

export interface NewDocument {
	readonly name: string;
	readonly type: string;
	/** An object, or its text in JSON or YAML. */
	readonly content: string | Readonly<Record<string, unknown>>;
	readonly format?: string;
	readonly owner?: string;
	readonly versionName?: string;
	readonly targetType?: string;
	readonly tags?: Readonly<Record<string, string>>;
}

const NAME = /^[a-zA-Z0-9_\-.]{3,128}$/;
const ARN = /^arn:aws[\w-]*:ssm:[^:]*:[^:]*:document\/(.+)$/;
const MOST_BYTES = 65_536;
const MOST_VERSIONS = 1_000;

export class Documents {
	readonly #ctx: AwsContext;
	readonly #documents = new Map<string, StoredDocument>();
	readonly #listeners: ((document: StoredDocument) => void)[] = [];

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
		for (const [name, content] of Object.entries(BUILT_IN_DOCUMENTS)) this.add({ name, type: 'Command', content, owner: 'Amazon' });
	}

	all(): StoredDocument[] {
		return [...this.#documents.values()];
	}

	find(name: string): StoredDocument | undefined {
		return this.#documents.get(name);
	}

	/**
	 * @param reference a name or an ARN.
	 * @throws AwsError `InvalidDocument` where there is none.
	 */
	get(reference: string | undefined): StoredDocument {
		const name = ARN.exec(reference ?? '')?.[1] ?? reference;
		const document = this.#documents.get(name ?? '');
		if (!document) throw new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
		return document;
	}

	/** Calls `listener` with a document that was added, got a version, or was deleted. */
	onChange(listener: (document: StoredDocument) => void): void {
		this.#listeners.push(listener);
	}

	/** @throws AwsError `InvalidDocumentVersion` where the document has no such version (`$DEFAULT` and `$LATEST` are always there). */
	version(document: StoredDocument, wanted: string | undefined = '$DEFAULT'): DocumentVersion {
		const number = wanted === '$LATEST' ? document.versions.at(-1)?.version : wanted === '$DEFAULT' ? document.defaultVersion : wanted;
		const version = document.versions.find((each) => each.version === number);
		if (!version) throw new AwsError('InvalidDocumentVersion', `The document version ${wanted} is not valid or does not exist.`);
		return version;
	}

	/** @throws AwsError `DocumentAlreadyExists`, `InvalidDocumentContent`, `MaxDocumentSizeExceeded`. */
	add(spec: NewDocument): StoredDocument {
		if (!NAME.test(spec.name)) throw new AwsError('ValidationException', `The document name ${spec.name} is not valid.`);
		if (this.#documents.has(spec.name)) {
			throw new AwsError('DocumentAlreadyExists', `Document with same name ${spec.name} already exists`);
		}
		const document: StoredDocument = {
			name: spec.name,
			type: spec.type,
			format: spec.format ?? formatOf(spec),
			owner: spec.owner ?? this.#ctx.account,
			...(spec.targetType === undefined ? {} : { targetType: spec.targetType }),
			tags: new Map(Object.entries(spec.tags ?? {})),
			versions: [],
			defaultVersion: '1',
		};
		document.versions.push(this.#versionOf(document, spec.content, spec.versionName));
		this.#documents.set(document.name, document);
		this.#tell(document);
		return document;
	}

	/** @throws AwsError `DuplicateDocumentContent`, `DocumentVersionLimitExceeded`, and as `add`. */
	update(document: StoredDocument, content: string, versionName?: string): DocumentVersion {
		const version = this.#versionOf(document, content, versionName);
		if (document.versions.at(-1)?.hash === version.hash) {
			throw new AwsError('DuplicateDocumentContent', 'The content of the association document matches another document.');
		}
		if (document.versions.length >= MOST_VERSIONS) {
			throw new AwsError('DocumentVersionLimitExceeded', `A document can have ${MOST_VERSIONS} versions.`);
		}
		document.versions.push(version);
		this.#tell(document);
		return version;
	}

	delete(document: StoredDocument): void {
		this.#documents.delete(document.name);
		this.#tell(document);
	}

	#tell(document: StoredDocument): void {
		for (const listener of this.#listeners) listener(document);
	}

	#versionOf(document: StoredDocument, content: NewDocument['content'], versionName?: string): DocumentVersion {
		const text = typeof content === 'string' ? content : JSON.stringify(content);
		if (Buffer.byteLength(text) > MOST_BYTES) throw new AwsError('MaxDocumentSizeExceeded', 'The size limit of a document is 64 KB.');
		return {
			version: String(Number(document.versions.at(-1)?.version ?? 0) + 1),
			...(versionName === undefined ? {} : { versionName }),
			text,
			content: checkedContent(document, typeof content === 'string' ? content : structuredClone(content)),
			createdAt: this.#ctx.clock.now(),
			hash: createHash('sha256').update(text).digest('hex'),
		};
	}
}

/** What is wrong with the content of a document, by its type. */
const PROBLEMS: Readonly<Record<string, (content: Readonly<Record<string, unknown>>) => string | undefined>> = {
	Automation: automationProblem,
	Command: commandProblem,
	Session: sessionProblem,
};

function checkedContent(document: StoredDocument, content: NewDocument['content']): Readonly<Record<string, unknown>> {
	const refuse = (why: string) => new AwsError('InvalidDocumentContent', `${document.name}: ${why}`);
	if (document.type === 'ChangeCalendar') return checkedCalendar(document, content, refuse);
	let value: unknown = content;
	try {
		if (typeof content === 'string') value = parsed(content);
	} catch (error) {
		throw refuse(`the content is not ${document.format}: ${(error as Error).message}`);
	}
	if (!isRecord(value)) throw refuse('the content must be a map.');
	const problem = PROBLEMS[document.type]?.(value);
	if (problem) throw refuse(problem);
	return value;
}

/** By their text: every world of a process has the same documents, and to parse them takes longer than the rest of its making. */
const known = new Map<string, unknown>();
/** Texts that are remembered: a process that makes ever other documents must not keep them all. */
const MOST_KNOWN = 100;

function parsed(text: string): unknown {
	if (!known.has(text)) {
		if (known.size >= MOST_KNOWN) known.clear();
		known.set(text, parse(text));
	}
	return structuredClone(known.get(text));
}

/** A calendar is text, and has no content that could be looked into as a map. */
function checkedCalendar(
	document: StoredDocument,
	content: NewDocument['content'],
	refuse: (why: string) => AwsError,
): Record<string, never> {
	if (document.format !== 'TEXT' || typeof content !== 'string') throw refuse('a ChangeCalendar document has the format TEXT.');
	try {
		parseCalendar(content);
	} catch (error) {
		throw refuse((error as Error).message);
	}
	return {};
}

function formatOf({ type, content }: NewDocument): string {
	if (type === 'ChangeCalendar') return 'TEXT';
	return typeof content === 'string' && !content.trimStart().startsWith('{') ? 'YAML' : 'JSON';
}
