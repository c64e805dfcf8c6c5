import { expect, it } from 'vitest';
import { nodeId } from './deployment.ts';
import { first, throttling } from './faults.ts';
import { begin } from './support.ts';

it('Calls that AWS throttles are counted on a laptop too, those included that the SDK repeats by itself', async () => {
	const flow = await begin({ call: first(2, 'DescribeInstanceInformation', throttling('ssm')) });
	const counted = () => flow.world.metrics.get('CallsThrottled{"calledService":"SSM"}') ?? 0;
	const before = counted();

	await flow.terminate(nodeId(1));
	await flow.minutes(2);

	expect(counted() - before).toBe(2);
});
