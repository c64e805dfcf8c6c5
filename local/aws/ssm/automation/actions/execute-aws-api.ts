/** `aws:executeAwsApi`: one call of another service. */

import { type Action, type ActionRun, required } from '../action.ts';

export const executeAwsApi: Action = (run) => {
	callApi(run).then(
		(response) => run.done({ status: 'Success', response }),
		(error: Error) => run.done({ status: 'Failed', message: error.message }),
	);
	return undefined;
};

/** The call that `Service` and `Api` name, with all other inputs as its own; some inputs may belong to the action itself. */
export function callApi({ inputs, services }: Pick<ActionRun, 'inputs' | 'services'>, own: readonly string[] = []): Promise<unknown> {
	const service = String(required(inputs, 'Service'));
	const api = String(required(inputs, 'Api'));
	const rest = Object.entries(inputs).filter(([name]) => !['Service', 'Api', ...own].includes(name));
	return services.call(service, api, Object.fromEntries(rest));
}
