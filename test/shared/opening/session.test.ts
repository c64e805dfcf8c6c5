import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Drop, Fail, Retry } from '../../../shared/errors.ts';
import { openFromSessionEvents } from '../../../shared/opening/session.ts';
import { tickDue } from '../../../shared/operation/clock.ts';
import type { SessionOperation } from '../../../shared/operation/types.ts';
import { sessionAtAws } from '../../../shared/parts/session-at-aws.ts';
import type { CompiledPlaybook, SessionPlaybook } from '../../../shared/playbook/types.ts';
import { sweepSessions } from '../../../shared/sweeps/sessions.ts';
import { awsError, type Core, createCore, type Input, throttled } from '../../support/core.ts';
import { MINUTE } from '../../support/operations.ts';

const WHERE = { account: '111122223333', region: 'eu-west-1' } as const;
const NODE = 'i-0b10e000000000002';
const ID = 'anna-0c4e8a1f5b7d9e263';
const ANNA = 'arn:aws:sts::111122223333:assumed-role/oncall/anna';
const sample = (name: string): Input => JSON.parse(readFileSync(new URL(`../../../events/session-${name}.json`, import.meta.url), 'utf8'));

/** A sample event, now, with other parameters. */
function event(core: Core, name: string, params: object = {}, more: object = {}): Input {
	const given = sample(name);
	const eventTime = new Date(core.now()).toISOString();
	return { ...given, detail: { ...given.detail, eventTime, requestParameters: { ...given.detail.requestParameters, ...params }, ...more } };
}

const ANY = { detail: { target: [{ exists: true }] } };
const rules = (changes: Partial<SessionPlaybook>): CompiledPlaybook<SessionPlaybook> => ({
	playbook: {
		name: 'explained',
		priority: 100,
		on: 'session',
		when: ANY,
		rule: { reasonRequired: true },
		opsItem: {},
		...changes,
	},
	parameterVersion: 3,
});

/** Sessions as AWS lists them, by id. */
async function begin(...playbooks: readonly CompiledPlaybook<SessionPlaybook>[]) {
	const core = await createCore({ playbooks, parts: [sessionAtAws()] });
	const listed = new Map<string, Input>();
	core.on('DescribeSessions', ({ State, Filters = [] }) => {
		const one = Filters.find(({ key }: Input) => key === 'SessionId')?.value;
		const all = [...listed.values()].filter(
			({ SessionId, EndDate }) => (one ?? SessionId) === SessionId && (State === 'History') === !!EndDate,
		);
		return { Sessions: all };
	});
	core.on('TerminateSession', ({ SessionId }) => ({ SessionId }));
	core.on('GetResources', ({ ResourceARNList }) => ({
		ResourceTagMappingList: ResourceARNList.map((ResourceARN: string) => ({ ResourceARN, Tags: [{ Key: 'environment', Value: 'prod' }] })),
	}));
	return { ...core, listed };
}

/** What became of events: the outcomes, or the errors. */
async function open(core: Core, ...events: readonly Input[]) {
	const results = await openFromSessionEvents(core.services, events);
	return results.map((result) => (result.ok ? result.value.outcome : result.error));
}
const known = async (core: Core) => (await core.services.ledger.load(await core.services.ledger.open())) as SessionOperation[];
const listing = (core: Core, SessionId: string, more: object = {}) => ({
	...{ SessionId, Target: NODE, Owner: ANNA, Status: 'Connected', DocumentName: 'fleetkeeper-test-session' },
	StartDate: new Date(core.now() - 10 * MINUTE),
	...more,
});

describe('The events of sessions', () => {
	it('open an operation at the start, once, and tell it of what comes after, in whatever order they come', async () => {
		const core = await begin();
		const [started, resumed] = [event(core, 'started', { documentName: 'fleetkeeper-test-session' }), event(core, 'resumed')];

		expect(await open(core, resumed, started, started)).toEqual(['exists', 'opened', 'exists']);
		const [operation] = await known(core);
		expect(operation).toMatchObject({
			subject: { sessionId: ID, owner: ANNA, node: 'i-0b10e000000000002', reason: 'INC-4711: disk full' },
			playbook: { name: 'sessions' },
			transcript: { s3: `s3://fleetkeeper-test-output-111122223333-eu-west-1/sessions/${ID}.log`, logGroup: '/fleetkeeper/test/sessions' },
			resumes: 1,
		});
		expect(operation?.history[0]).toMatchObject({ what: 'opened', requestId: '7b1e9d40-3c6f-4a82-95e0-d2f84c1ba637' });

		core.pass(7 * MINUTE);
		expect(await open(core, event(core, 'terminated'))).toEqual(['exists']);
		core.listed.set(ID, listing(core, ID, { Status: 'Terminated', EndDate: new Date(core.now()) }));
		core.pass(MINUTE);
		await tickDue(core.services, 'session');
		expect(await known(core)).toEqual([]);
		expect(await open(core, started)).toMatchObject([{ reason: 'old-news' }]);
	});

	it('are dropped where the call failed, or nothing is open about the session, with the reason', async () => {
		const core = await begin();
		const [refused, stray] = await open(core, sample('refused'), event(core, 'terminated'));

		expect(refused).toBeInstanceOf(Drop);
		expect(String(refused)).toMatch(/StartSession of .*anna on i-0b10e000000000003 failed: AccessDenied: User: .* is not authorized/);
		expect(stray).toMatchObject({ reason: 'nothing-open' });
	});

	it('are refused where they are malformed, by the name of what is wrong', async () => {
		const core = await begin();
		const [nameless, overlong, unknown] = await open(
			core,
			event(core, 'started', {}, { responseElements: null }),
			event(core, 'started', {}, { responseElements: { sessionId: 'a'.repeat(97) } }),
			{ detail: { eventName: 'Stop' } },
		);

		expect([nameless, overlong, unknown].map((error) => error instanceof Fail)).toEqual([true, true, true]);
		expect(String(nameless)).toContain('StartSession names none in detail.responseElements.sessionId');
		expect(String(unknown)).toContain('detail.eventName');
	});

	it('say of a session what people typed, without what a terminal would act upon', async () => {
		const core = await begin();
		await open(core, event(core, 'started', { reason: '\u001b[2J INC-7\n\u202eevil  ', documentName: undefined }));

		const [operation] = await known(core);
		expect(operation?.subject).toMatchObject({ reason: '[2J INC-7 evil', document: 'SSM-SessionManagerRunShell' });
		expect(operation).not.toHaveProperty('transcript');
	});
});

describe('The rules for sessions', () => {
	const PROD = { when: { ...ANY, tags: { environment: ['prod'] } } };

	it('ask for the tags of nodes only where a playbook does', async () => {
		const core = await begin(rules({}));
		await open(core, event(core, 'started'));
		expect(core.called()).not.toContain('GetResources');

		const tagged = await begin(rules(PROD));
		await open(tagged, event(tagged, 'started'));
		expect(tagged.calls('GetResources')).toEqual([{ ResourceARNList: [`arn:aws:ec2:eu-west-1:111122223333:instance/${NODE}`] }]);
		expect((await known(tagged))[0]?.playbook.name).toBe('explained');
	});

	it('are those of the first playbook that matches; a node of other tags has none', async () => {
		const core = await begin(rules(PROD), rules({ name: 'vault', priority: 10, when: { detail: { target: ['i-1'] } } }));
		core.on('GetResources', () => ({ ResourceTagMappingList: [] }));
		await open(core, event(core, 'started', { reason: '' }));

		expect((await known(core))[0]?.playbook.name).toBe('sessions');
		expect(core.called()).not.toContain('TerminateSession');
	});

	it('end a session outside of them in the same breath, and open an OpsItem', async () => {
		const core = await begin(rules({}));
		await open(core, event(core, 'started', { reason: '   ' }));

		expect(core.calls('TerminateSession')).toEqual([{ SessionId: ID }]);
		expect(core.calls('CreateOpsItem')[0]).toMatchObject({ Title: `Sessions of ${ANNA} are outside the rules of explained` });
	});

	it('make an event wait whose tags AWS does not tell', async () => {
		const core = await begin(rules(PROD));
		core.on('GetResources', () => {
			throw throttled();
		});
		const [result] = await open(core, event(core, 'started'));
		expect(result).toBeInstanceOf(Retry);
		expect(await known(core)).toEqual([]);
	});
});

describe('The clock of sessions', () => {
	it('reads one list for all that are open, and one end each', async () => {
		const core = await begin();
		const ids = ['a', 'b', 'c'].map((letter) => `anna-${letter.repeat(17)}`);
		await open(core, ...ids.map((sessionId) => event(core, 'started', {}, { responseElements: { sessionId } })));
		for (const id of ids) core.listed.set(id, listing(core, id));
		core.listed.set(ids[2] ?? '', listing(core, ids[2] ?? '', { Status: 'Terminated', EndDate: new Date(core.now() + 30_000) }));
		core.pass(MINUTE);
		await tickDue(core.services, 'session');

		expect(core.calls('DescribeSessions').map(({ State, Filters }) => [State, Filters?.[0].value])).toEqual([
			['Active', undefined],
			['History', ids[2]],
		]);
		expect((await known(core)).map(({ subject }) => subject.sessionId).sort()).toEqual(ids.slice(0, 2));
	});

	it('looks again where AWS does not answer, and goes on with what is terminated', async () => {
		const core = await begin(rules({}));
		core.on('TerminateSession', () => {
			throw awsError('AccessDeniedException');
		});
		core.on('DescribeSessions', () => {
			throw throttled();
		});
		await open(core, event(core, 'started', { reason: '' }));
		core.pass(MINUTE);
		await tickDue(core.services, 'session');

		const [operation] = await known(core);
		expect(operation?.history.map(({ what }) => what)).toEqual(['opened', 'outside the rules', 'not terminated', 'OpsItem']);
		expect(operation).toMatchObject({ state: 'running', result: { opsItemId: 'oi-000000000001' } });
	});
});

describe('The sweep of sessions', () => {
	it('finds what no event told, and lets events come that are on their way', async () => {
		const core = await begin();
		core.listed.set('open', listing(core, 'open'));
		core.listed.set('fresh', listing(core, 'fresh', { StartDate: new Date(core.now() - MINUTE) }));
		core.listed.set('over', listing(core, 'over', { Status: 'Terminated', EndDate: new Date(core.now() - 3 * MINUTE), Reason: 'INC-7' }));

		expect(await sweepSessions(core.services, WHERE)).toEqual({ waiting: 2, opened: 2 });
		expect((await known(core)).map(({ subject }) => subject.sessionId)).toEqual(['open']);
		expect(await sweepSessions(core.services, WHERE)).toEqual({ waiting: 0, opened: 0 });
		expect(core.calls('DescribeSessions')[1]).toMatchObject({ State: 'History', Filters: [{ key: 'InvokedAfter' }] });
	});

	it('goes on with the next one where AWS does not answer', async () => {
		const core = await begin();
		core.on('DescribeSessions', () => {
			throw throttled();
		});
		expect(await sweepSessions(core.services, WHERE)).toEqual({ waiting: 0, opened: 0 });
		expect(core.logs.at(-1)?.message).toContain('the next sweep tries again');
	});
});
