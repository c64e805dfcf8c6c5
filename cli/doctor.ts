/** `fleet -- doctor`: asks AWS whether what Fleetkeeper depends on is there, before it is missed. */

import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { inParallel } from '../shared/parallel.ts';
import { alarms } from './doctor/alarms.ts';
import { alerts } from './doctor/alerts.ts';
import { type Check, found, type Place, type Site } from './doctor/check.ts';
import { clock } from './doctor/clock.ts';
import { config } from './doctor/config.ts';
import { hooks } from './doctor/hooks.ts';
import { ledger } from './doctor/ledger.ts';
import { nodes } from './doctor/nodes.ts';
import { opsCenter } from './doctor/ops-center.ts';
import { playbooks } from './doctor/playbooks.ts';
import { deadLetters, queues } from './doctor/queues.ts';
import { quotas } from './doctor/quotas.ts';
import { diagnosisAsJson, diagnosisLines } from './doctor/report.ts';
import { sessions } from './doctor/sessions.ts';
import { stack } from './doctor/stack.ts';
import { readStanding } from './doctor/standing.ts';
import { trail } from './doctor/trail.ts';
import { type Desk, printJson, readArguments, type Verb } from './support/verb.ts';

/** What is ours first, then what it depends on. */
const CHECKS: readonly Check[] = [
	...[stack, ledger, queues, deadLetters, clock, alarms, alerts, playbooks],
	...[hooks, nodes, sessions, config, trail, opsCenter, quotas],
];
/** What one of them asks is paced by its client; together they are to leave the functions their share. */
const AT_ONCE = 3;

export const doctor: Verb = {
	usage: 'doctor [--json]',
	summary: 'asks AWS whether what Fleetkeeper depends on is there, and says what to do',
	details:
		'Reads alone: nothing is changed. Ends with 1 where there is something to do. What the caller may not look at is unknown, and said so.',
	async run(args, desk) {
		const { values } = readArguments(args, {}, [0, 0]);
		const site = siteOf(desk);
		const results = await inParallel(CHECKS, AT_ONCE, async ({ name, look }) => ({ name, findings: await found(() => look(site), name) }));
		const place = await site.place().catch(() => undefined);
		if (values.json) printJson(desk, diagnosisAsJson(desk.stage, place, results));
		else for (const line of diagnosisLines(desk.stage, place, results)) desk.io.out(line);
		return results.some(({ findings }) => findings.some(({ verdict }) => verdict === 'to-do')) ? 1 : undefined;
	},
};

function siteOf(desk: Desk): Site {
	const services = desk.services();
	const { aws, settings } = services;
	return {
		aws,
		settings,
		services,
		stage: desk.stage,
		place: once(async (): Promise<Place> => {
			const { Table } = await aws.dynamoDb.send(new DescribeTableCommand({ TableName: settings.tableName }));
			const [, partition = '', , region = '', account = ''] = (Table?.TableArn ?? '').split(':');
			return { partition, region, account };
		}),
		standing: once(() => readStanding(services)),
	};
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
	let reading: Promise<T> | undefined;
	return () => {
		reading ??= read();
		return reading;
	};
}
