/** The rest of AWS, as an execution reaches it: in its role. */

import type { SendCommandCommandInput } from '@aws-sdk/client-ssm';
import { type ApiCallListener, madeBy } from '../../api-call.ts';
import type { Iam } from '../../iam/index.ts';
import type { ServiceDefinition } from '../../service.ts';
import type { AwsContext } from '../../types.ts';
import type { Command } from '../command-model.ts';
import type { Commands } from '../commands.ts';
import type { AutomationServices } from './action.ts';
import type { Execution } from './model.ts';

/** Who calls, in the calls of a runbook. */
const AUTOMATION = 'ssm.amazonaws.com';

/** What `aws:runCommand` calls to follow a command: not published, but named by AWS's own runbooks that have such a step. */
const FOLLOWING = ['ListCommands', 'ListCommandInvocations'] as const;

export interface ReachOptions {
	readonly ctx: AwsContext;
	readonly services: () => readonly Pick<ServiceDefinition, 'name' | 'operations'>[];
	readonly commands: Commands;
	/** @throws AwsError as SendCommand does. */
	readonly make: (input: SendCommandCommandInput) => Command;
	readonly onCall?: ApiCallListener;
	readonly iam?: Iam;
}

export function createReach({ ctx, services, commands, make, onCall, iam }: ReachOptions): (execution: Execution) => AutomationServices {
	return ({ session }) => {
		const refusal = (service: string, operation: string, input: unknown = {}) =>
			session && iam?.refusal(session, { service, operation, input });
		/** @throws AwsError where the role does not allow it. */
		const check = (...call: Parameters<typeof refusal>) => {
			const refused = refusal(...call);
			if (refused) throw refused;
		};
		return {
			async call(name, api, input) {
				const service = services().find((each) => each.name === name.toLowerCase());
				const operation = service?.operations[api];
				if (!service || !operation) throw new Error(`The local AWS does not implement ${api} of ${name}.`);
				const call = { service: service.name, operation: api, caller: AUTOMATION, input };
				const output = await madeBy(ctx, onCall, call, () => {
					check(service.name, api, input);
					return operation(structuredClone(input) as never, { caller: AUTOMATION });
				});
				return JSON.parse(JSON.stringify(output ?? {}));
			},
			sendCommand(input) {
				check('ssm', 'DescribeInstanceInformation');
				check('ssm', 'SendCommand', input);
				const command = make(input as unknown as SendCommandCommandInput);
				for (const operation of FOLLOWING) check('ssm', operation);
				commands.start(command);
				return command;
			},
			cancelCommand(command) {
				if (!refusal('ssm', 'CancelCommand')) commands.cancel(command);
			},
			onCommandEnd: (command, listener) => commands.onEnd(command, listener),
		};
	};
}
