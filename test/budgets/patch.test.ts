/** What the report of a patch group costs in AWS calls, and how large its operation is. */

import { describe, expect, it } from 'vitest';
import { at, node, reportOf, theRun, withRings } from '../flows/patching.ts';

const NODES = 1_000;

describe('A run on 1,000 nodes, one of which never answers', () => {
	it('is reported by at most 30 calls, its look at the run and the ledger included; the operation stays small', async () => {
		const flow = await withRings({ rings: { dev: NODES }, patching: { scanSeconds: 10, secondsPerPatch: 10, restartSeconds: 20 } });
		flow.world.services.ssm.setAgent(node('dev', 7), 'lost');
		await flow.until(() => flow.calls('PutObject').length > 0 || flow.now > at(14));

		const ended = flow.events('Maintenance Window Execution State-change Notification').at(-1)?.at ?? 0;
		const calls = flow.calls().filter(({ caller, at: when }) => caller.endsWith('maintenance-window') && when > ended);
		const names = calls.map(({ operation }) => operation);
		const report = names.slice(0, names.indexOf('PutObject') + 1);
		expect(report.length, report.join(' ')).toBeLessThanOrEqual(30);
		await flow.minutes(1);
		const run = await theRun(flow, 'dev');
		expect(run.found?.nodes).toMatchObject({ well: NODES - 1, 'never-reached': 1 });
		expect(reportOf(flow, run)['each']).toHaveLength(NODES);
		expect(JSON.stringify(run).length).toBeLessThan(10_000);
	});
});
