import { beforeAll, describe, expect, it } from 'vitest';
import { apiOperations, type Bundle, bundleText } from '../../scripts/bundle.ts';
import { baselineOf, isTooHeavy } from '../../scripts/size.ts';

const SDK_ONLY = `
	import { SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
	const client = new SSMClient({});
	export const handler = (input) => client.send(new SendCommandCommand(input));`;

let sdkOnly: Bundle;

beforeAll(async () => {
	sdkOnly = await bundleText(SDK_ONLY);
});

describe('the weight of a function', () => {
	it('is measured against the clients and commands that are in its own bundle', () => {
		expect([...apiOperations(sdkOnly)]).toEqual([['@aws-sdk/client-ssm', ['SendCommand']]]);
		expect(baselineOf(sdkOnly)).toContain('new sdk0.SSMClient({}), sdk0.SendCommandCommand');
	});

	it('is that of the SDK where there is nothing else', async () => {
		const baseline = await bundleText(baselineOf(sdkOnly));
		expect(sdkOnly.bytes / baseline.bytes).toBeCloseTo(1, 2);
	});

	it('is too much with a whole package for a few of its functions', async () => {
		const heavy = await bundleText(`import * as zod from 'zod'; export const schemas = { ...zod };${SDK_ONLY}`);
		const baseline = await bundleText(baselineOf(heavy));
		const weight = {
			name: 'heavy',
			bytes: heavy.bytes,
			baselineBytes: baseline.bytes,
			ratio: heavy.bytes / baseline.bytes,
			allowedRatio: 1.15,
		};
		expect(isTooHeavy(weight)).toBe(true);
	});
});
