/** How work is told apart at AWS, and what the engine adds to a playbook's parameters. */

import type { Operation, Work } from '../operation/types.ts';
import { deployedDocument, isOwnDocument, SERVICE, type Settings } from '../settings.ts';

/** The Comment of a command (at most 100 characters): names the work, and which attempt to send it. */
export function commentOf({ id, attempt }: Pick<Work, 'id' | 'attempt'>): string {
	return `${SERVICE} ${id}/${attempt}`;
}

const COMMENT = new RegExp(`^${SERVICE} ([a-z0-9.-]+)/([0-9]+)$`);

/** The work a command's Comment names, or nothing where the command is somebody else's. */
export function workOfComment(comment: string | undefined): { readonly id: string; readonly attempt: number } | undefined {
	const [, id, attempt] = COMMENT.exec(comment ?? '') ?? [];
	return id === undefined ? undefined : { id, attempt: Number(attempt) };
}

/** The operation that work of its own (not shared) belongs to: its id without the number of the start. */
export function operationOfWork(workId: string): string | undefined {
	const dot = workId.lastIndexOf('.');
	return dot < 0 ? undefined : workId.slice(0, dot);
}

export function documentOf(settings: Settings, work: Work): string {
	return deployedDocument(settings, work.document);
}

/** Where in the output bucket commands write: a folder of one work, or of one operation on many nodes. */
export function outputPrefix(name: string): string {
	return `commands/${name}`;
}

/**
 * The parameters as SSM takes them. Our own Command documents get the work's id (its marker on the node makes a second
 * delivery harmless) and the timeout.
 */
export function parametersOf({ run }: Operation, work: Work): Record<string, string[]> {
	const given = Object.fromEntries(Object.entries(work.parameters).map(([name, values]) => [name, [...values]]));
	if (work.type !== 'command' || !isOwnDocument(work.document)) return given;
	return { ...given, WorkId: [work.id], TimeoutSeconds: [String(run?.timeoutSeconds)] };
}
