/** The label that shows, in Parameter Store itself, which version of a playbook is in force. */

import type { Deps } from '../deps.ts';
import { callFailure, describeError } from '../errors.ts';
import type { SourceState } from './compiled-item.ts';
import { labelVersion, removeLabel } from './parameter-store.ts';
import type { CompiledPlaybook } from './types.ts';

/** `aws ssm get-parameter --name <parameter>:valid` gives the text that is in force. */
const LABEL = 'valid';
/**
 * How many versions behind the newest a version may be and keep the label. Parameter Store keeps 100 versions and refuses the next one
 * while the oldest has a label (PutParameter, ParameterMaxVersionLimitExceeded): edits must go on, whatever becomes of the label.
 */
const REACH = 50;

/**
 * Gives the label to the version in force of each playbook, where it is not yet. Labels are a service to people: one that Parameter
 * Store refuses is done without, and what a throttle leaves undone the next run does. Never throws.
 * @returns the sources with what is labelled now.
 */
export async function labelVersions(
	deps: Deps,
	sources: Readonly<Record<string, SourceState>>,
	playbooks: readonly CompiledPlaybook[],
): Promise<Record<string, SourceState>> {
	const after = { ...sources };
	const moves = Object.entries(sources).flatMap(([name, { parameterVersion, labelled, ...rest }]) => {
		const inForce = playbooks.find(({ playbook }) => playbook.name === name)?.parameterVersion ?? labelled;
		const wanted = inForce !== undefined && parameterVersion - inForce < REACH ? inForce : undefined;
		return wanted === labelled ? [] : [{ name, wanted, rest: { parameterVersion, ...rest } }];
	});
	// Those that would stand in the way of edits come first: AWS may throttle the others.
	for (const { name, wanted, rest } of moves.sort((a, b) => Number(a.wanted !== undefined) - Number(b.wanted !== undefined))) {
		try {
			await moveLabel(deps, name, wanted);
			after[name] = { ...rest, ...(wanted !== undefined && { labelled: wanted }) };
		} catch (error) {
			deps.log.warn('labels of playbooks are left to the next run', { playbook: name, error: describeError(error) });
			return after;
		}
	}
	return after;
}

/** To a version, or off: also where that version cannot take it, for it must not stay on the one before. */
async function moveLabel(deps: Deps, name: string, version: number | undefined): Promise<void> {
	if (version !== undefined) {
		try {
			return await labelVersion(deps, name, version, LABEL);
		} catch (error) {
			if (callFailure(error) !== 'refused') throw error;
			deps.log.warn('a playbook goes without its label', { playbook: name, version, error: describeError(error) });
		}
	}
	await removeLabel(deps, name, LABEL);
}
