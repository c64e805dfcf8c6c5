/** A stage that is well, as it is packaged, with the fleet of `npm start`; and `fleet -- doctor` run on it. */

import { CloudTrailClient, CreateTrailCommand, StartLoggingCommand } from '@aws-sdk/client-cloudtrail';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import type { Finding } from '../../cli/doctor/check.ts';
import { fleet } from '../../cli/fleet.ts';
import { START_FLEET } from '../../local/fleets/start.ts';
import { ensureTemplate } from '../../local/package-template.ts';
import { loadTemplate, type Template } from '../../local/template.ts';
import { createWorld, type Faults } from '../../local/world.ts';
import { recompile } from '../../shared/playbook/change.ts';
import { settingsFrom } from '../../shared/settings.ts';
import { STARTED_AT } from './operating.ts';

export const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:fleetkeeper-local-alerts';

let packaged: Promise<Template> | undefined;

export interface DoctoringOptions {
	readonly faults?: Faults;
	/** What is different about the packaged template. */
	readonly change?: (template: Template) => Template;
	/** Whether the clock has ticked: it has. */
	readonly ticked?: boolean;
}

export async function createDoctoring({ faults = {}, change = (template) => template, ticked = true }: DoctoringOptions = {}) {
	packaged ??= ensureTemplate().then((file) => loadTemplate(file));
	const template = change(await packaged);
	let isOn = false;
	const world = await createWorld({
		seed: 1,
		time: 'simulated',
		startAt: STARTED_AT,
		template,
		// Nobody handles anything: what is looked at is the stage.
		handlers: Object.fromEntries(template.functions.map(({ name }) => [name, () => async () => ({ batchItemFailures: [] })])),
		fleet: { ...START_FLEET, trails: [] },
		faults: { ...faults, call: (...args) => (isOn ? faults.call?.(...args) : undefined) },
	});
	const { services, aws } = world;
	const silent = () => undefined;
	const log = { debug: silent, info: silent, warn: silent, error: silent };
	const deps = { aws, log, now: () => world.clock.now(), count: silent, settings: settingsFrom({ STAGE: 'local' }) };
	services.config.record();
	if (template.tables.length > 0) await world.run(() => recompile(deps));
	await world.run(async () => {
		const trails = aws.client(CloudTrailClient);
		await trails.send(new CreateTrailCommand({ Name: 'all', S3BucketName: 'trails', IsMultiRegionTrail: true }));
		await trails.send(new StartLoggingCommand({ Name: 'all' }));
		await aws.client(SNSClient).send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'email', Endpoint: 'ops@example.com' }));
	});
	services.sns.confirm('ops@example.com');
	if (ticked) services.cloudWatch.record('Fleetkeeper', 'SecondsBehind', { service: 'fleetkeeper-local' }, 0);
	isOn = true;

	async function doctor(...args: string[]) {
		const out: string[] = [];
		const err: string[] = [];
		const io = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text), cwd: '/nowhere' };
		const surroundings = { io, env: {}, connect: () => aws, now: () => world.clock.now(), user: 'ops' };
		const status = await world.run(() => fleet(['doctor', ...args], surroundings));
		return { status, out: out.join('\n'), err: err.join('\n') };
	}

	return {
		world,
		aws,
		services,
		deps,
		doctor,
		/** By check what it finds, each as `verdict: what -> remedy`. */
		async findings(): Promise<Readonly<Record<string, readonly string[]>>> {
			const { checks } = JSON.parse((await doctor('--json')).out) as { checks: { name: string; findings: Finding[] }[] };
			const text = ({ verdict, what, remedy }: Finding) => `${verdict}: ${what}${remedy === undefined ? '' : ` -> ${remedy}`}`;
			return Object.fromEntries(checks.map(({ name, findings }) => [name, findings.map(text)]));
		},
	};
}
