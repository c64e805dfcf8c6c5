/** What the functions weigh, against the SDK clients alone. */

import { functionNames } from '../bundle.ts';
import { isTooHeavy, weighFunction } from '../size.ts';
import type { Part } from './part.ts';

const kilobytes = (bytes: number): string => (bytes / 1_000).toFixed(1);

export const sizes: Part = {
	name: 'sizes',
	async measure({ progress }) {
		progress('bundling every function');
		const weights = await Promise.all(functionNames().map(weighFunction));
		return {
			title: 'Bundles, minified',
			json: weights,
			rows: [
				['function', 'KB', 'SDK alone KB', 'ratio', 'allowed'],
				...weights.map((weight) => [
					weight.name,
					kilobytes(weight.bytes),
					kilobytes(weight.baselineBytes),
					`${weight.ratio.toFixed(3)}${isTooHeavy(weight) ? ' OVER' : ''}`,
					weight.allowedRatio.toFixed(2),
				]),
			],
			notes: [],
		};
	},
};
