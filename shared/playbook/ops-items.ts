/** One OpsItem for each playbook that is not valid, for as long as it is not. */

import { CreateOpsItemCommand, type OpsItemDataValue, UpdateOpsItemCommand } from '@aws-sdk/client-ssm';
import type { Deps } from '../deps.ts';
import { describeError } from '../errors.ts';
import { SERVICE } from '../settings.ts';
import type { SourceState } from './compiled-item.ts';

/** CreateOpsItem: Title to 1,024 characters, Description to 2,048, a value of operational data to 20 KB. */
const MAX_DESCRIPTION = 2_048;
const MAX_VALUE = 10_000;

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
				await resolve(deps, opsItemId, state);
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

/** The id of the OpsItem that now says what is wrong: a new one, or the open one with the same dedup string. */
async function open({ aws, settings, log }: Deps, name: string, problem: string, version: number): Promise<string> {
	const parameter = `${settings.playbookPath}${name}`;
	const Description =
		`${problem}\n\nParameter ${parameter}, version ${version}. Put it right there; this item is resolved within a minute.`.slice(
			0,
			MAX_DESCRIPTION,
		);
	const data = operationalData({ playbook: name, parameter, parameterVersion: String(version), problem });
	try {
		const output = await aws.ssm.send(
			new CreateOpsItemCommand({
				Title: `Playbook ${name} is not valid (stage ${settings.stage})`,
				Description,
				Source: SERVICE,
				Severity: '3',
				Category: 'Availability',
				OperationalData: {
					...data,
					'/aws/dedup': {
						Type: 'SearchableString',
						Value: JSON.stringify({ dedupString: `${SERVICE}-${settings.stage}-playbook-${name}` }),
					},
				},
			}),
		);
		log.warn('a playbook is not valid', { playbook: name, version, problem, opsItemId: output.OpsItemId });
		return output.OpsItemId ?? '';
	} catch (error) {
		const existing = (error as { OpsItemId?: string }).OpsItemId;
		if ((error as Error).name !== 'OpsItemAlreadyExistsException' || existing === undefined) throw error;
		await aws.ssm.send(new UpdateOpsItemCommand({ OpsItemId: existing, Description, OperationalData: data }));
		log.warn('a playbook is still not valid', { playbook: name, version, problem, opsItemId: existing });
		return existing;
	}
}

async function resolve({ aws, log }: Deps, OpsItemId: string, { parameterVersion }: SourceState): Promise<void> {
	const resolution = parameterVersion === 0 ? 'the playbook was removed' : `version ${parameterVersion} is valid and in force`;
	try {
		await aws.ssm.send(new UpdateOpsItemCommand({ OpsItemId, Status: 'Resolved', OperationalData: operationalData({ resolution }) }));
		log.info('a playbook has been put right', { opsItemId: OpsItemId, resolution });
	} catch (error) {
		if ((error as Error).name !== 'OpsItemNotFoundException') throw error;
	}
}

function operationalData(values: Readonly<Record<string, string>>): Record<string, OpsItemDataValue> {
	return Object.fromEntries(
		Object.entries(values).map(([key, value]) => [key, { Type: 'SearchableString', Value: value.slice(0, MAX_VALUE) }]),
	);
}
