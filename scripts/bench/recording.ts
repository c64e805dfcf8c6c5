/** What functions are asked in a small world, and every answer that AWS gives them: what the benchmark asks them again. */

import { TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import type { InProcessHandler } from '../../local/aws/http.ts';
import { LOCAL_CREDENTIALS, loadHandlers } from '../../local/environment.ts';
import type { Fleet } from '../../local/fleet.ts';
import { ensureTemplate } from '../../local/package-template.ts';
import { loadTemplate } from '../../local/template.ts';
import { createWorld, type World } from '../../local/world.ts';
import { createAws } from '../../shared/aws/clients.ts';
import type { CreateHandler, Deps } from '../../shared/deps.ts';

export interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
}

/** One AWS call of an invocation. */
export interface RecordedCall {
	readonly operation: string;
	/** As the SDK's command takes it. */
	readonly input: unknown;
	readonly answer: Answer;
}

export interface Invocation {
	/** As `serverless.yml` has it. */
	readonly functionName: string;
	/** Epoch milliseconds, in the world's time. */
	readonly at: number;
	readonly event: unknown;
	readonly calls: readonly RecordedCall[];
}

/** `each`: every invocation is its environment's first. `kept`: a function has one environment, which remembers what it has read. */
export type Environments = 'each' | 'kept';

export const REGION = 'eu-west-1';
const PREFIX = 'fleetkeeper-local-';
const START = Date.parse('2026-03-02T09:00:00Z');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Between two nodes that go: further apart than queues gather what they deliver. */
const APART = 5 * SECOND;

const webNode = (index: number) => `i-0be7c${String(index + 1).padStart(12, '0')}`;
const STAYS = 'i-0be7c57a450000001';
const BATCH_NODE = 'i-0be7cba7c00000001';

function fleet(nodes: number): Fleet {
	const hook = (name: string) => ({ name, on: 'terminate', heartbeatTimeoutSeconds: 1_800, defaultResult: 'CONTINUE' }) as const;
	return {
		groups: [
			{
				name: 'web-blue',
				min: 0,
				max: nodes + 1,
				tags: { service: 'nginx' },
				hooks: [hook('fleetkeeper-drain')],
				behaviours: { 'drain-node': { durationSeconds: 40, stdout: 'drained\n' } },
				nodes: [{ id: STAYS, httpTokens: 'optional' }, ...Array.from({ length: nodes }, (_, index) => ({ id: webNode(index) }))],
			},
			{
				name: 'batch-workers',
				min: 0,
				max: 1,
				tags: { service: 'batch' },
				hooks: [hook('fleetkeeper-collect')],
				behaviours: { 'collect-logs': { durationSeconds: 20 }, 'drain-node': { durationSeconds: 20 } },
				nodes: [{ id: BATCH_NODE }],
			},
		],
	};
}

/** Something for every function: nodes go, an alarm goes off, a rule finds something, AWS has a notice. */
function script(world: World, nodes: number): void {
	const { cloudWatch, config } = world.services;
	const terminate = (InstanceId: string) => () =>
		void world.aws.autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true }));
	config.record();
	const alarm = cloudWatch.addMetricAlarm({
		AlarmName: 'web-latency-high',
		Namespace: 'AWS/EC2',
		MetricName: 'CPUUtilization',
		Dimensions: [{ Name: 'InstanceId', Value: STAYS }],
		Statistic: 'Average',
		Period: 60,
		EvaluationPeriods: 1,
		Threshold: 80,
		ComparisonOperator: 'GreaterThanOrEqualToThreshold',
	});
	world.at(START + 15 * SECOND, () => alarm.set('ALARM', 'Threshold Crossed: 1 datapoint [93.0] was greater than the threshold (80.0).'));
	world.at(START + 20 * SECOND, () => config.createRule({ name: 'fleetkeeper-imdsv2', judge: 'EC2_IMDSV2_CHECK' }));
	world.at(START + 25 * SECOND, () =>
		world.putEvent({
			source: 'aws.health',
			detailType: 'AWS Health Event',
			detail: { eventArn: 'arn:aws:health:eu-west-1::event/EC2/RETIREMENT/1', service: 'EC2', eventTypeCategory: 'scheduledChange' },
		}),
	);
	for (let index = 0; index < nodes; index += 1) world.at(START + MINUTE + index * APART, terminate(webNode(index)));
	world.at(START + MINUTE + nodes * APART, terminate(BATCH_NODE));
}

/** All invocations of a world in which this many nodes go, in order of their beginnings. */
export async function recordInvocations(environments: Environments, nodes: number): Promise<Invocation[]> {
	const template = await loadTemplate(await ensureTemplate());
	const inputs = new Map<string, unknown>();
	const invocations: Invocation[] = [];
	const handlers = Object.entries(await loadHandlers(template.functions)).map(([name, create]) => {
		const functionName = name.slice(PREFIX.length);
		return [name, recording(functionName, create, environments, inputs, invocations)] as const;
	});
	const world = await createWorld({
		seed: 1,
		time: 'simulated',
		startAt: START,
		template,
		handlers: Object.fromEntries(handlers),
		fleet: fleet(nodes),
		faults: { call: ({ requestId, input }) => void inputs.set(requestId, structuredClone(input)) },
	});
	script(world, nodes);
	await world.runFor(3 * MINUTE + nodes * APART);
	world.close();
	return invocations;
}

/** A function that does its work, and keeps what it was asked and what AWS answered. */
function recording(
	functionName: string,
	create: CreateHandler,
	environments: Environments,
	inputs: ReadonlyMap<string, unknown>,
	invocations: Invocation[],
): CreateHandler {
	return (deps: Deps) => {
		let calls: RecordedCall[] = [];
		const start = () => create({ ...deps, aws: recordingAws(deps, inputs, (call) => calls.push(call)) });
		let handler = start();
		let began = false;
		return async (event, context) => {
			if (began && environments === 'each') handler = start();
			began = true;
			calls = [];
			invocations.push({ functionName, at: deps.now(), event: structuredClone(event), calls });
			return handler(event, context);
		};
	};
}

function recordingAws({ aws }: Deps, inputs: ReadonlyMap<string, unknown>, onCall: (call: RecordedCall) => void) {
	const inProcess = aws.ssm.config.requestHandler as unknown as InProcessHandler;
	const requestHandler: InProcessHandler = {
		...inProcess,
		async handle(request) {
			const answered = await inProcess.handle(request);
			const { statusCode, headers, body } = answered.response;
			const answer = { status: statusCode, headers, body: Buffer.from(body as Uint8Array).toString('utf8') };
			const operation = operationOf(request.headers, () => String(request.body));
			onCall({ operation, input: inputs.get(headers['x-amzn-requestid'] ?? ''), answer });
			return answered;
		},
	};
	return createAws({ region: REGION, credentials: LOCAL_CREDENTIALS, requestHandler: requestHandler as never });
}

/** What a request asks for: JSON services say so in a header, Query services in their form. */
export function operationOf(headers: Readonly<Record<string, string | string[] | undefined>>, body: () => string): string {
	const target = headers['x-amz-target'];
	return typeof target === 'string' ? target.slice(target.lastIndexOf('.') + 1) : (new URLSearchParams(body()).get('Action') ?? 'nothing');
}
