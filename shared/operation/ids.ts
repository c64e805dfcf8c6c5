/** Names derived from what an operation is about, so that the same event finds the same operation. */

import { createHash } from 'node:crypto';
import { subjectOf } from '../kinds/subjects.ts';
import type { Subject } from './types.ts';

function digest(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

/** What the operation is about, as one string. */
function subjectKey(subject: Subject): string {
	return [subject.account, subject.region, ...subjectOf(subject).identity(subject)].join('#');
}

/** `lifecycle-3f2a9c1b7d4e5f60`: everything of an operation's id but its occurrence. */
export function subjectId(subject: Subject): string {
	return `${subject.kind}-${digest(subjectKey(subject)).slice(0, 16)}`;
}

export function operationId(subject: Subject, occurrence: number): string {
	return `${subjectId(subject)}-${occurrence}`;
}

const OPERATION_ID = /^([a-z]+-[0-9a-f]{16})-([1-9][0-9]{0,5})$/;

/** The parts of an operation's id, or nothing where it is not one. */
export function parseOperationId(id: string): { readonly subjectId: string; readonly occurrence: number } | undefined {
	const [, subject, occurrence] = OPERATION_ID.exec(id) ?? [];
	return subject === undefined ? undefined : { subjectId: subject, occurrence: Number(occurrence) };
}

/** The name of work that several operations share: the same operations give the same name. */
export function sharedWorkId(workIds: readonly string[]): string {
	return `shared-${digest([...workIds].sort().join(',')).slice(0, 20)}`;
}

/** A UUID (RFC 9562, version 8) that follows from a name: StartAutomationExecution's ClientToken. */
export function uuidFrom(name: string): string {
	const hex = digest(name);
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
