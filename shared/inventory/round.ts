/** Commands for the nodes that break a rule: each is an operation of its own, with the brakes of the rule's playbook. */

import { describeError } from '../errors.ts';
import { NONE } from '../kinds/command/nodes.ts';
import { BY_ID, chunksOf, MOST_NODES, targetsText } from '../kinds/command/targets.ts';
import { admit } from '../opening/admit.ts';
import type { Fact, RoundFact } from '../operation/facts.ts';
import { operationId } from '../operation/ids.ts';
import type { Perform, Services } from '../operation/services.ts';
import type { CommandOperation, CommandSubject, InventoryOperation } from '../operation/types.ts';
import { chunks } from '../parallel.ts';
import type { InventoryPlaybook, Run } from '../playbook/types.ts';
import { outputBucket, SERVICE } from '../settings.ts';
import { outputPrefix } from '../work/naming.ts';
import { nodeFacts } from '../work/nodes.ts';
import { rulingsOf } from './rules.ts';

/** Ids of one DescribeInstanceInformation call. */
const NODES_PER_CALL = 50;
/** What breaks a node breaks a tenth of them at most: so many at once, and so many errors before no more are begun. */
const SHARE = 0.1;

/** Begins the command of the round that is on record. Begun again, the same operation is found. */
export const runRound: Perform<InventoryOperation> = async (services, operations) => {
	const facts = new Map<string, Fact>();
	for (const operation of operations) facts.set(operation.id, await runOne(services, operation));
	return facts;
};

async function runOne(services: Services, operation: InventoryOperation): Promise<Fact> {
	const { subject, round } = operation;
	if (round === undefined) return notDone('refused', 'no round is on record');
	const { set, reason } = await services.playbooks.load();
	if (reason !== undefined) return notDone('retry', reason);
	const playbook = rulingsOf(set).get(subject.rule)?.playbook;
	const run = playbook?.run;
	if (playbook === undefined || run === undefined) return notDone('refused', `playbook ${subject.rule} runs no command any more`);
	const nodes = await online(services, round.nodes.slice(0, MOST_NODES));
	if (nodes === undefined) return notDone('retry', 'Systems Manager does not say which nodes it reaches');
	const opened = commandFor(services, operation, { playbook, run }, nodes, round.number);
	const [opening] = await admit(services, [
		{ subject: opened.subject, open: (_, last) => (last === undefined && nodes.length > 0 ? opened : undefined), facts: () => [] },
	]);
	if (opening?.ok) return { type: 'round', operationId: opening.value.operation.id, nodes } satisfies RoundFact;
	// Nobody was to be reached, and nothing was begun by another run.
	if (nodes.length === 0) return { type: 'round' } satisfies RoundFact;
	return notDone('retry', describeError(opening?.error));
}

/** Those of some nodes that Systems Manager reaches; undefined where it does not say. */
async function online(services: Services, nodes: readonly string[]): Promise<string[] | undefined> {
	const reached: string[] = [];
	for (const ids of chunks(nodes, NODES_PER_CALL)) {
		for (const [id, fact] of await nodeFacts(services, ids)) {
			if (fact.type !== 'node') return undefined;
			if (fact.status === 'online') reached.push(id);
		}
	}
	return reached.sort();
}

function commandFor(
	{ now, settings }: Services,
	{ id: inventoryId, subject: { rule, account, region }, playbook: { parameterVersion }, says }: InventoryOperation,
	{ playbook, run }: { readonly playbook: InventoryPlaybook; readonly run: Run },
	nodes: readonly string[],
	number: number,
): CommandOperation {
	const targets = [{ key: BY_ID, values: nodes }];
	const subject: CommandSubject = {
		...{ kind: 'command', source: `${SERVICE}.inventory`, requestId: `${inventoryId}.${number}`, document: run.document },
		...{ on: targetsText(targets), account, region },
	};
	const each = chunksOf(targets);
	const share = String(Math.max(1, Math.floor(nodes.length * SHARE)));
	const at = now();
	const id = operationId(subject, 1);
	return {
		...{ id, kind: 'command', subject, occurrence: 1 },
		playbook: { name: rule, parameterVersion },
		run,
		...(playbook.brakes && { brakes: playbook.brakes }),
		// The OpsItem of the rule says how it ended.
		then: { onFailure: {} },
		request: { by: `rule ${rule}`, reason: `${inventoryId}: ${says}` },
		...{ chunks: each, commands: each.length, maxConcurrency: share, maxErrors: share },
		...{ left: run.timeoutSeconds * 1_000, nodes: NONE, errors: 0, notable: [] },
		output: {
			s3: `s3://${outputBucket(settings, account, region)}/${outputPrefix(id)}/`,
			logGroup: settings.outputLogGroup,
		},
		state: 'starting',
		history: [
			{ at: new Date(at).toISOString(), what: 'opened', why: `${rule}: ${run.document} on ${subject.on}, for ${inventoryId} (${says})` },
		],
		openedAt: at,
		deadlineAt: at + run.timeoutSeconds * 1_000,
		occasion: { detail: {}, account, region },
		attempts: { start: 0, ending: 0 },
		...{ version: 0, publishedVersion: 0 },
	};
}

/** How the commands stand that were begun, by the ledger: others lead them to their ends. */
export const lookAtRounds: Perform<InventoryOperation> = async ({ ledger }, operations) => {
	const ids = operations.flatMap(({ round }) => round?.operationId ?? []);
	const commands = new Map((await ledger.load(ids)).map((each) => [each.id, each]));
	return new Map(
		operations.flatMap(({ id, round }): [string, Fact][] => {
			const of = round?.operationId;
			if (of === undefined) return [];
			const command = commands.get(of);
			if (command !== undefined && command.closedAt === undefined) return [[id, { type: 'round', operationId: of }]];
			const end = command === undefined ? 'nothing is known of it any more' : `${command.state}: ${command.result?.reason ?? ''}`;
			return [[id, { type: 'round', operationId: of, end }]];
		}),
	);
};

function notDone(why: 'retry' | 'refused', message: string): Fact {
	return { type: 'not-done', effect: 'run-round', why, message };
}
