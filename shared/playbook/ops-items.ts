/** One OpsItem for each playbook that is not valid, for as long as it is not; and one for all of them where they are too large. */

import { CreateOpsItemCommand, type OpsItemDataValue, UpdateOpsItemCommand } from '@aws-sdk/client-ssm';
import type { Deps } from '../deps.ts';
import { describeError, requestIdOf } from '../errors.ts';
import { calledBy } from '../operation/history.ts';
import { SERVICE, type Settings } from '../settings.ts';
import { type SourceState, WHOLE_SET } from './compiled-item.ts';

/** CreateOpsItem: Title to 1,024 characters, Description to 2,048, a value of operational data to 20 KB, three bytes a character. */
const MAX_DESCRIPTION = 2_048;
const MAX_VALUE = 6_800;

export interface Told {
	readonly sources: Readonly<Record<string, SourceState>>;
	/** Names of playbooks whose OpsItem was opened, or brought up to date. */
	readonly opened: readonly string[];
	/** Names of playbooks whose OpsItem was resolved. */
	readonly resolved: readonly string[];
}

/** Never throws: what OpsCenter does not take is logged, and stands in the result as not yet told, for the next run. */
export async function reportProblems(deps: Deps, sources: Readonly<Record<string, SourceState>>): Promise<Told> {
	const after: Record<string, SourceState> = {};
	const opened: string[] = [];
	const resolved: string[] = [];
	for (const [name, state] of Object.entries(sources)) {
		const { opsItemId, reported, ...rest } = state;
		after[name] = state;
		try {
			if (state.problem !== undefined && state.problem !== reported) {
				after[name] = { ...rest, opsItemId: await open(deps, name, state.problem, state.parameterVersion), reported: state.problem };
				opened.push(name);
			} else if (state.problem === undefined && opsItemId !== undefined) {
				await resolve(deps, opsItemId, resolutionOf(name, state));
				if (state.parameterVersion === 0) delete after[name];
				else after[name] = rest;
				resolved.push(name);
			}
		} catch (error) {
			deps.log.error('OpsCenter could not be told about a playbook', { playbook: name, error: describeError(error) });
			deps.count('PlaybookOpsItemFailed');
		}
	}
	return { sources: after, opened, resolved };
}

async function open(deps: Deps, name: string, problem: string, version: number): Promise<string> {
	const opsItemId = await openOrUpdate(deps, problemItem(deps.settings, name, problem, version));
	deps.log.warn('a playbook is not valid', { playbook: name, version, problem, opsItemId });
	return opsItemId;
}

function problemItem({ stage, playbookPath }: Settings, name: string, problem: string, version: number): OpsItemText {
	if (name === WHOLE_SET) {
		return {
			about: 'playbooks',
			title: `The playbooks are too large to be compiled (stage ${stage})`,
			description: `${problem}\n\nThis item is resolved within a minute of their fitting again.`,
			severity: '3',
			data: { problem },
		};
	}
	const parameter = `${playbookPath}${name}`;
	return {
		about: `playbook-${name}`,
		title: `Playbook ${name} is not valid (stage ${stage})`,
		description: `${problem}\n\nParameter ${parameter}, version ${version}. Put it right there; this item is resolved within a minute.`,
		severity: '3',
		data: { playbook: name, parameter, parameterVersion: String(version), problem },
	};
}

function resolutionOf(name: string, { parameterVersion }: SourceState): string {
	if (name === WHOLE_SET) return 'the playbooks fit again, and are in force';
	return parameterVersion === 0 ? 'the playbook was removed' : `version ${parameterVersion} is valid and in force`;
}

export interface OpsItemText {
	/** What makes two items the same, within this stage. */
	readonly about: string;
	readonly title: string;
	readonly description: string;
	readonly severity: '1' | '2' | '3' | '4';
	readonly data: Readonly<Record<string, string>>;
}

/**
 * Opens an OpsItem, or brings the open one about the same up to date.
 * @returns its id.
 * @throws what the SDK throws.
 */
export async function openOrUpdate(
	{ aws, settings, log }: Deps,
	{ about, title, description, severity, data }: OpsItemText,
): Promise<string> {
	const text = { Title: title, Description: description.slice(0, MAX_DESCRIPTION).toWellFormed(), Severity: severity };
	const OperationalData = operationalData(data);
	const dedup = JSON.stringify({ dedupString: `${SERVICE}-${settings.stage}-${about}` });
	try {
		const output = await aws.ssm.send(
			new CreateOpsItemCommand({
				...text,
				Source: SERVICE,
				Category: 'Availability',
				OperationalData: { ...OperationalData, '/aws/dedup': { Type: 'SearchableString', Value: dedup } },
			}),
		);
		const { OpsItemId = '' } = output;
		log.info('an OpsItem is opened', { opsItemId: OpsItemId, ...calledBy(requestIdOf(output)) });
		return OpsItemId;
	} catch (error) {
		const { name, OpsItemId } = error as Error & { OpsItemId?: string };
		if (name !== 'OpsItemAlreadyExistsException' || OpsItemId === undefined) throw error;
		const output = await aws.ssm.send(new UpdateOpsItemCommand({ ...text, OpsItemId, OperationalData }));
		log.info('an OpsItem is brought up to date', { opsItemId: OpsItemId, ...calledBy(requestIdOf(output)) });
		return OpsItemId;
	}
}

async function resolve({ aws, log }: Deps, OpsItemId: string, resolution: string): Promise<void> {
	try {
		const resolved = { OpsItemId, Status: 'Resolved', OperationalData: operationalData({ resolution }) } as const;
		const output = await aws.ssm.send(new UpdateOpsItemCommand(resolved));
		log.info('a playbook has been put right', { opsItemId: OpsItemId, resolution, ...calledBy(requestIdOf(output)) });
	} catch (error) {
		if ((error as Error).name !== 'OpsItemNotFoundException') throw error;
	}
}

function operationalData(values: Readonly<Record<string, string>>): Record<string, OpsItemDataValue> {
	return Object.fromEntries(
		Object.entries(values).map(([key, value]) => [key, { Type: 'SearchableString', Value: value.slice(0, MAX_VALUE).toWellFormed() }]),
	);
}
