/** `aws:assertAwsResourceProperty` and `aws:waitForAwsResourceProperty`: a property of a resource has one of the desired values. */

import { LATENCY_MS, within } from '../../../assumptions.ts';
import { select } from '../../json-path.ts';
import { type Action, type ActionRun, list, required } from '../action.ts';
import { callApi } from './execute-aws-api.ts';

const OWN_INPUTS = ['PropertySelector', 'DesiredValues'];

export const assertAwsResourceProperty: Action = (run) => {
	look(run).then(
		({ holds, found, desired }) =>
			run.done(
				holds ? { status: 'Success' } : { status: 'Failed', message: `Expected ${desired.join(' or ')}, found ${JSON.stringify(found)}.` },
			),
		(error: Error) => run.done({ status: 'Failed', message: error.message }),
	);
	return undefined;
};

export const waitForAwsResourceProperty: Action = (run) => {
	const { clock } = run.ctx;
	let cancel = () => {};
	const again = () => {
		look(run).then(
			({ holds }) => {
				if (holds) run.done({ status: 'Success' });
				else cancel = clock.after(within(clock, LATENCY_MS.automationPoll), again);
			},
			(error: Error) => run.done({ status: 'Failed', message: error.message }),
		);
	};
	again();
	return () => cancel();
};

async function look(run: ActionRun): Promise<{ holds: boolean; found: unknown; desired: string[] }> {
	const response = await callApi(run, OWN_INPUTS);
	const found = select(response, String(required(run.inputs, 'PropertySelector')));
	const desired = list(required(run.inputs, 'DesiredValues'));
	const values = Array.isArray(found) ? found : [found];
	return { holds: values.length > 0 && values.every((value) => desired.includes(written(value))), found, desired };
}

/** A Boolean has a capital letter in `DesiredValues`: `True` or `False` (user guide, the two actions' reference). */
function written(value: unknown): string {
	if (typeof value === 'boolean') return value ? 'True' : 'False';
	return String(value);
}
