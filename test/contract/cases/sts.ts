/** Who is calling. */

import type { Case } from '../system.ts';

export const STS_CASES: readonly Case[] = [
	{
		name: 'sts: the caller has an account, an ARN and an id',
		async act(system) {
			const { status, body } = await system.post('sts', { Action: 'GetCallerIdentity', Version: '2011-06-15' });
			return {
				status,
				account: /<Account>(\d{12})<\/Account>/.exec(body)?.[1],
				arn: /<Arn>arn:aws:(iam|sts)::\d{12}:[^<]+<\/Arn>/.test(body),
				id: /<UserId>[^<]+<\/UserId>/.test(body),
			};
		},
		gives: { status: 200, account: '111122223333', arn: true, id: true },
	},
];
