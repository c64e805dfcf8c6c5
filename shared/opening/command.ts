/** Opening operations from requests to run a command on many nodes. */

import { Drop, Fail, Retry } from '../errors.ts';
import { allowed } from '../kinds/command/course.ts';
import { CommandRequest, commandProblem } from '../kinds/command/event.ts';
import { NONE } from '../kinds/command/nodes.ts';
import { chunksOf, idsIn, requestText } from '../kinds/command/targets.ts';
import { occasionOf } from '../kinds/event/occasion.ts';
import { operationId, uuidFrom } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { CommandOperation, CommandSubject, Ring, Rings, Run, Target } from '../operation/types.ts';
import { parseEvent } from '../parse.ts';
import { matchEvent } from '../playbook/match.ts';
import type { LoadedPlaybooks } from '../playbook/store.ts';
import type { Brakes, RequestPlaybook } from '../playbook/types.ts';
import { ALLOWING, isAllowedDocument, outputBucket, SERVICE } from '../settings.ts';
import { attempt, type Settled } from '../settled.ts';
import { outputPrefix } from '../work/naming.ts';
import { admit, type Opening, type Sighting } from './admit.ts';
import { opened } from './opened.ts';
import { resolved } from './resolved.ts';

/** SendCommand's own defaults. */
const DEFAULT_CONCURRENCY = '50';
const DEFAULT_ERRORS = '0';

/** A ring is done when so many of its nodes succeeded. */
const SUCCESS_PERCENT = 95;

/** Outside a maintenance window, each node takes a snapshot of the patch baseline of its own where it is given none (user guide). */
const WITH_SNAPSHOT = 'AWS-RunPatchBaseline';

type Detail = CommandRequest['detail'];

/** Opens operations for requests that playbooks allow. A request of an id that there is an operation of opens none. Results are in order. */
export async function openFromCommandRequests(services: Services, events: readonly unknown[]): Promise<Settled<Opening<'command'>>[]> {
	const loaded = await services.playbooks.load();
	const sightings = await Promise.all(events.map((event) => attempt(() => sightingOf(services, loaded, event))));
	const openings = await admit(
		services,
		sightings.flatMap((each) => (each.ok ? [each.value] : [])),
	);
	let next = 0;
	return sightings.map((each) => {
		if (!each.ok) return each;
		next += 1;
		return openings[next - 1] ?? { ok: false, error: new Retry('the request was not handled') };
	});
}

/** @throws Drop where it is our own; Fail where it is malformed, or nobody allows it; Retry where it cannot be judged yet. */
async function sightingOf(services: Services, loaded: LoadedPlaybooks, event: unknown): Promise<Sighting<'command'>> {
	const request = parseEvent(CommandRequest, event, 'a request');
	const { source, account, region, detail, id } = request;
	if (source.startsWith(SERVICE)) throw new Drop('own-event', `${source} is our own source: what we publish opens nothing`);
	if (loaded.reason !== undefined) throw new Retry(`${loaded.reason}: the event is tried again when playbook-change has run`);
	const refuse = (problem: string) =>
		new Fail(`The request ${id} of ${source}${detail.requestedBy === undefined ? '' : `, ${detail.requestedBy}`} is refused: ${problem}`);
	const problem = commandProblem(detail);
	if (problem !== undefined) throw refuse(problem);
	const { command: document } = detail;
	if (!isAllowedDocument(services.settings, document)) throw refuse(`document ${document} is not allowed here: ${ALLOWING}`);
	const found = matchEvent('request', request, loaded.set);
	if ('none' in found) throw refuse(`no playbook allows command ${document} (${found.none})`);
	const { playbook, parameterVersion } = found.playbook;
	const beyond = timeProblem(detail, playbook);
	if (beyond !== undefined) throw refuse(beyond);
	const targets = await resolved(services, detail, refuse);
	const subject: CommandSubject = {
		...{ kind: 'command', source, requestId: detail.requestId ?? id, document, on: requestText(detail) },
		...{ account, region },
	};
	const opened = operationFor(services, request, { ...found.playbook, playbook, parameterVersion }, subject, targets);
	return {
		subject,
		open(_, last) {
			if (last !== undefined) throw new Drop('old-news', `${last.id} was about this very request, and is closed`);
			return opened;
		},
		facts: () => [],
	};
}

/** What is wrong with the times of a request, as far as its playbook goes. */
export function timeProblem({ timeoutSeconds, deliverWithinSeconds }: Detail, { name, run }: RequestPlaybook): string | undefined {
	const most = run.deliverWithinSeconds ?? run.timeoutSeconds;
	if (timeoutSeconds !== undefined && timeoutSeconds > run.timeoutSeconds) {
		return `timeoutSeconds is ${timeoutSeconds}, and playbook ${name} allows ${run.timeoutSeconds} at most`;
	}
	if (deliverWithinSeconds === undefined || deliverWithinSeconds <= most) return undefined;
	return `deliverWithinSeconds is ${deliverWithinSeconds}, and playbook ${name} allows ${most} at most`;
}

function operationFor(
	{ now, settings }: Services,
	request: CommandRequest,
	{ playbook, parameterVersion }: { readonly playbook: RequestPlaybook; readonly parameterVersion: number },
	subject: CommandSubject,
	targets: readonly (readonly Target[])[],
): CommandOperation {
	const { detail } = request;
	const { requestedBy, reason } = detail;
	const brakes = brakesOf(detail, playbook);
	const plans = targets.map((each) => planOf(detail, each));
	const [first = planOf(detail, [])] = plans;
	const { length } = first.chunks;
	const at = now();
	const id = operationId(subject, 1);
	const run = runOf(detail, playbook, id);
	const asked = `asked for by ${requestedBy ?? subject.source}${reason ? `: ${reason}` : ''}`;
	const inParts = detail.rings === undefined && length > 1;
	const parts = inParts ? `, ${idsIn(targets.flat()).length} nodes in ${length} commands one after another` : '';
	return {
		...opened(subject, 1, at, `${playbook.name}: ${run.document} on ${subject.on}${parts}, ${asked}`),
		playbook: { name: playbook.name, parameterVersion },
		run,
		...(brakes && { brakes }),
		then: playbook.then,
		request: { ...(requestedBy !== undefined && { by: requestedBy }), ...(reason !== undefined && { reason }) },
		...(detail.rings && { rings: ringsOf(detail, plans) }),
		...first,
		commands: length,
		left: run.timeoutSeconds * 1_000,
		nodes: NONE,
		errors: 0,
		notable: [],
		output: {
			s3: `s3://${outputBucket(settings, subject.account, subject.region)}/${outputPrefix(id)}/`,
			logGroup: settings.outputLogGroup,
		},
		state: 'starting',
		deadlineAt: at + run.timeoutSeconds * 1_000,
		eventId: request.id,
		occasion: occasionOf({ ...request, detail: { parameters: detail.parameters ?? {} } }, Object.values(run.parameters).flat()),
	};
}

function runOf({ command, parameters = {}, timeoutSeconds, deliverWithinSeconds }: Detail, { run }: RequestPlaybook, id: string): Run {
	const timeout = timeoutSeconds ?? run.timeoutSeconds;
	return {
		type: 'command',
		document: command,
		parameters: {
			...(command === WITH_SNAPSHOT && { SnapshotId: [uuidFrom(id)] }),
			// Values of a request are data: what looks like a path in them leads nowhere.
			...Object.fromEntries(Object.keys(parameters).map((name) => [name, [`$.detail.parameters.${name}`]])),
		},
		timeoutSeconds: timeout,
		deliverWithinSeconds: Math.min(deliverWithinSeconds ?? run.deliverWithinSeconds ?? timeout, timeout),
		registerWithinSeconds: 0,
	};
}

/** The calendars of the playbook and of the request: all must be open. */
function brakesOf({ calendar }: Detail, { brakes }: RequestPlaybook): Brakes | undefined {
	if (calendar === undefined) return brakes;
	const { names = [], closed = 'wait' } = brakes?.calendar ?? {};
	return { ...brakes, calendar: { names: [...new Set([...names, ...[calendar].flat()])], closed } };
}

/** What goes to targets that are known by now. Of several commands, percentages are of all nodes together. */
function planOf({ maxConcurrency = DEFAULT_CONCURRENCY, ...detail }: Detail, targets: readonly Target[]): NonNullable<Ring['plan']> {
	const chunks = chunksOf(targets);
	const maxErrors = detail.maxErrors ?? (detail.rings ? `${100 - percentOf(detail)}%` : DEFAULT_ERRORS);
	if (chunks.length <= 1) return { chunks, maxConcurrency, maxErrors };
	const nodes = idsIn(targets).length;
	return { chunks, maxConcurrency: String(Math.max(allowed(maxConcurrency, nodes), 1)), maxErrors: String(allowed(maxErrors, nodes)) };
}

const percentOf = ({ successPercent = SUCCESS_PERCENT }: Detail) => successPercent;

function ringsOf({ rings = [], soakSeconds = 0, ...detail }: Detail, plans: readonly NonNullable<Ring['plan']>[]): Rings {
	// What the first has is the operation's own.
	const each = rings.map((name, index): Ring => ({ name, ...(index > 0 && plans[index] && { plan: plans[index] }) }));
	return { each, done: 0, successPercent: percentOf({ ...detail, rings }), soakSeconds };
}
