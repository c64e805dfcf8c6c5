/** `aws:changeInstanceState`: starts, stops or terminates instances and waits until they are there. */

import { LATENCY_MS, within } from '../../../assumptions.ts';
import { select } from '../../json-path.ts';
import { type Action, list, required } from '../action.ts';

const CALLS: Readonly<Record<string, string>> = { running: 'StartInstances', stopped: 'StopInstances', terminated: 'TerminateInstances' };

export const changeInstanceState: Action = ({ ctx, inputs, services, done }) => {
	const InstanceIds = list(required(inputs, 'InstanceIds'));
	const desired = String(required(inputs, 'DesiredState'));
	const call = CALLS[desired];
	if (!call) throw new Error(`DesiredState is ${desired}: use running, stopped or terminated.`);
	const fail = (error: Error) => done({ status: 'Failed', message: error.message });
	let cancel = () => {};
	const look = () => {
		services.call('ec2', 'DescribeInstances', { InstanceIds }).then((response) => {
			const states = select(response, '$.Reservations[*].Instances[*].State.Name') as string[];
			if (states.every((state) => state === desired)) done({ status: 'Success', outputs: { InstanceStates: states } });
			else cancel = ctx.clock.after(within(ctx.clock, LATENCY_MS.automationPoll), look);
		}, fail);
	};
	if (String(inputs['CheckStateOnly'] ?? false) === 'true') look();
	else services.call('ec2', call, { InstanceIds }).then(look, fail);
	return () => cancel();
};
