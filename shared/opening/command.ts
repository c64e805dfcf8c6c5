/** Opening operations from requests to run a command on many nodes. */

import { Drop, Fail, Retry } from '../errors.ts';
import { allowed } from '../kinds/command/course.ts';
import { CommandRequest, commandProblem } from '../kinds/command/event.ts';
import { NONE } from '../kinds/command/nodes.ts';
import { BY_ID, chunksOf, fitsOneCommand, idsIn, targetsText } from '../kinds/command/targets.ts';
import { occasionOf } from '../kinds/event/occasion.ts';
import { operationId } from '../operation/ids.ts';
import type { Services } from '../operation/services.ts';
import type { CommandOperation, CommandSubject, Run, Target } from '../operation/types.ts';
import { parseEvent } from '../parse.ts';
import { matchEvent } from '../playbook/match.ts';
import type { LoadedPlaybooks } from '../playbook/store.ts';
import type { Brakes, RequestPlaybook } from '../playbook/types.ts';
import { ALLOWING, isAllowedDocument, outputBucket, SERVICE } from '../settings.ts';
import { attempt, type Settled } from '../settled.ts';
import { outputPrefix } from '../work/naming.ts';
import { admit, type Opening, type Sighting } from './admit.ts';
import { nodesByTags } from './nodes-by-tag.ts';

/** SendCommand's own defaults. */
const DEFAULT_CONCURRENCY = '50';
const DEFAULT_ERRORS = '0';

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
	const targets = await resolved(services, detail.targets, refuse);
	const subject: CommandSubject = {
		...{ kind: 'command', source, requestId: detail.requestId ?? id, document, on: targetsText(detail.targets) },
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

/** Targets that one SendCommand does not take become the ids of their nodes. */
async function resolved(services: Services, targets: readonly Target[], refuse: (problem: string) => Error): Promise<readonly Target[]> {
	if (fitsOneCommand(targets)) return targets;
	try {
		return [{ key: BY_ID, values: await nodesByTags(services, targets) }];
	} catch (error) {
		throw error instanceof Fail ? refuse(error.message) : error;
	}
}

function operationFor(
	{ now, settings }: Services,
	request: CommandRequest,
	{ playbook, parameterVersion }: { readonly playbook: RequestPlaybook; readonly parameterVersion: number },
	subject: CommandSubject,
	targets: readonly Target[],
): CommandOperation {
	const { detail } = request;
	const { requestedBy, reason } = detail;
	const run = runOf(detail, playbook);
	const brakes = brakesOf(detail, playbook);
	const chunks = chunksOf(targets);
	const at = now();
	const id = operationId(subject, 1);
	const asked = `asked for by ${requestedBy ?? subject.source}${reason ? `: ${reason}` : ''}`;
	const parts = chunks.length > 1 ? `, ${idsIn(targets).length} nodes in ${chunks.length} commands one after another` : '';
	return {
		id,
		kind: 'command',
		subject,
		occurrence: 1,
		playbook: { name: playbook.name, parameterVersion },
		run,
		...(brakes && { brakes }),
		then: playbook.then,
		request: { ...(requestedBy !== undefined && { by: requestedBy }), ...(reason !== undefined && { reason }) },
		...rateOf(detail, chunks.length, idsIn(targets).length),
		chunks,
		commands: chunks.length,
		left: run.timeoutSeconds * 1_000,
		nodes: NONE,
		errors: 0,
		notable: [],
		output: {
			s3: `s3://${outputBucket(settings, subject.account, subject.region)}/${outputPrefix(id)}/`,
			logGroup: settings.outputLogGroup,
		},
		state: 'starting',
		history: [
			{ at: new Date(at).toISOString(), what: 'opened', why: `${playbook.name}: ${run.document} on ${subject.on}${parts}, ${asked}` },
		],
		openedAt: at,
		deadlineAt: at + run.timeoutSeconds * 1_000,
		eventId: request.id,
		occasion: occasionOf({ ...request, detail: { parameters: detail.parameters ?? {} } }, Object.values(run.parameters).flat()),
		attempts: { start: 0, ending: 0 },
		version: 0,
		publishedVersion: 0,
	};
}

function runOf({ command, parameters = {}, timeoutSeconds, deliverWithinSeconds }: Detail, { run }: RequestPlaybook): Run {
	const timeout = timeoutSeconds ?? run.timeoutSeconds;
	return {
		type: 'command',
		document: command,
		// Values of a request are data: what looks like a path in them leads nowhere.
		parameters: Object.fromEntries(Object.keys(parameters).map((name) => [name, [`$.detail.parameters.${name}`]])),
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

/** Of several commands, percentages are of all nodes together. */
function rateOf({ maxConcurrency = DEFAULT_CONCURRENCY, maxErrors = DEFAULT_ERRORS }: Detail, commands: number, nodes: number) {
	if (commands <= 1) return { maxConcurrency, maxErrors };
	return { maxConcurrency: String(Math.max(allowed(maxConcurrency, nodes), 1)), maxErrors: String(allowed(maxErrors, nodes)) };
}
