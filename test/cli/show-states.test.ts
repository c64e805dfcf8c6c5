import { describe, expect, it } from 'vitest';
import { anAssociation, failing } from '../shared/kinds/association/lives.ts';
import { aState, node, ofNode } from '../shared/kinds/state/lives.ts';
import { createOperating, STARTED_AT } from './operating.ts';

const OPEN = { openedAt: STARTED_AT, dueAt: STARTED_AT } as const;

describe('Operations about the state of nodes', () => {
	it('are shown: an association by its name, with where it fails and its output', async () => {
		const { fleet, put } = await createOperating();
		const again = { at: STARTED_AT, nodes: [node(1)], tries: 1, sent: true } as const;
		const state = { state: 'verifying', failing: 2, nodes: failing(1), document: 'AWS-UpdateSSMAgent', again } as const;
		const { waiting: _waiting, ...shown } = anAssociation({ ...OPEN, ...state, output: 's3://output/state/' });
		const id = await put(shown);

		const { out } = await fleet('show', shown.name);

		expect(out.split('\n')[0]).toBe(id);
		expect(out).toMatch(/association +fleetkeeper-test-agents, 3c1d7e52-/);
		expect(out).toContain(`${node(1)} Failed, and 1 more`);
		expect(out).toMatch(/applied again +on 1 of its nodes at 2026-03-02T08:00:00Z/);
		expect(out).toMatch(/output +s3:\/\/output\/state\//);
	});

	it('are shown: a group with its nodes, a node by its id', async () => {
		const { fleet, put } = await createOperating();
		await put(aState([node(1), node(2)], { ...OPEN, severity: 'critical' }));
		await put(ofNode(node(3), OPEN));

		const { out } = await fleet('show', 'prod');

		expect(out).toMatch(/about +patch compliance of the nodes of patch group prod/);
		expect(out).toContain(`2 of 2: ${node(1)}, ${node(2)}`);
		expect(out).toMatch(/severity +critical/);
		expect((await fleet('show', node(3))).out).toMatch(/not compliant +1 of 1: i-/);
	});

	it('are looked at by the next minute where a person asks for it, completed, and cancelled', async () => {
		const { fleet, put } = await createOperating();
		const id = await put(aState([node(1)], OPEN));

		expect((await fleet('retry', id)).out).toContain('retried: by ops: it is looked at, by the next minute');
		expect((await fleet('extend', id, '1d')).out).toContain('extended: by ops: 86400 s more');
		expect((await fleet('complete', id)).out).toContain(`${id} is skipped`);
		expect((await fleet('retry', id)).err).toContain('Another is opened when Systems Manager finds it noncompliant again');
	});
});
