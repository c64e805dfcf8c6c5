/** `aws:runCommand`: sends a command and waits until it is over. */

import { LATENCY_MS, within } from '../../../assumptions.ts';
import type { Command } from '../../command-model.ts';
import { pluginOutput } from '../../command-views.ts';
import type { Value } from '../../values.ts';
import { type Action, list, required } from '../action.ts';

/** Characters of output that Automation passes on. */
const MOST_OUTPUT = 2_500;

export const runCommand: Action = ({ ctx, inputs, services, done }) => {
	const parameters = Object.entries((inputs['Parameters'] ?? {}) as Record<string, Value>);
	const command = services.sendCommand({
		...inputs,
		DocumentName: required(inputs, 'DocumentName'),
		...(inputs['InstanceIds'] === undefined ? {} : { InstanceIds: list(inputs['InstanceIds']) }),
		...(inputs['TimeoutSeconds'] === undefined ? {} : { TimeoutSeconds: Number(inputs['TimeoutSeconds']) }),
		Parameters: Object.fromEntries(parameters.map(([name, value]) => [name, list(value)])),
	});
	let cancelTimer = () => {};
	services.onCommandEnd(command, () => {
		cancelTimer = ctx.clock.after(within(ctx.clock, LATENCY_MS.automationPoll), () => {
			const outputs = outputsOf(command);
			const responseCode = Number(outputs['ResponseCode'] ?? -1);
			if (command.status === 'Success') done({ status: 'Success', outputs, responseCode });
			else {
				const message = `Command ${command.id} (${command.document.name}) ended as ${command.details}. ${outputs['Output'] ?? ''}`.trim();
				done({ status: command.status === 'TimedOut' ? 'TimedOut' : 'Failed', outputs, responseCode, message });
			}
		});
	});
	return () => {
		cancelTimer();
		services.cancelCommand(command);
	};
};

/** Output and response code are those of a single node; for several there is no one answer. */
function outputsOf(command: Command): Record<string, Value> {
	const outputs = { CommandId: command.id, Status: command.status };
	const [only] = command.invocations.values();
	if (command.invocations.size !== 1 || !only) return outputs;
	const plugins = only.run?.plugins ?? [];
	const last = plugins.find((plugin) => plugin.status !== 'Success') ?? plugins.at(-1);
	const Output = plugins.map(pluginOutput).join('\n').slice(0, MOST_OUTPUT);
	return { ...outputs, ResponseCode: last?.responseCode ?? -1, Output };
}
