/** Requests to run a command on many nodes. Pure. */

import * as z from 'zod/mini';
import type { Target } from '../../operation/types.ts';
import { CALENDAR } from '../../playbook/brakes.ts';
import { isOwnDocument } from '../../settings.ts';
import { envelope, name, nodeId } from '../envelope.ts';
import { DOCUMENT, list, REQUEST, REQUEST_ENVELOPE, strict } from '../request.ts';
import { BY_GROUP, BY_ID, BY_RING, isByTag, MOST_NODES } from './targets.ts';

/** The detail-type of a request: the request bus alone may bring one. */
export const COMMAND_REQUESTED = 'Run Command Requested';

/** What GetResources of the tagging API takes of filters, which tags are that one SendCommand does not take. */
const TARGETS = 50;
/** The API model of Target, which the form of keys is of too; ids of several commands aside. */
const VALUES = 50;
/** Values of the tag PatchGroup. */
const RINGS = 10;
/** A ring that has shown nothing in a week shows nothing in two. Seconds. */
const LONGEST_SOAK = 604_800;
/** SendCommand takes 30 seconds at least; a playbook lets work take 48 hours at most. */
const [SHORTEST, LONGEST] = [30, 172_800];

/** API reference of CreateGroup. */
const GROUP = /^[\w.-]{1,300}$/;

const KEYS = `expected ${BY_ID}, tag:<key>, tag-key or ${BY_GROUP}`;
const TIME = `expected a whole number of seconds, ${SHORTEST} to ${LONGEST}`;
const TARGET_LIST = `expected a list of 1 to ${TARGETS} targets, each { key, values }`;
const RING_LIST = `expected a list of 1 to ${RINGS} values of the tag PatchGroup`;
const PERCENT = 'expected a whole number of percent, 1 to 100';
const SOAK = `expected a whole number of seconds, 0 to ${LONGEST_SOAK}`;
const CALENDARS = 'expected the name of a Change Calendar, or the ARN of its document, or a list of at most 10 of them';

const target = strict({
	key: z.string(KEYS).check(z.regex(/^(InstanceIds|tag-key|ResourceGroup|tag:[\p{L}\p{Z}\p{N}_.:/=@-]{1,128})$/u, KEYS)),
	values: list(name(256), MOST_NODES, `expected 1 to ${MOST_NODES} values`),
});

const time = z.optional(z.int(TIME).check(z.gte(SHORTEST, TIME), z.lte(LONGEST, TIME)));

const calendar = z.string(CALENDARS).check(z.regex(CALENDAR, CALENDARS));

/** What is asked for. */
const CommandDetail = strict({
	command: z.string().check(z.regex(DOCUMENT, 'expected the name of a Command document: letters, digits, _ - . : and /')),
	/** Of rings they may be left out: all nodes of a ring are meant then. */
	targets: z.optional(list(target, TARGETS, TARGET_LIST)),
	...REQUEST,
	/**
	 * One after another, each as far as the targets go: the next when so many nodes of the one before succeeded, and it has soaked. Rate,
	 * errors and time are those of each.
	 */
	rings: z.optional(list(name(256), RINGS, RING_LIST)),
	successPercent: z.optional(z.int(PERCENT).check(z.gte(1, PERCENT), z.lte(100, PERCENT))),
	soakSeconds: z.optional(z.int(SOAK).check(z.gte(0, SOAK), z.lte(LONGEST_SOAK, SOAK))),
	/** How long it may take, all nodes (of a ring) together: as long as the playbook lets it where it is not said. */
	timeoutSeconds: time,
	/** How long a node may take to begin, waiting for its turn included. */
	deliverWithinSeconds: time,
	/** Beside the calendars of the playbook. */
	calendar: z.optional(z.union([calendar, list(calendar, 10, CALENDARS)], CALENDARS)),
});

/** `Run Command Requested`. */
export const CommandRequest = z.object({
	...envelope,
	...REQUEST_ENVELOPE,
	'detail-type': z.literal(COMMAND_REQUESTED),
	detail: CommandDetail,
});
export type CommandRequest = z.infer<typeof CommandRequest>;

/** The engine gives these to the documents of `runbooks/`. */
const SUPPLIED = ['WorkId', 'TimeoutSeconds'];

/** What is wrong with a request whose parts are right, each by itself. */
export function commandProblem(detail: CommandRequest['detail']): string | undefined {
	const { command, parameters = {}, targets = [], timeoutSeconds, deliverWithinSeconds } = detail;
	const supplied = isOwnDocument(command) ? SUPPLIED.find((each) => Object.hasOwn(parameters, each)) : undefined;
	if (supplied !== undefined) return `parameters.${supplied} is not the requester's to give: Fleetkeeper gives it to ${command} itself`;
	if (timeoutSeconds !== undefined && deliverWithinSeconds !== undefined && deliverWithinSeconds > timeoutSeconds) {
		return `deliverWithinSeconds (${deliverWithinSeconds}) is longer than timeoutSeconds (${timeoutSeconds})`;
	}
	return ringsProblem(detail, targets) ?? kindsProblem(targets) ?? targets.map(targetProblem).find((problem) => problem !== undefined);
}

function ringsProblem({ rings, successPercent, soakSeconds }: CommandRequest['detail'], targets: readonly Target[]): string | undefined {
	if (rings === undefined) {
		if (targets.length === 0) return `targets: ${TARGET_LIST}, where there are no rings`;
		const [lost] = Object.entries({ successPercent, soakSeconds }).filter(([, value]) => value !== undefined);
		return lost && `${lost[0]} is for rings: name them in rings, or leave it out`;
	}
	const twice = rings.find((ring, index) => rings.indexOf(ring) !== index);
	if (twice !== undefined) return `rings name ${twice} twice: each has one turn`;
	const other = targets.find(({ key }) => key === BY_RING || key === BY_GROUP);
	return other && `targets name ${other.key} beside rings, which are values of ${BY_RING}: give the nodes by other tags, or by their ids`;
}

/** Run Command takes nodes by id, by tags or by a resource group (user guide, "Run commands at scale"). */
function kindsProblem(targets: readonly Target[]): string | undefined {
	const kinds = new Set(targets.map((each) => (isByTag(each) ? 'tags' : each.key)));
	if (kinds.size > 1) return `targets are given by ${[...kinds].join(' and by ')}: Run Command takes one of ids, tags and a resource group`;
	const keys = targets.map(({ key }) => key);
	const twice = keys.find((key, index) => keys.indexOf(key) !== index);
	return twice && `targets name ${twice} twice: give it once, with all its values`;
}

function targetProblem({ key, values }: Target, index: number): string | undefined {
	const at = `targets.${index}.values`;
	if (key === BY_ID) {
		const wrong = values.findIndex((value) => !nodeId.safeParse(value).success);
		return wrong < 0 ? undefined : `${at}.${wrong} is '${values[wrong]}': expected the id of a node, i-… or mi-…`;
	}
	if (key === BY_GROUP && !GROUP.test(values[0] ?? '')) return `${at}.0 is '${values[0]}': expected the name of a resource group`;
	if (key === BY_GROUP && values.length > 1) return `${at} names ${values.length} resource groups: Run Command takes one`;
	return values.length > VALUES ? `${at} has ${values.length} values: expected ${VALUES} at most` : undefined;
}
