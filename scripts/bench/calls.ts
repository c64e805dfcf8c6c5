/** What an operation costs in AWS calls, counted as the tests of the budgets do. */

import { CARES } from '../../test/budgets/care.ts';
import { type DrainOptions, type Spent, warmDrain } from '../../test/budgets/drains.ts';
import type { Part } from './part.ts';

interface Case {
	readonly what: string;
	/** Operations at once. */
	readonly operations: number;
	/** Calls of one operation, and those of the control plane (DESIGN, Budgets). */
	readonly allowed: { readonly total: number; readonly controlPlane?: number };
	cost(): Promise<Spent>;
}

function drain(what: string, options: DrainOptions, allowed: Case['allowed']): Case {
	return { what, operations: options.nodes, allowed, cost: async () => (await warmDrain(options)).spent };
}

const CASES: readonly Case[] = [
	drain('a drain, alone', { nodes: 1, pollers: 5 }, { total: 10, controlPlane: 4 }),
	drain('a drain in a burst of 50, one poller', { nodes: 50, pollers: 1 }, { total: 4, controlPlane: 1.1 }),
	drain('a drain in a burst of 50, five pollers', { nodes: 50, pollers: 5 }, { total: 4.2, controlPlane: 1.3 }),
	...CARES.map((care) => ({ ...care, operations: 1 })),
];

const cells = (count: number, allowed = Number.POSITIVE_INFINITY) => [
	`${+count.toFixed(2)}${count > allowed ? ' OVER' : ''}`,
	Number.isFinite(allowed) ? String(allowed) : '',
];

export const calls: Part = {
	name: 'calls',
	async measure({ progress }) {
		const counted = [];
		for (const { what, operations, allowed, cost } of CASES) {
			progress(`the calls of ${what}`);
			const { total, controlPlane, by } = await cost();
			counted.push({ what, allowed, total: total / operations, controlPlane: controlPlane / operations, by });
		}
		return {
			title: 'AWS calls of one operation, ledger and publishing included',
			json: counted,
			rows: [
				['operation', 'calls', 'allowed', 'control plane', 'allowed'],
				...counted.map(({ what, total, controlPlane, allowed }) => [
					what,
					...cells(total, allowed.total),
					...cells(controlPlane, allowed.controlPlane),
				]),
			],
			notes: [],
		};
	},
};
