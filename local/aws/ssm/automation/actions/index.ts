import type { Action } from '../action.ts';
import { assertAwsResourceProperty, waitForAwsResourceProperty } from './aws-resource-property.ts';
import { branch } from './branch.ts';
import { changeInstanceState } from './change-instance-state.ts';
import { executeAwsApi } from './execute-aws-api.ts';
import { runCommand } from './run-command.ts';
import { sleep } from './sleep.ts';

/** The actions there are. A step with another one fails and says so. */
export const ACTIONS: Readonly<Record<string, Action>> = {
	'aws:assertAwsResourceProperty': assertAwsResourceProperty,
	'aws:branch': branch,
	'aws:changeInstanceState': changeInstanceState,
	'aws:executeAwsApi': executeAwsApi,
	'aws:runCommand': runCommand,
	'aws:sleep': sleep,
	'aws:waitForAwsResourceProperty': waitForAwsResourceProperty,
};
