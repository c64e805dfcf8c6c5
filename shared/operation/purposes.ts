/** What the commands are for that events tell of: every Run Command of the account sends events. */

import { Drop, Retry } from '../errors.ts';
import { documentsOf } from '../playbook/startable.ts';
import { deployedDocument } from '../settings.ts';
import { operationOfWork, workOfComment } from '../work/naming.ts';
import type { WorkRecord } from './ledger.ts';
import type { CommandPurpose, Services } from './services.ts';

/** A command is listed within this, however much the list lags. Milliseconds. */
const LISTED_WITHIN = 15 * 60_000;
/** Commands whose purpose one execution environment keeps in mind. */
const REMEMBERED = 1_000;

/** Whether a document is ours or one that a playbook names. */
export async function isOfInterest(services: Services, document: string): Promise<boolean> {
	if (document.startsWith(services.settings.documentPrefix)) return true;
	const { set } = await services.playbooks.load();
	return set.playbooks.some(({ playbook }) => documentsOf(playbook).some((name) => deployedDocument(services.settings, name) === document));
}

/** Keeps it in mind, for the nodes of a command end one by one. */
export function remember<P extends CommandPurpose | 'foreign'>({ purposes }: Services, commandId: string, purpose: P): P {
	if (purposes.size >= REMEMBERED) purposes.clear();
	purposes.set(commandId, purpose);
	return purpose;
}

/** Where the ledger says it: of commands to several nodes it does. */
export async function purposeOnRecord(services: Services, commandId: string): Promise<CommandPurpose | undefined> {
	const work = await services.ledger.workOfCommand(commandId);
	if (work === undefined) return undefined;
	const purpose = work.record === undefined ? ownPurpose(work.id) : purposeIn(work.record);
	return purpose && remember(services, commandId, purpose);
}

/** Of work that is not shared. */
export function ownPurpose(workId: string): CommandPurpose | undefined {
	const own = operationOfWork(workId);
	return own === undefined ? undefined : { workId, members: new Map([['', own]]) };
}

function purposeIn({ work, members }: WorkRecord): CommandPurpose {
	return { workId: work.id, members: new Map(members.map(({ instanceId, operationId }) => [instanceId, operationId])) };
}

/** A list may lag; a command that was asked for long ago and is not listed is not of this account, or of another Region. */
export function unlisted({ now }: Services, commandId: string, requested = ''): Error {
	if (now() - Date.parse(requested) > LISTED_WITHIN) return new Drop('unknown-command', `Systems Manager knows no command ${commandId}`);
	return new Retry(`command ${commandId} is not listed yet`);
}

/** By the Comment of a command. */
export async function purposeOf({ ledger }: Services, comment: string | undefined): Promise<CommandPurpose | 'foreign'> {
	const work = workOfComment(comment);
	if (work === undefined) return 'foreign';
	const own = ownPurpose(work.id);
	if (own !== undefined) return own;
	const record = await ledger.work(work.id, work.attempt);
	return record === undefined ? { workId: work.id, members: new Map() } : purposeIn(record);
}

/** The operation on many nodes that a command serves. */
export function fleetOf({ members }: CommandPurpose): string | undefined {
	const own = members.get('');
	return own?.startsWith('command-') ? own : undefined;
}
