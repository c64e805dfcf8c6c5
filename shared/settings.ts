/** Where this copy of Fleetkeeper lives, and the names that follow from it. */

import type { PatchSettings } from './patching/settings.ts';

export const SERVICE = 'fleetkeeper';

export interface Settings {
	readonly stage: string;
	/** The DynamoDB table of operations, work records and compiled playbooks. */
	readonly tableName: string;
	/** Parameter Store path under which playbooks live, with a trailing slash. */
	readonly playbookPath: string;
	/** What the names of our own SSM documents begin with. */
	readonly documentPrefix: string;
	/** The CloudWatch Logs group that commands write their output to. */
	readonly outputLogGroup: string;
	/** Days a closed operation stays in the ledger. */
	readonly retentionDays: number;
	/** What is on, where something is off. */
	readonly parts?: readonly StagePart[];
	/** The Change Calendar, by name or ARN, of playbooks that name none. */
	readonly calendar?: string;
	/** Documents that may be run beside our own: names of AWS's, ARNs of others. Absent where it is not known. */
	readonly allowedDocuments?: readonly string[];
	/** From so many days of silence on, a machine outside EC2 may be gone, in the function that looks at agents. */
	readonly staleNodeDays?: number;
	/** Its patch groups, in the functions that patch. */
	readonly patching?: PatchSettings;
}

/** What a stage can have switched off. */
export const PARTS = ['lifecycle', 'alarms', 'compliance', 'events', 'patching', 'state', 'sessions', 'agents'] as const;
export type StagePart = (typeof PARTS)[number];

/** Parameter Store path of everything that a stage has there, with a trailing slash. */
export function parameterPath({ stage }: Pick<Settings, 'stage'>): string {
	return `/${SERVICE}/${stage}/`;
}

/** The bucket that commands write their output to: bucket names are global, so account and Region are part of it. */
export function outputBucket(settings: Settings, account: string, region: string): string {
	return `${SERVICE}-${settings.stage}-output-${account}-${region}`;
}

/** The bucket that a resource data sync of Systems Manager keeps the inventory of nodes in. */
export function inventoryBucket(settings: Settings, account: string, region: string): string {
	return `${SERVICE}-${settings.stage}-inventory-${account}-${region}`;
}

/** The name a document of `runbooks/` is deployed under; `AWS-*` names and ARNs stand as given. */
export function deployedDocument(settings: Settings, name: string): string {
	return isOwnDocument(name) ? `${settings.documentPrefix}${name}` : name;
}

/** Whether a playbook's document name means a file of `runbooks/`. */
export function isOwnDocument(name: string): boolean {
	return !name.startsWith('arn:') && !/^(AWS|Amazon|AMZN)/i.test(name);
}

/**
 * Whether functions of a stage may run a document: one of its own, or one that its settings name, in whatever version. Their roles say the
 * same. Where the setting is not known, any.
 */
export function isAllowedDocument({ documentPrefix, allowedDocuments }: Settings, name: string): boolean {
	if (allowedDocuments === undefined || isOwnDocument(name)) return true;
	const plain = name.replace(':automation-definition/', ':document/').replace(/(:document\/[^:]+):.*$/, '$1');
	// AWS's own documents have no account in their ARNs.
	const [, ofAws = plain] = /^arn:[^:]+:ssm:[^:]+::document\/(.+)$/.exec(plain) ?? [];
	return allowedDocuments.includes(plain) || allowedDocuments.includes(ofAws) || plain.includes(`:document/${documentPrefix}`);
}

/** What to do about one that they may not. */
export const ALLOWING = "name it in the stage's setting allowedDocuments (serverless.yml), and deploy";

export class SettingsError extends Error {
	override readonly name = 'SettingsError';
}

export const STAGE = /^[a-z][a-z0-9-]{0,19}$/;
const DEFAULT_RETENTION_DAYS = 90;

/**
 * Settings from the environment: `STAGE` (required), `RETENTION_DAYS` (default 90), `PARTS` and `ALLOWED_DOCUMENTS`
 * (separated by commas, default all and not known), `CALENDAR` (default none), `STALE_NODE_DAYS` (which packaging has checked, default
 * none) and `PATCHING` (as infra/patching.cjs has checked and written it, default none).
 * @throws SettingsError saying which variable is missing or malformed and where it is set.
 */
export function settingsFrom(env: Readonly<Record<string, string | undefined>>): Settings {
	const stage = env['STAGE'];
	if (!stage) {
		throw new SettingsError(
			'Environment variable STAGE is missing. serverless.yml sets it for every function; for a local run set STAGE=local.',
		);
	}
	if (!STAGE.test(stage)) {
		throw new SettingsError(`Environment variable STAGE is '${stage}': use 1 to 20 of a-z, 0-9 and '-', beginning with a letter.`);
	}
	const days = env['RETENTION_DAYS'];
	const retentionDays = days === undefined || days === '' ? DEFAULT_RETENTION_DAYS : Number(days);
	if (!Number.isInteger(retentionDays) || retentionDays < 1) {
		throw new SettingsError(`Environment variable RETENTION_DAYS is '${days}': use a whole number of days, 1 or more.`);
	}
	const parts = partsFrom(env['PARTS']);
	const calendar = env['CALENDAR'];
	const allowed = env['ALLOWED_DOCUMENTS'];
	const patching = env['PATCHING'];
	const staleDays = env['STALE_NODE_DAYS'];
	return {
		stage,
		tableName: `${SERVICE}-${stage}`,
		playbookPath: `/${SERVICE}/${stage}/playbooks/`,
		documentPrefix: `${SERVICE}-${stage}-`,
		outputLogGroup: `/${SERVICE}/${stage}/command-output`,
		retentionDays,
		...(parts && { parts }),
		...(calendar && { calendar }),
		...(allowed !== undefined && { allowedDocuments: entriesOf(allowed) }),
		...(staleDays && { staleNodeDays: Number(staleDays) }),
		...(patching && { patching: JSON.parse(patching) as PatchSettings }),
	};
}

function entriesOf(written: string): string[] {
	const entries = written.split(',').map((entry) => entry.trim());
	return entries.filter((entry) => entry !== '');
}

/** Undefined where everything is on. Packaging has checked the names: infra/settings.cjs. */
function partsFrom(written: string | undefined): readonly StagePart[] | undefined {
	const names = entriesOf(written || PARTS.join());
	const parts = PARTS.filter((part) => names.includes(part));
	return parts.length === PARTS.length ? undefined : parts;
}
