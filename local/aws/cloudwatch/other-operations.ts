/** The operations on mute rules, and on the tags of alarms. */

import type {
	DeleteAlarmMuteRuleCommandInput,
	GetAlarmMuteRuleCommandInput,
	GetAlarmMuteRuleCommandOutput,
	ListAlarmMuteRulesCommandInput,
	ListAlarmMuteRulesCommandOutput,
	ListTagsForResourceCommandInput,
	ListTagsForResourceCommandOutput,
	PutAlarmMuteRuleCommandInput,
	TagResourceCommandInput,
	UntagResourceCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { nextToken, page } from '../paging.ts';
import { type AwsContext, AwsError, type Output } from '../types.ts';
import type { Alarms } from './alarms.ts';
import { windowOf } from './mute-rules.ts';
import { wireMuteRule } from './views.ts';

const PAGE = 50;

export function otherOperations(ctx: AwsContext, alarms: Alarms) {
	const { mutes } = alarms;

	function tagsOf(arn: string | undefined): Map<string, string> {
		const alarm = alarms.find(arn);
		if (!alarm) throw new AwsError('ResourceNotFoundException', `Unknown resource ${arn}`);
		return alarm.tags;
	}

	return {
		PutAlarmMuteRule(input: PutAlarmMuteRuleCommandInput): object {
			const { window, schedule } = windowOf(input);
			mutes.put(window, schedule);
			return {};
		},

		GetAlarmMuteRule(input: GetAlarmMuteRuleCommandInput): Output<GetAlarmMuteRuleCommandOutput> {
			const rule = mutes.get(input.AlarmMuteRuleName);
			return {
				Name: rule.name,
				...(rule.description === undefined ? {} : { Description: rule.description }),
				Rule: { Schedule: rule.schedule },
				MuteTargets: { AlarmNames: [...rule.alarms] },
				...wireMuteRule(rule, ctx.clock.now()),
			};
		},

		ListAlarmMuteRules(input: ListAlarmMuteRulesCommandInput): Output<ListAlarmMuteRulesCommandOutput> {
			const summaries = mutes
				.all()
				.filter(({ alarms: targets }) => input.AlarmName === undefined || targets.includes(input.AlarmName))
				.map((rule) => wireMuteRule(rule, ctx.clock.now()))
				.filter(({ Status }) => !input.Statuses || (Status !== undefined && input.Statuses.includes(Status)));
			const found = page(summaries, input.NextToken, input.MaxRecords ?? PAGE);
			return { AlarmMuteRuleSummaries: found.items, ...nextToken(found) };
		},

		DeleteAlarmMuteRule(input: DeleteAlarmMuteRuleCommandInput): object {
			mutes.delete(input.AlarmMuteRuleName);
			return {};
		},

		ListTagsForResource(input: ListTagsForResourceCommandInput): Output<ListTagsForResourceCommandOutput> {
			return { Tags: [...tagsOf(input.ResourceARN)].map(([Key, Value]) => ({ Key, Value })) };
		},

		TagResource(input: TagResourceCommandInput): object {
			const tags = tagsOf(input.ResourceARN);
			for (const { Key = '', Value = '' } of input.Tags ?? []) tags.set(Key, Value);
			return {};
		},

		UntagResource(input: UntagResourceCommandInput): object {
			const tags = tagsOf(input.ResourceARN);
			for (const key of input.TagKeys ?? []) tags.delete(key);
			return {};
		},
	};
}
