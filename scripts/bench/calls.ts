/** What an operation costs in AWS calls, counted as the tests of the budgets do. */

import { type DrainOptions, warmDrain } from '../../test/budgets/drains.ts';
import type { Part } from './part.ts';

interface Case extends DrainOptions {
	readonly what: string;
	/** Calls of one operation, and those of the control plane (DESIGN, Budgets). */
	readonly allowed: { readonly total: number; readonly controlPlane: number };
}

const CASES: readonly Case[] = [
	{ what: 'a drain, alone', nodes: 1, pollers: 5, allowed: { total: 10, controlPlane: 4 } },
	{ what: 'a drain in a burst of 50, one poller', nodes: 50, pollers: 1, allowed: { total: 4, controlPlane: 1.1 } },
	{ what: 'a drain in a burst of 50, five pollers', nodes: 50, pollers: 5, allowed: { total: 4.2, controlPlane: 1.3 } },
];

export const calls: Part = {
	name: 'calls',
	async measure({ progress }) {
		const counted = [];
		for (const { what, allowed, ...options } of CASES) {
			progress(`the calls of ${what}`);
			const { spent } = await warmDrain(options);
			const each = (count: number) => count / options.nodes;
			counted.push({ what, allowed, total: each(spent.total), controlPlane: each(spent.controlPlane), by: spent.by });
		}
		const cell = (count: number, allowed: number) => [`${+count.toFixed(2)}${count > allowed ? ' OVER' : ''}`, String(allowed)];
		return {
			title: 'AWS calls of one operation, ledger and publishing included',
			json: counted,
			rows: [
				['operation', 'calls', 'allowed', 'control plane', 'allowed'],
				...counted.map(({ what, total, controlPlane, allowed }) => [
					what,
					...cell(total, allowed.total),
					...cell(controlPlane, allowed.controlPlane),
				]),
			],
			notes: [],
		};
	},
};
