/** Which nodes a command is asked for, by the options that say so. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandRequest } from '../../shared/kinds/command/event.ts';
import { NONE, total } from '../../shared/kinds/command/nodes.ts';
import { BY_GROUP, BY_ID, idsIn } from '../../shared/kinds/command/targets.ts';
import type { Services } from '../../shared/operation/services.ts';
import type { CommandOperation } from '../../shared/operation/types.ts';
import { inParallel } from '../../shared/parallel.ts';
import { DURATION, DURATION_FORMS, durationSeconds } from '../../shared/playbook/duration.ts';
import { nodeLines } from '../show/nodes.ts';
import { targetOf } from '../support/asking.ts';
import { findOperation } from '../support/find.ts';
import { type Desk, Refusal, type readArguments, UsageError } from '../support/verb.ts';
import { managedNodes } from './nodes.ts';

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;

export const WHOM = {
	target: texts,
	group: text,
	'ids-file': text,
	'failed-of': text,
	ring: texts,
	'success-percent': text,
	soak: text,
} as const;

export const WHOM_USAGE =
	'(--target KEY=VALUE,… … | --group NAME | --ids-file FILE | --failed-of OPERATION | --ring NAME,…) [--success-percent N] [--soak 1d]';
export const WHOM_DETAILS =
	'--target is InstanceIds=<ids>, tag:<key>=<values> or tag-key=<keys>; of several, all must be met. --ids-file has an id a line; ' +
	'--failed-of takes the nodes that did not succeed in another operation, or were never started, in the rings that are left of it. ';

type Values = ReturnType<typeof readArguments<typeof WHOM>>['values'];
type Whom = Pick<CommandRequest['detail'], 'targets' | 'rings' | 'successPercent' | 'soakSeconds'>;

/** @param chosen nodes by options of the verb's own. */
export async function whom(values: Values, desk: Desk, chosen: Whom['targets']): Promise<Whom> {
	const { target, group, 'ids-file': file, 'failed-of': failedOf } = values;
	const given = [target, group, file, failedOf, chosen].filter((each) => each !== undefined);
	const how = ringsOf(values);
	if (given.length === 0 && how.rings === undefined)
		throw new UsageError('says no nodes: give --target, --group, --ids-file, --failed-of or --ring');
	if (given.length > 1)
		throw new UsageError(`takes one of --target, --group, --ids-file${chosen ? ', --failed-of and its own' : ' and --failed-of'}`);
	if (failedOf !== undefined) {
		if (how.rings !== undefined) throw new UsageError('takes no --ring with --failed-of: what is left of the rings is gone through');
		return { ...(await failedNodes(desk, failedOf)), ...how };
	}
	const targets = chosen ?? targetsOf(values, desk.io.cwd);
	return { ...(targets && { targets }), ...how };
}

function targetsOf({ target, group, 'ids-file': file }: Values, folder: string): Whom['targets'] {
	if (group !== undefined) return [{ key: BY_GROUP, values: [group] }];
	if (file !== undefined) return [{ key: BY_ID, values: idsFrom(resolve(folder, file)) }];
	return target?.map(targetOf);
}

function ringsOf({ ring, soak, 'success-percent': percent }: Values): Omit<Whom, 'targets'> {
	if (percent !== undefined && !/^[1-9]\d{0,2}$/.test(percent))
		throw new UsageError(`--success-percent takes a whole number of percent, 1 to 100, not '${percent}'`);
	return {
		...(ring && { rings: ring.flatMap((names) => names.split(',')) }),
		...(percent !== undefined && { successPercent: Number(percent) }),
		...(soak !== undefined && { soakSeconds: soak === '0' ? 0 : seconds('--soak', soak) }),
	};
}

/** @throws UsageError where it is no duration. */
export function seconds(option: string, given: string): number {
	if (!DURATION.test(given)) throw new UsageError(`${option} takes a duration such as ${DURATION_FORMS}, not '${given}'`);
	return durationSeconds(given);
}

function idsFrom(file: string): string[] {
	try {
		const ids = readFileSync(file, 'utf8').split(/[\s,]+/);
		return ids.filter((id) => id !== '');
	} catch (error) {
		throw new UsageError(`--ids-file cannot be read: ${(error as Error).message}`);
	}
}

/** What is left to be done of an operation that is over, in rings where it was in rings. */
async function failedNodes(desk: Desk, given: string): Promise<Whom> {
	const services = desk.services();
	const operation = await findOperation(services, given);
	if (operation.kind !== 'command') throw new Refusal(`${operation.id} is no command on many nodes.`);
	if (operation.closedAt === undefined) throw new Refusal(`${operation.id} is not over: ask again when it is, or fleet -- cancel it.`);
	const unwell = (await nodeLines(services, operation)).filter(({ end }) => end !== 'succeeded').map(({ node }) => node);
	const ids = [...new Set([...unwell, ...(await nodesNeverNamed(services, operation))])];
	if (ids.length === 0) throw new Refusal(`${operation.id} has no nodes on record that did not succeed.`);
	const { rings } = operation;
	if (rings === undefined) return { targets: [{ key: BY_ID, values: ids }] };
	const left = rings.each.filter(({ end, nodes = NONE }) => end === undefined || nodes.succeeded < total(nodes));
	return {
		targets: [{ key: BY_ID, values: ids }],
		rings: left.map(({ name }) => name),
		successPercent: rings.successPercent,
		soakSeconds: rings.soakSeconds,
	};
}

/** Nodes of rings that were never begun, and that nothing but their tags says. */
async function nodesNeverNamed(services: Services, { rings, chunks }: CommandOperation): Promise<string[]> {
	const neverBegun = (rings?.each ?? []).flatMap(({ end, plan }) => (end === undefined ? [plan?.chunks ?? chunks] : []));
	const byTags = neverBegun.flat().filter((targets) => idsIn(targets).length === 0);
	return (await inParallel(byTags, 1, (targets) => managedNodes(services, targets))).flat();
}
