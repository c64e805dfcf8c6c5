/** Requests to run a command on many nodes. Pure. */

import * as z from 'zod/mini';
import type { Target } from '../../operation/types.ts';
import { CALENDAR } from '../../playbook/brakes.ts';
import { isOwnDocument } from '../../settings.ts';
import { envelope, name, nodeId } from '../envelope.ts';
import { DOCUMENT, list, REQUEST, REQUEST_ENVELOPE, strict } from '../request.ts';
import { BY_GROUP, BY_ID, isByTag, MOST_NODES } from './targets.ts';

/** The detail-type of a request: the request bus alone may bring one. */
export const COMMAND_REQUESTED = 'Run Command Requested';

/** What GetResources of the tagging API takes of filters, which tags are that one SendCommand does not take. */
const TARGETS = 50;
/** The API model of Target, which the form of keys is of too; ids of several commands aside. */
const VALUES = 50;
/** SendCommand takes 30 seconds at least; a playbook lets work take 48 hours at most. */
const [SHORTEST, LONGEST] = [30, 172_800];

/** API reference of CreateGroup. */
const GROUP = /^[\w.-]{1,300}$/;

const KEYS = `expected ${BY_ID}, tag:<key>, tag-key or ${BY_GROUP}`;
const TIME = `expected a whole number of seconds, ${SHORTEST} to ${LONGEST}`;
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
	targets: list(target, TARGETS, `expected a list of 1 to ${TARGETS} targets, each { key, values }`),
	...REQUEST,
	/** How long it may take, all nodes together: as long as the playbook lets it where it is not said. */
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
	const { command, parameters = {}, targets, timeoutSeconds, deliverWithinSeconds } = detail;
	const supplied = isOwnDocument(command) ? SUPPLIED.find((each) => Object.hasOwn(parameters, each)) : undefined;
	if (supplied !== undefined) return `parameters.${supplied} is not the requester's to give: Fleetkeeper gives it to ${command} itself`;
	if (timeoutSeconds !== undefined && deliverWithinSeconds !== undefined && deliverWithinSeconds > timeoutSeconds) {
		return `deliverWithinSeconds (${deliverWithinSeconds}) is longer than timeoutSeconds (${timeoutSeconds})`;
	}
	return kindsProblem(targets) ?? targets.map(targetProblem).find((problem) => problem !== undefined);
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
