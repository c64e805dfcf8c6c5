import { describe, expect, it } from 'vitest';
import { nextCommand } from '../../../../shared/kinds/command/next.ts';
import { NONE, tally } from '../../../../shared/kinds/command/nodes.ts';
import type { CommandFact, Effect, Fact } from '../../../../shared/operation/facts.ts';
import type { CommandOperation, NodeResult, Work } from '../../../../shared/operation/types.ts';
import { aCommand, Life, MINUTE, notStarted, OPENED_AT, SECOND, startedAs, workStopped } from '../../../support/operations.ts';

const OPENED: Fact = { type: 'opened' };
const NODES: Fact = { type: 'nodes' };
const ended = (externalId = 'command-1'): Fact => ({ type: 'command', externalId, status: 'ended', details: 'Success' });

/** Nodes by how they ended: `{ Success: 3, Failed: 1 }`. */
function results(by: Readonly<Record<string, number>>, changes: Partial<NodeResult> = {}): NodeResult[] {
	return Object.entries(by).flatMap(([status, count]) =>
		Array.from(
			{ length: count },
			(_, n): NodeResult => ({ node: `${status}-${n}`, commandId: 'command-1', status, listed: true, ...changes }),
		),
	);
}

/** What a look-up says of a command that has ended. */
function looked(by: Readonly<Record<string, number>>, changes: Partial<CommandFact> & { readonly targets?: number } = {}): CommandFact {
	const { targets, details = 'Success', ...others } = changes;
	const all = results(by);
	const [count, errors] = [targets ?? all.length, all.filter(({ status }) => /Failed|ExecutionTimedOut/.test(status)).length];
	return {
		...{ type: 'command', externalId: 'command-1', status: 'ended', details },
		...{ ended: { details, targets: count, errors }, tally: tally(all, count) },
		...others,
	};
}

const life = (changes: Partial<CommandOperation> = {}) => new Life(aCommand(changes), nextCommand);
const running = (changes: Partial<CommandOperation> = {}) => life(changes).meets(OPENED, startedAs('command-1'));
/** Of 50, 50 and 20 nodes. */
const idsOf = (...sizes: number[]) =>
	sizes.map((size, chunk) => [{ key: 'InstanceIds', values: Array.from({ length: size }, (_, n) => `i-${chunk}-${n}`) }]);
const workOf = (effects: readonly Effect[]): Work | undefined =>
	effects.flatMap((effect) => (effect.name === 'start-work' ? effect.work : []))[0];

describe('a command on many nodes', () => {
	it('is sent with its targets and its rate', () => {
		const it = life({ maxConcurrency: '10%', maxErrors: '5%' }).meets(OPENED);
		expect(workOf(it.effects)).toMatchObject({
			type: 'command',
			attempt: 1,
			fleet: {
				targets: [{ key: 'tag:service', values: ['nginx'] }],
				maxConcurrency: '10%',
				maxErrors: '5%',
				deliverWithinSeconds: 3_600,
			},
		});
		expect(it.operation.state).toBe('starting');
	});

	it('is looked up when it has ended, and succeeds where every node did', () => {
		const it = running().after(MINUTE).meets(ended());
		expect(it.asked).toEqual(['look-up-work']);
		expect(it.meets(looked({ Success: 3 })).operation).toMatchObject({
			state: 'succeeded',
			result: { reason: 'restart-service on 3 nodes: 3 succeeded', nodes: { ...NONE, succeeded: 3 } },
		});
		const one = running()
			.after(MINUTE)
			.meets(ended(), looked({ Success: 1 }));
		expect(one.operation.result?.reason).toBe('restart-service on 1 node: 1 succeeded');
	});

	it.each([
		['nodes that failed, within what is allowed', { Success: 8, Failed: 2 }, '2', '8 succeeded, 2 failed'],
		['nodes that were never reached', { Success: 8, Undeliverable: 1, DeliveryTimedOut: 1 }, '0', '8 succeeded, 2 never reached'],
	])('fails with %s', (_, by, maxErrors, said) => {
		const { operation } = running({ maxErrors }).meets(ended(), looked(by));
		expect(operation.state).toBe('failed');
		expect(operation.result?.reason).toContain(`restart-service on 10 nodes: ${said}`);
		expect(operation.result?.reason).not.toContain('MaxErrors');
	});

	it.each([
		['0', { Success: 1, Failed: 1 }, true],
		['1', { Success: 1, Failed: 1 }, false],
		['1', { Success: 1, ExecutionTimedOut: 2 }, true],
		['1', { Success: 1, DeliveryTimedOut: 2 }, false],
		['10%', { Success: 18, Failed: 2 }, false],
		['10%', { Success: 17, Failed: 3 }, true],
		['10%', { Success: 1, Failed: 2, Terminated: 17 }, true],
	])('has more errors than MaxErrors %s allows: %j', (maxErrors, by, isExceeded) => {
		const { operation } = running({ maxErrors }).meets(ended(), looked(by));
		expect(operation.result?.reason.includes(`more errors than MaxErrors ${maxErrors} allows`)).toBe(isExceeded);
	});

	it('says which nodes failed, and how', () => {
		const node: NodeResult = { node: 'i-1', commandId: 'command-1', status: 'Failed', exitCode: 3, output: 'disk full', listed: true };
		const fact = { ...looked({ Success: 1 }), tally: tally([node], 1) };
		expect(running().meets(ended(), fact).operation.result?.reason).toContain('; i-1 (Failed, exit code 3: disk full)');
	});

	it('fails where its targets match no node', () => {
		expect(running().meets(ended(), looked({}, { details: 'NoInstancesInTag' })).operation).toMatchObject({
			state: 'failed',
			result: { reason: 'the targets match no node' },
		});
	});

	it('asks for an OpsItem where its playbook does', () => {
		const it = running({ then: { onFailure: { opsItem: { severity: '3' } } } }).meets(ended(), looked({ Failed: 1 }));
		expect(it.asked).toEqual(['open-ops-item']);
		it.meets({ type: 'done', effect: 'open-ops-item', opsItemId: 'oi-1', opsItem: 'opened' });
		expect(it.operation).toMatchObject({ state: 'failed', result: { opsItemId: 'oi-1' } });
	});
});

describe('the nodes of a command that has ended', () => {
	it('are waited for, and counted again with each that comes', () => {
		const it = running().meets(ended(), looked({ Success: 2 }, { targets: 3 }));
		expect(it.operation).toMatchObject({ state: 'running', over: { ended: { targets: 3 } } });
		expect(it.operation.dueAt).toBeLessThan(it.now + MINUTE);
		expect(it.meets(NODES).asked).toEqual(['look-up-work']);
		expect(it.meets(looked({ Success: 3 })).operation.state).toBe('succeeded');
	});

	it('are nothing while it runs', () => {
		const it = running();
		const before = it.operation;
		it.meets(NODES);
		expect([it.asked, it.operation]).toEqual([[], before]);
	});

	it('are not waited for forever: AWS may never say what became of one', () => {
		const it = running().meets(ended());
		for (let minute = 0; minute < 10; minute += 1)
			it.meets(looked({ Success: 2 }, { targets: 3 }))
				.after(MINUTE)
				.ticks();
		expect(it.meets(looked({ Success: 2 }, { targets: 3 })).operation).toMatchObject({
			state: 'failed',
			result: { reason: 'restart-service on 3 nodes: 2 succeeded, 1 unknown' },
		});
	});

	it('of another command are no news', () => {
		expect(running().meets(ended('command-0')).asked).toEqual([]);
	});
});

describe('more nodes than one command takes', () => {
	const three = (changes: Partial<CommandOperation> = {}) =>
		life({ chunks: idsOf(50, 50, 20), maxErrors: '6', maxConcurrency: '12', ...changes });

	it('have the next command when the one before is over, with what is left of the errors', () => {
		const it = three()
			.meets(OPENED, startedAs('command-1'))
			.after(MINUTE)
			.meets(ended(), looked({ Success: 46, Failed: 4 }));
		expect(workOf(it.effects)).toMatchObject({ id: `${it.operation.id}.2`, fleet: { maxErrors: '2', maxConcurrency: '12' } });
		expect(workOf(it.effects)?.fleet?.targets[0]?.values).toHaveLength(50);
		it.meets(startedAs('command-2'));
		expect(it.operation).toMatchObject({ state: 'running', nodes: { succeeded: 46, failed: 4 }, work: { externalId: 'command-2' } });
		expect(it.operation.over).toBeUndefined();
	});

	it('have none when there were more errors than allowed, and it is said who was never started', () => {
		const { operation } = three().meets(OPENED, startedAs('command-1'), ended(), looked({ Success: 20, Failed: 7, Terminated: 23 }));
		expect(operation.state).toBe('failed');
		expect(operation.result?.nodes).toEqual({ ...NONE, succeeded: 20, failed: 7, unstarted: 93 });
		expect(operation.result?.reason).toContain('restart-service on 120 nodes: 20 succeeded, 7 failed, 93 never started');
	});

	it('share the time of the playbook: what brakes hold up is not counted', () => {
		const it = three()
			.meets(OPENED, startedAs('command-1'))
			.after(40 * MINUTE)
			.meets(ended(), looked({ Success: 50 }));
		expect(workOf(it.effects)?.fleet?.deliverWithinSeconds).toBe(20 * 60);
		it.meets(notStarted('paused', 'an incident'))
			.after(300 * MINUTE)
			.ticks();
		expect(workOf(it.effects)).toBeDefined();
		expect(it.operation.deadlineAt).toBe(it.now + 20 * MINUTE);
	});

	it('ask the calendar before each command', () => {
		const calendar = { calendar: { names: ['freeze'], closed: 'wait' as const } };
		const closed: Fact = { type: 'brake', brake: 'calendar', free: false, why: 'calendar freeze is CLOSED' };
		const it = three({ brakes: calendar }).meets(OPENED);
		expect(it.asked).toEqual(['ask-calendar']);
		it.meets({ ...closed, free: true }, startedAs('command-1'), ended(), looked({ Success: 50 }));
		expect(it.asked).toEqual(['ask-calendar']);
		expect(it.meets(closed).operation).toMatchObject({ state: 'waiting', waiting: 'calendar', nodes: { succeeded: 50 } });
	});

	it('are skipped or failed by a calendar that closes, by whether any has run', () => {
		const brakes = { calendar: { names: ['freeze'], closed: 'skip' as const } };
		const closed: Fact = { type: 'brake', brake: 'calendar', free: false, why: 'calendar freeze is CLOSED' };
		expect(three({ brakes }).meets(OPENED, closed).operation.state).toBe('skipped');
		const begun = three({ brakes }).meets(
			OPENED,
			{ ...closed, free: true },
			startedAs('command-1'),
			ended(),
			looked({ Success: 50 }),
			closed,
		);
		expect(begun.operation).toMatchObject({ state: 'failed', result: { nodes: { succeeded: 50, unstarted: 70 } } });
	});

	it('fail together where AWS refuses a command', () => {
		const it = three().meets(OPENED, notStarted('refused', 'InvalidParameters: ServiceName'));
		expect(it.operation).toMatchObject({ state: 'failed', result: { nodes: { unstarted: 120 } } });
		expect(it.operation.result?.reason).toContain('Systems Manager refused the work: InvalidParameters: ServiceName');
	});

	it('time out together where no time is left for the next command', () => {
		const late = looked({ Success: 50 });
		const { operation } = three()
			.meets(OPENED, startedAs('command-1'))
			.after(61 * MINUTE)
			.meets(ended(), late);
		expect(operation).toMatchObject({ state: 'timed-out', result: { nodes: { succeeded: 50, unstarted: 70 } } });
	});
});

describe('stopping', () => {
	const cancel: Fact = { type: 'operator', verb: 'cancel', by: 'anna' };
	const cancelled = { Success: 2, Cancelled: 1, Terminated: 3 };

	it('lets AWS end the command, and tells what has run', () => {
		const it = running().meets(cancel);
		expect(it.asked).toEqual(['cancel-work']);
		it.meets(workStopped).after(SECOND).meets(ended());
		expect(it.asked).toEqual(['look-up-work']);
		expect(it.meets(looked(cancelled, { details: 'Cancelled' })).operation).toMatchObject({
			state: 'failed',
			result: { reason: expect.stringContaining('6 nodes: 2 succeeded, 1 stopped, 3 never started; cancelled by anna') },
		});
	});

	it('does not wait for long for an agent that never answers', () => {
		const it = running().meets(cancel, workStopped);
		for (let minute = 0; minute < 5; minute += 1) {
			it.after(MINUTE).ticks();
			expect(it.asked).toEqual(['look-up-work']);
			it.meets({ type: 'command', externalId: 'command-1', status: 'running', details: 'Cancelling', tally: tally([], 6) });
		}
		expect(it.operation.state).toBe('failed');
	});

	it('is tried again when AWS does not take it', () => {
		const busy: Fact = { type: 'not-done', effect: 'cancel-work', why: 'retry', message: 'Rate exceeded' };
		const it = running().meets(cancel, busy).after(MINUTE).ticks();
		expect(it.asked).toEqual(['look-up-work', 'cancel-work']);
		expect(it.meets(workStopped).after(MINUTE).ticks().asked).toEqual(['look-up-work']);
	});

	it('before anything is sent closes it at once', () => {
		const it = life().meets(OPENED, notStarted('throttled'), { ...cancel, verb: 'complete' });
		expect(it.operation).toMatchObject({ state: 'skipped', result: { reason: 'completed by anna' } });
	});

	it('follows the deadline, and is told as that', () => {
		const it = running()
			.after(61 * MINUTE)
			.ticks();
		expect(it.asked).toEqual(['look-up-work']);
		it.meets({ type: 'command', externalId: 'command-1', status: 'running', details: 'InProgress' });
		expect(it.asked).toEqual(['cancel-work']);
		it.meets(workStopped, ended(), looked(cancelled, { details: 'Cancelled' }));
		expect(it.operation).toMatchObject({ state: 'timed-out', result: { nodes: { succeeded: 2, cancelled: 1, unstarted: 3 } } });
	});

	it('is not put off: more time comes too late then', () => {
		const it = running().meets(cancel);
		const { deadlineAt } = it.operation;
		it.meets({ type: 'operator', verb: 'extend', by: 'anna', seconds: 600 });
		expect(it.operation.deadlineAt).toBe(deadlineAt);
		expect(it.operation.history.at(-1)).toMatchObject({ what: 'not extended', why: 'by anna: it is being stopped already' });
	});

	it('of somebody else at AWS ends it too', () => {
		expect(running().meets(ended(), looked(cancelled, { details: 'Cancelled' })).operation.result?.reason).toContain(
			'it was cancelled at AWS',
		);
	});
});

describe('AWS in the way', () => {
	it('is asked again at the next tick when it throttles', () => {
		const it = life().meets(OPENED, notStarted('throttled'));
		expect(it.operation).toMatchObject({ state: 'waiting', waiting: 'throttle' });
		expect(workOf(it.after(MINUTE).ticks().effects)).toMatchObject({ attempt: 1 });
	});

	it('gets the command again when it ended it for too many pending invocations', () => {
		const it = running().meets(ended(), looked({}, { details: 'RateExceeded', targets: 900 }));
		expect(it.operation).toMatchObject({ state: 'waiting', waiting: 'throttle' });
		expect(workOf(it.after(MINUTE).ticks().effects)).toMatchObject({ id: `${it.operation.id}.2` });
	});

	it('is looked for where it has not replied, and the command sent again by its own name once that is certain', () => {
		const it = life().meets(OPENED, notStarted('unknown', 'socket hang up')).after(MINUTE).ticks();
		expect(it.asked).toEqual(['find-work']);
		it.meets({ type: 'work-not-found', certain: true });
		expect(workOf(it.effects)).toMatchObject({ id: `${it.operation.id}.1`, attempt: 2 });
	});

	it('is not asked about a command by a request that comes again', () => {
		expect(running().meets({ type: 'seen', eventId: 'event-2' }).asked).toEqual([]);
	});
});

it('observed says what it would run, and where', () => {
	expect(life({ brakes: { observe: true } }).meets(OPENED).operation).toMatchObject({
		state: 'skipped',
		closedAt: OPENED_AT,
		result: { observed: true, reason: 'observed only: would run command restart-service on tag:service=nginx with {}' },
	});
});
