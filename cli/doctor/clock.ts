/** The clock and the rules: are they there and on, and has the clock ticked lately. */

import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeRuleCommand } from '@aws-sdk/client-eventbridge';
import { SERVICE } from '../../shared/settings.ts';
import { type DeployedRule, deployedRules } from '../support/deployed.ts';
import { instant, span } from '../support/format.ts';
import { type Check, type Finding, found, named, note, ok, plural, type Site, toDo } from './check.ts';
import { describeStack } from './stack.ts';

const MINUTE = 60_000;
/** Metrics show within a few minutes. */
const LOOK_BACK = 15 * MINUTE;
/** The alarm `clock` goes off here too. Seconds. */
const BEHIND = 300;

export const clock: Check = {
	name: 'clock',
	async look(site) {
		return [...(await found(() => rulesOf(site), 'its rules')), ...(await found(() => ticksOf(site), 'its ticks'))];
	},
};

async function rulesOf(site: Site): Promise<Finding[]> {
	const rules = await Promise.all(deployedRules(site.stage).map(async (rule) => ({ rule, state: await stateOf(site, rule) })));
	const are = (wanted: string | undefined, isClock: boolean) =>
		rules.filter(({ rule, state }) => state === wanted && (rule.schedule !== undefined) === isClock).map(({ rule }) => rule.name);
	const missing = [...are(undefined, true), ...are(undefined, false)];
	const [stopped, off] = [are('DISABLED', true), are('DISABLED', false)];
	const on = rules.filter(({ state }) => state !== undefined && state !== 'DISABLED').length;
	return [
		...(missing.length > 0 ? [toDo(`these rules are not there: ${named(missing)}`, `npx sls deploy --stage ${site.stage}`)] : []),
		...(stopped.length > 0
			? [
					toDo(
						`the clock is stopped: ${named(stopped)}: hooks are not kept alive, nothing is found`,
						`aws events enable-rule --name ${stopped[0]}`,
					),
				]
			: []),
		...(off.length > 0
			? [note(`off, with what it brings: ${named(off)}`, 'the setting parts says so; where it does not, enable the rule')]
			: []),
		...(missing.length === 0 && stopped.length === 0 ? [ok(`${plural(on, 'rule')} on`)] : []),
	];
}

async function stateOf({ aws }: Site, { name: Name, bus }: DeployedRule): Promise<string | undefined> {
	try {
		const where = bus === undefined ? {} : { EventBusName: bus };
		return (await aws.events.send(new DescribeRuleCommand({ Name, ...where }))).State ?? 'ENABLED';
	} catch (error) {
		if ((error as Error).name === 'ResourceNotFoundException') return undefined;
		throw error;
	}
}

/** Every tick measures how far it is behind: see shared/operation/clock.ts. */
async function ticksOf(site: Site): Promise<Finding[]> {
	const { aws, services, stage } = site;
	const now = services.now();
	const { Datapoints = [] } = await aws.client(CloudWatchClient).send(
		new GetMetricStatisticsCommand({
			Namespace: 'Fleetkeeper',
			MetricName: 'SecondsBehind',
			Dimensions: [{ Name: 'service', Value: `${SERVICE}-${stage}` }],
			StartTime: new Date(now - LOOK_BACK),
			EndTime: new Date(now),
			Period: 60,
			Statistics: ['Maximum'],
		}),
	);
	const [last] = Datapoints.sort((a, b) => (b.Timestamp?.getTime() ?? 0) - (a.Timestamp?.getTime() ?? 0));
	const remedy = 'the log of reconcile says why; hooks run out meanwhile: fleet -- release completes them all';
	if (last?.Timestamp === undefined) {
		const age = now - ((await describeStack(site))?.CreationTime?.getTime() ?? 0);
		if (age < LOOK_BACK)
			return [note(`deployed ${span(age)} ago, and no tick of the clock is to be seen yet`, 'ask again in a few minutes')];
		return [toDo(`the clock has not ticked for ${span(LOOK_BACK)}`, remedy)];
	}
	const at = `it ticked at ${instant(last.Timestamp.getTime())}`;
	const behind = last.Maximum ?? 0;
	if (behind > BEHIND) return [toDo(`${at}, and found work that had been due for ${span(behind * 1_000)}`, remedy)];
	return [ok(behind === 0 ? `${at}, with nothing overdue` : `${at}, ${span(behind * 1_000)} behind`)];
}
