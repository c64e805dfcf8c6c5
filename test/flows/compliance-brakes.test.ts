import { DeleteParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import { makeCalendar } from './calendars.ts';
import { MINUTE } from './deployment.ts';
import { blockPublic, executions, mails, mostAtOnce, PUBLIC, remediation, remediations, setPublic, withBuckets } from './remediating.ts';
import type { Flow } from './support.ts';

const PARAMETER = '/fleetkeeper/local/playbooks/block-public';
const HOUR = 60 * MINUTE;

const states = async (flow: Flow) => (await remediations(flow)).map(({ state, waiting }) => waiting ?? state);
const startedAt = async (flow: Flow) => (await remediations(flow)).map(({ work }) => work?.recordedAt ?? Infinity);

describe('Limits of a remediation', () => {
	it('let a resource that is opened again and again be closed each time without delay: what is over holds no slot', async () => {
		const flow = await withBuckets(1, { playbook: blockPublic('attempts: 5\nlimits: { concurrent: 1 }\n') });
		flow.world.services.config.createRule(PUBLIC);
		for (let round = 0; round < 3; round += 1) {
			await flow.minutes(7);
			setPublic(flow, 1, true);
		}
		await flow.minutes(6);

		const all = await remediations(flow);
		expect(all.map(({ state }) => state)).toEqual(Array(4).fill('succeeded'));
		expect(all.flatMap(({ history }) => history.filter(({ what }) => what === 'waiting'))).toEqual([]);
	});

	it('of 3 in an hour let the others begin in the next', async () => {
		const flow = await withBuckets(5, { playbook: blockPublic('limits: { perHour: 3 }\n') });
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(75);

		const hours = (await startedAt(flow)).map((at) => Math.floor(at / HOUR));
		const first = Math.min(...hours);
		expect([0, 1].map((hour) => hours.filter((each) => each - first === hour).length)).toEqual([3, 2]);
		expect(await states(flow)).toEqual(Array(5).fill('succeeded'));
	});

	it('that skip leave the others alone, without OpsItem or mail', async () => {
		const flow = await withBuckets(3, { playbook: blockPublic('limits: { concurrent: 1, beyond: skip }\n') });
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(40);

		expect((await states(flow)).sort()).toEqual(['skipped', 'skipped', 'succeeded']);
		expect([flow.world.services.ssm.opsItems(), mails(flow)]).toEqual([[], []]);
	});
});

describe('A calendar that is closed', () => {
	const isOpening = ({ 'detail-type': type }: BusEvent) => type === 'Calendar State Change';

	it.each([
		['the event of its opening comes', () => 'deliver' as const, MINUTE],
		['the event of its opening is lost', (event: BusEvent) => (isOpening(event) ? ('drop' as const) : ('deliver' as const)), 10 * MINUTE],
	])('holds remediations back, which begin when %s, under their limits', async (_, event, within) => {
		const flow = await withBuckets(8, { playbook: blockPublic('calendar: freeze\nlimits: { concurrent: 4 }\n'), event });
		const opensAt = flow.now + 40 * MINUTE;
		await makeCalendar(flow, 'freeze', { from: flow.now - MINUTE, to: opensAt });
		flow.world.services.config.createRule(PUBLIC);
		await flow.until(opensAt - 1);
		expect([await states(flow), executions(flow)]).toEqual([Array(8).fill('calendar'), 0]);

		await flow.minutes(13);

		const starts = await startedAt(flow);
		expect(Math.min(...starts)).toBeGreaterThanOrEqual(opensAt);
		expect(Math.min(...starts)).toBeLessThan(opensAt + within);
		expect(await states(flow)).toEqual(Array(8).fill('succeeded'));
		expect(mostAtOnce(await remediations(flow))).toBeLessThanOrEqual(4);
	});

	it('starts nothing in the time between, and closes again', async () => {
		const flow = await withBuckets(6, { playbook: blockPublic('calendar: freeze\nlimits: { concurrent: 2 }\n') });
		const [opens, closes, opensAgain] = [20, 21, 50].map((minute) => flow.now + minute * MINUTE) as [number, number, number];
		await makeCalendar(flow, 'freeze', { from: flow.now - MINUTE, to: opens }, { from: closes, to: opensAgain });
		flow.world.services.config.createRule(PUBLIC);
		await flow.until(opensAgain + 14 * MINUTE);

		const starts = await startedAt(flow);
		// What was read in the minute before is believed.
		const allowed = starts.filter((at) => (at >= opens && at < closes + MINUTE) || at >= opensAgain);
		expect(allowed).toHaveLength(6);
		expect(starts.some((at) => at >= opensAgain)).toBe(true);
		expect(await states(flow)).toEqual(Array(6).fill('succeeded'));
	});

	it('skips what its playbook does not let wait', async () => {
		const flow = await withBuckets(1, { playbook: blockPublic('calendar: freeze\ncalendarClosed: skip\n') });
		await makeCalendar(flow, 'freeze', { from: flow.now - MINUTE, to: flow.now + HOUR });
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(2);

		expect(await remediation(flow)).toMatchObject({ state: 'skipped', result: { reason: expect.stringContaining('CLOSED until') } });
	});
});

describe('A playbook that is edited while remediations are open', () => {
	const put = (flow: Flow, Value: string) =>
		flow.people(({ ssm }) => ssm.send(new PutParameterCommand({ Name: PARAMETER, Value, Overwrite: true })));

	it('and acts from now on takes over within the hour what was only observed', async () => {
		const flow = await withBuckets(2, { playbook: blockPublic('mode: observe\n') });
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(3);
		expect(await states(flow)).toEqual(['skipped', 'skipped']);

		await put(flow, blockPublic());
		await flow.minutes(40);

		expect(await states(flow)).toEqual(['skipped', 'skipped', 'succeeded', 'succeeded']);
		expect(executions(flow)).toBe(2);
	});

	it('or deleted leaves them to their end, as they were begun', async () => {
		const flow = await withBuckets(3, { playbook: blockPublic('limits: { concurrent: 1 }\n') });
		flow.world.services.config.createRule(PUBLIC);
		await flow.minutes(0.4);
		expect((await states(flow)).sort()).toEqual(['limit', 'limit', 'verifying']);

		await flow.people(({ ssm }) => ssm.send(new DeleteParameterCommand({ Name: PARAMETER })));
		await flow.minutes(25);

		expect(await states(flow)).toEqual(Array(3).fill('succeeded'));
	});
});
