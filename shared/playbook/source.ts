/** From the text of a playbook to its data, and from a path in the data back to line and column. */

import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, visit } from 'yaml';
import { pathText } from '../event-pattern/pattern-error.ts';
import type { Finding, Problem } from './problem.ts';

/** Parameter Store holds at most 8 KB in an advanced parameter, 4 KB in a standard one. */
const MAX_SOURCE_BYTES = 8_192;
/** Collections nested deeper than this are no playbook. */
const MAX_NESTING = 50;
/** One slip can make a parser complain on every line after it: these say enough. */
const MAX_YAML_ERRORS = 3;

export interface Source {
	/** What the text says; undefined where it says nothing that can be checked. */
	readonly data: Record<string, unknown> | undefined;
	readonly problems: readonly Problem[];
	/** Gives a finding its place. */
	place(finding: Finding): Problem;
}

/** Reads one YAML document whose root is a map. Never throws: whatever is wrong is among `problems`. */
export function readSource(text: string, file: string): Source {
	const lines = new LineCounter();
	const placeAt = (offset: number, finding: Finding): Problem => {
		const { line, col } = lines.linePos(offset);
		return {
			file,
			// An empty text has no lines to count.
			line: Math.max(line, 1),
			column: Math.max(col, 1),
			path: pathText(finding.at),
			message: finding.message,
			severity: finding.severity ?? 'error',
			...(finding.hint !== undefined && { hint: finding.hint }),
		};
	};
	const at = (offset: number, message: string, hint?: string) => placeAt(offset, { at: [], message, ...(hint !== undefined && { hint }) });
	const refuse = (...problems: Problem[]): Source => ({ data: undefined, problems, place: (finding) => placeAt(0, finding) });

	const bytes = new TextEncoder().encode(text).length;
	if (bytes > MAX_SOURCE_BYTES) {
		return refuse(at(0, `the playbook has ${bytes} bytes; Parameter Store takes ${MAX_SOURCE_BYTES}`, 'shorten it or split it in two'));
	}
	if (tooDeep(text)) return refuse(at(0, `nested more than ${MAX_NESTING} deep`));

	const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, version: '1.2', schema: 'core', stringKeys: true });
	const mustaches = text.indexOf('{{');
	if (mustaches >= 0) {
		return refuse(at(mustaches, "'{{' cannot be in a parameter: Parameter Store refuses it", 'put a space between the braces'));
	}
	if ('empty' in documents || documents[0] === undefined) return refuse(at(0, 'the playbook is empty'));
	const [document, second] = documents;
	const failures = [...document.errors, ...document.warnings]
		.slice(0, MAX_YAML_ERRORS)
		.map((error) => at(error.pos[0], `not valid YAML: ${error.message}`));
	if (failures.length > 0) return refuse(...failures);
	if (second) return refuse(at(second.range[0], 'a second YAML document begins here', 'one playbook per file'));
	if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
		return refuse(at(0, 'the playbook is empty'));
	}
	const reused = aliases(document);
	if (reused.length > 0) {
		return refuse(...reused.map((offset) => at(offset, 'anchors and aliases are not used in playbooks', 'write the value out')));
	}
	if (!isMap(document.contents)) return refuse(at(document.contents.range?.[0] ?? 0, 'a playbook is a map of keys', 'begin with name: …'));
	return {
		data: document.toJS() as Record<string, unknown>,
		problems: [],
		place: (finding) => placeAt(offsetOf(document, finding), finding),
	};
}

/** The parser is recursive: input that nests thousands deep would end it without a line number. */
function tooDeep(text: string): boolean {
	if (COMPACT_NESTING.test(text)) return true;
	let open = 0;
	for (const char of text) {
		if (char === '[' || char === '{') open++;
		else if (char === ']' || char === '}') open = Math.max(0, open - 1);
		if (open > MAX_NESTING) return true;
	}
	return false;
}

/** `- - - x`, `? ? ? x` and `a: b: c: x`, which opens a map at every colon before it is refused. */
const COMPACT_NESTING = new RegExp(`(?:(?:[-?]|[^\\s:]{0,40}:)[ \\t]+){${MAX_NESTING}}`);

function aliases(document: Document): number[] {
	const offsets: number[] = [];
	visit(document, {
		Node(_, node) {
			if (isAlias(node) || (isNode(node) && 'anchor' in node && node.anchor !== undefined)) offsets.push(node.range?.[0] ?? 0);
		},
	});
	return offsets;
}

/** Where the value at a path begins, or its key; for what is missing, where the nearest thing around it begins. */
function offsetOf(document: Document, finding: Finding): number {
	let node: unknown = document.contents;
	let offset = start(node) ?? 0;
	for (const [i, step] of finding.at.entries()) {
		const child = isMap(node) ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(step)) : undefined;
		const key = isPair(child) ? start(child.key) : undefined;
		node = child ? child.value : isSeq(node) ? node.items[Number(step)] : undefined;
		if (key === undefined && start(node) === undefined) return offset;
		const last = i === finding.at.length - 1;
		offset = (last && finding.onKey ? key : undefined) ?? start(node) ?? key ?? offset;
	}
	return offset;
}

function start(node: unknown): number | undefined {
	return isNode(node) ? (node as Node).range?.[0] : undefined;
}
