import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Telemetry, telemetryOf } from '../../shared/telemetry.ts';

const CONTEXT = { awsRequestId: '6f1ac0e5-0000-4000-8000-000000000001' };

/** What is written while a task runs, line by line. */
async function linesOf(task: () => unknown): Promise<Record<string, unknown>[]> {
	const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
	const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
	try {
		await task();
		const written = [...stdout.mock.calls, ...stderr.mock.calls].map(([chunk]) => String(chunk)).join('');
		return written.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
	} finally {
		stdout.mockRestore();
		stderr.mockRestore();
	}
}

interface Embedded {
	readonly Namespace: string;
	readonly Dimensions: readonly (readonly string[])[];
	readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}

/** A line in CloudWatch's embedded metric format. */
function embedded(line: Record<string, unknown>): Embedded {
	const { CloudWatchMetrics } = line['_aws'] as { readonly CloudWatchMetrics: readonly Embedded[] };
	expect(CloudWatchMetrics).toHaveLength(1);
	return CloudWatchMetrics[0] as Embedded;
}

let telemetry: Telemetry;

beforeEach(() => {
	vi.stubEnv('LOG_LEVEL', 'INFO');
	telemetry = telemetryOf({ stage: 'prod' });
});

afterEach(() => {
	vi.unstubAllEnvs();
});

describe('metrics', () => {
	it('of one invocation are one line for each set of dimensions, when it is over', async () => {
		const { count, invocation } = telemetry;
		let during = 0;
		const lines = await linesOf(() =>
			invocation(CONTEXT, async () => {
				for (const seconds of [8, 12]) {
					count('OperationsOpened', { playbook: 'drain-web' });
					count('SecondsToClose', { playbook: 'drain-web' }, seconds);
				}
				count('EventsRetried');
				during = vi.mocked(process.stdout.write).mock.calls.length;
			}),
		);
		expect(during).toBe(0);
		expect(lines).toMatchObject([
			{ service: 'fleetkeeper-prod', playbook: 'drain-web', OperationsOpened: [1, 1], SecondsToClose: [8, 12] },
			{ service: 'fleetkeeper-prod', EventsRetried: 1 },
		]);
	});

	it('carry their namespace, their dimensions and their unit', async () => {
		const lines = await linesOf(() =>
			telemetry.invocation(CONTEXT, async () => {
				telemetry.count('OperationsOpened', { playbook: 'drain-web' });
				telemetry.count('SecondsToClose', { playbook: 'drain-web' }, 8);
				telemetry.count('OldestOpenSeconds', {}, 90);
			}),
		);
		expect(lines.map(embedded)).toEqual([
			{
				Namespace: 'Fleetkeeper',
				Dimensions: [['service', 'playbook']],
				Metrics: [
					{ Name: 'OperationsOpened', Unit: 'Count' },
					{ Name: 'SecondsToClose', Unit: 'Seconds' },
				],
			},
			{ Namespace: 'Fleetkeeper', Dimensions: [['service']], Metrics: [{ Name: 'OldestOpenSeconds', Unit: 'Seconds' }] },
		]);
	});

	it('are written when an invocation fails, and none twice', async () => {
		const lines = await linesOf(async () => {
			const failing = telemetry.invocation(CONTEXT, async () => {
				telemetry.count('EventsRefused');
				throw new Error('no ledger');
			});
			await expect(failing).rejects.toThrow('no ledger');
			await telemetry.invocation(CONTEXT, async () => undefined);
			await telemetry.invocation(CONTEXT, async () => telemetry.count('EventsRefused'));
		});
		expect(lines).toMatchObject([{ EventsRefused: 1 }, { EventsRefused: 1 }]);
	});

	it('of more than CloudWatch takes in one line are all written', async () => {
		const lines = await linesOf(() =>
			telemetry.invocation(CONTEXT, async () => {
				for (let seconds = 0; seconds < 250; seconds += 1) telemetry.count('SecondsToClose', { playbook: 'drain-web' }, seconds);
			}),
		);
		expect(lines.map(({ SecondsToClose }) => (SecondsToClose as unknown[]).length)).toEqual([100, 100, 50]);
		expect(lines.map((line) => embedded(line).Dimensions)).toEqual(Array(3).fill([['service', 'playbook']]));
	});
});

describe('a line of the log', () => {
	it('carries the request id of its own invocation', async () => {
		const { log, invocation } = telemetry;
		const other = { awsRequestId: '6f1ac0e5-0000-4000-8000-000000000002' };
		const lines = await linesOf(async () => {
			for (const context of [CONTEXT, other])
				await invocation(context, async () => log.info('command sent', { operation: 'lifecycle-1-1' }));
		});
		expect(lines).toMatchObject(
			[CONTEXT, other].map(({ awsRequestId }) => ({
				level: 'INFO',
				message: 'command sent',
				operation: 'lifecycle-1-1',
				function_request_id: awsRequestId,
			})),
		);
	});
});
