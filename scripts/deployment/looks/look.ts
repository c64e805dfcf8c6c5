import type { Answer, Clients } from '../clients.ts';

/** A resource of the template, resolved. */
export interface Wanted {
	readonly logicalId: string;
	readonly type: string;
	/** What CloudFormation says its physical id is; empty where it does not say. */
	readonly physicalId: string;
	readonly properties: Answer;
}

/** Reads a resource from its service, in the shape of CloudFormation's properties. @throws what the service answers where it is missing. */
export type Look = (wanted: Wanted, clients: Clients) => Promise<Record<string, unknown>>;

/** Only what is there: a property that a service says nothing of was not read. */
export function known(properties: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined && value !== null));
}

export const parsed = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));
