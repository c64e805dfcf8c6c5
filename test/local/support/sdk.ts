/** What SDK clients need to reach the services of a small AWS over the wire. */

import { inProcess } from '../../../local/aws/http.ts';
import { RequestLog } from '../../../local/aws/request-log.ts';
import { createWire } from '../../../local/aws/wire.ts';
import type { SmallAws } from './small-aws.ts';

export function clientOptions(aws: SmallAws, caller = 'operator') {
	const wire = createWire({
		context: aws.ctx,
		log: new RequestLog(),
		services: aws.definitions,
		onCall: aws.observe,
		onDefect: (error) => {
			throw error;
		},
	});
	return {
		region: 'eu-west-1',
		credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
		requestHandler: inProcess(wire, { caller }),
		maxAttempts: 1,
	};
}
