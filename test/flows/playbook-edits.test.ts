import { DescribeParametersCommand, GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { createPlaybookStore } from '../../shared/playbook/store.ts';
import { settingsFrom } from '../../shared/settings.ts';
import { MINUTE, SECOND, START } from './deployment.ts';
import { begin, type Flow } from './support.ts';

const PARAMETER = '/fleetkeeper/local/playbooks/drain-web';

/** A playbook that drains, with its timeout: minutes, or something that is no duration. */
const drain = (timeout: string) => `name: drain-web
priority: 100
on: instance-terminating
when:
  detail: { AutoScalingGroupName: [web-blue], LifecycleHookName: [fleetkeeper-drain] }
run:
  command: drain-node
  timeout: ${timeout}
`;

/** People edit the playbook as fast as Parameter Store lets them for long: once a second. */
async function edit(flow: Flow, ...texts: readonly string[]): Promise<void> {
	for (const Value of texts) {
		await flow.people(({ ssm }) => ssm.send(new PutParameterCommand({ Name: PARAMETER, Value, Overwrite: true })));
		await flow.world.runFor(SECOND);
	}
}

/** The text of the version with a label; undefined where no version has it. */
async function labelled(flow: Flow): Promise<{ version: number | undefined; text: string | undefined } | undefined> {
	return flow.people(async ({ ssm }) => {
		try {
			const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `${PARAMETER}:valid` }));
			return { version: Parameter?.Version, text: Parameter?.Value };
		} catch (error) {
			if ((error as Error).name !== 'ParameterVersionNotFound') throw error;
			return undefined;
		}
	});
}

/** The timeout in force, in seconds, as functions read it. */
async function timeoutInForce(flow: Flow): Promise<number | undefined> {
	const log = { debug() {}, info() {}, warn() {}, error() {} };
	const store = createPlaybookStore({ aws: flow.world.aws, settings: settingsFrom({ STAGE: 'local' }), now: () => flow.now, log });
	const { set } = await flow.people(() => store.load());
	return set.playbooks.find(({ playbook }) => playbook.name === 'drain-web')?.playbook.run?.timeoutSeconds;
}

const begun = () => begin({ cold: true, nodes: 0, playbooks: { 'drain-web': drain('10m') } });

const opsItems = (flow: Flow) => flow.world.services.ssm.opsItems().map(({ title, status }) => ({ title, status }));

describe('An edit of a playbook', () => {
	it('is in force within seconds, and its version is labelled', async () => {
		const flow = await begun();
		await flow.minutes(1);
		expect(await timeoutInForce(flow)).toBe(600);

		await edit(flow, drain('20m'));
		await flow.world.runFor(5 * SECOND);

		expect(await timeoutInForce(flow)).toBe(1_200);
		expect(await labelled(flow)).toEqual({ version: 2, text: drain('20m') });
	});

	it('whose event never came is found by the clock, as what is deployed before the function is', async () => {
		const flow = await begin({ cold: true, nodes: 0, playbooks: { 'drain-web': drain('10m') }, event: () => 'drop' });
		await flow.until(START + 59 * SECOND);
		expect(await timeoutInForce(flow)).toBeUndefined();
		await flow.until(START + 70 * SECOND);
		expect(await timeoutInForce(flow)).toBe(600);

		await edit(flow, drain('20m'));
		await flow.minutes(1);
		expect(await timeoutInForce(flow)).toBe(1_200);
	});

	it('starts no loop by being labelled, and a minute without one costs a call, and one for every ten playbooks', async () => {
		const flow = await begun();
		await edit(flow, drain('20m'));
		await flow.minutes(3);
		const before = flow.calls().length;

		await flow.minutes(1);

		const calls = flow
			.calls()
			.slice(before)
			.filter(({ caller }) => caller.endsWith('playbook-change'));
		const playbooks = await flow.people(({ ssm }) => ssm.send(new DescribeParametersCommand({ MaxResults: 50 })));
		const pages = Math.ceil((playbooks.Parameters?.length ?? 0) / 10);
		expect(calls.map(({ operation }) => operation)).toEqual(['GetItem', ...Array(pages).fill('GetParametersByPath')]);
	});

	it('that is not valid leaves the last valid version in force, and the one that puts it right resolves the OpsItem', async () => {
		const flow = await begun();
		await edit(flow, drain('ten minutes'));
		await flow.minutes(1);
		expect(await timeoutInForce(flow)).toBe(600);
		expect(opsItems(flow)).toEqual([{ title: 'Playbook drain-web is not valid (stage local)', status: 'Open' }]);
		expect(flow.world.services.ssm.opsItems()[0]?.description).toContain(`${PARAMETER}:8:12 run.timeout: 'ten minutes' is not a duration`);

		await edit(flow, drain('30m'));
		await flow.minutes(1);
		expect(await timeoutInForce(flow)).toBe(1_800);
		expect(opsItems(flow)).toEqual([{ title: 'Playbook drain-web is not valid (stage local)', status: 'Resolved' }]);
	});
});

describe('A policy on a playbook', () => {
	it.each([
		['Expiration', 'has expired'],
		['ExpirationNotification', 'expires soon'],
		['NoChangeNotification', 'has not been changed for long'],
	])('that has something to say (%s) opens an OpsItem', async (policy, words) => {
		const flow = await begun();
		await flow.minutes(1);
		const detail = { 'parameter-name': PARAMETER, 'parameter-type': 'String', 'policy-type': policy, 'action-status': 'Success' };
		flow.world.putEvent({ source: 'aws.ssm', detailType: 'Parameter Store Policy Action', detail });
		await flow.world.runFor(10 * SECOND);

		expect(opsItems(flow)).toEqual([{ title: `Playbook drain-web ${words} (stage local)`, status: 'Open' }]);
		expect(flow.deadLetters('playbook-change')).toEqual([]);
	});
});

describe('More edits than Parameter Store keeps versions', () => {
	const minutes = (count: number) => Array.from({ length: count }, (_, i) => drain(`${i + 1}m`));
	const broken = (count: number) => Array.from({ length: count }, (_, i) => drain(`${i + 1} min`));

	it('are all taken where they are valid, and the label goes along', async () => {
		const flow = await begun();
		await edit(flow, ...minutes(130));
		await flow.minutes(1);
		expect(await timeoutInForce(flow)).toBe(130 * 60);
		expect(await labelled(flow)).toEqual({ version: 131, text: drain('130m') });
	});

	it('are all taken where none is valid: the label comes off in time, and the version in force outlives its text', async () => {
		const flow = await begun();
		await edit(flow, ...broken(130));
		await flow.minutes(1);
		expect(await timeoutInForce(flow)).toBe(600);
		expect(await labelled(flow)).toBeUndefined();
		expect(opsItems(flow)).toEqual([{ title: 'Playbook drain-web is not valid (stage local)', status: 'Open' }]);

		await edit(flow, drain('30m'));
		await flow.minutes(1);
		expect(await timeoutInForce(flow)).toBe(1_800);
		expect(await labelled(flow)).toEqual({ version: 132, text: drain('30m') });
		expect(opsItems(flow).map(({ status }) => status)).toEqual(['Resolved']);
	});

	it('are all taken where no event of them arrives', async () => {
		const flow = await begin({ cold: true, nodes: 0, playbooks: { 'drain-web': drain('10m') }, event: () => 'drop' });
		await flow.minutes(2);
		await edit(flow, ...broken(45), drain('20m'), ...broken(130));
		await flow.until(flow.now + 2 * MINUTE);
		expect(await timeoutInForce(flow)).toBe(1_200);
		expect(await labelled(flow)).toBeUndefined();
	});
});
