/** OpsCenter: does it answer, and how far is the month's quota. OpsItems made by its API need neither a role nor a setting of its own. */

import { paginateDescribeOpsItems } from '@aws-sdk/client-ssm';
import { type Check, note, ok, plural, toDo } from './check.ts';
import { isNear } from './quotas.ts';

/** What AWS takes in a month; it cannot be raised (general reference, "AWS Systems Manager endpoints and quotas"). */
const PER_MONTH = 10_000;
const MONTH = 30 * 86_400_000;
const PAGE = 50;
/** At this many a month nobody reads them any more. */
const MANY = 1_000;

export const opsCenter: Check = {
	name: 'OpsCenter',
	async look({ aws, services }) {
		const since = new Date(services.now() - MONTH).toISOString();
		let count = 0;
		const pages = paginateDescribeOpsItems(
			{ client: aws.ssm, pageSize: PAGE },
			{ OpsItemFilters: [{ Key: 'CreatedTime', Operator: 'GreaterThan', Values: [since] }] },
		);
		for await (const { OpsItemSummaries = [] } of pages) {
			count += OpsItemSummaries.length;
			if (isNear(count, PER_MONTH)) break;
		}
		const what = `${plural(count, 'OpsItem')} made in 30 days; AWS takes ${PER_MONTH} a month`;
		const remedy = 'see by their source who makes most of them; of ours, playbooks say: calm, flapping, limits';
		if (isNear(count, PER_MONTH)) return [toDo(`${what}: beyond that failures are told by the topic alone`, remedy)];
		return [count >= MANY ? note(what, remedy) : ok(what)];
	},
};
