/** What AWS Config knows of the rules that playbooks name. */

import {
	type ConfigRule,
	ConfigServiceClient,
	DescribeRemediationConfigurationsCommand,
	paginateDescribeConfigRules,
	type RemediationConfiguration,
} from '@aws-sdk/client-config-service';
import type { Aws } from '../../shared/aws/clients.ts';
import { chunks } from '../../shared/parallel.ts';
import { couldMatch } from '../../shared/playbook/match.ts';
import type { Problem } from '../../shared/playbook/problem.ts';
import type { CompliancePlaybook } from '../../shared/playbook/types.ts';
import type { CheckedPlaybook } from './folder.ts';
import { describeRecording, recordingProblems } from './recorder.ts';

/** DescribeRemediationConfigurations takes up to 25 names. */
const RULES = 25;

/** Asks nothing where there is no such playbook. Rejects with what the SDK throws. */
export async function checkRules(aws: Aws, playbooks: readonly CheckedPlaybook<CompliancePlaybook>[]): Promise<Problem[]> {
	if (playbooks.length === 0) return [];
	const client = aws.client(ConfigServiceClient);
	const rules: ConfigRule[] = [];
	for await (const page of paginateDescribeConfigRules({ client }, {})) rules.push(...(page.ConfigRules ?? []));
	const meant = playbooks.map((checked) => ({ checked, own: rules.filter(isFor(checked.playbook)) }));
	const automatic = await automaticRemediations(client, [...new Set(meant.flatMap(({ own }) => own.map(nameOf)))]);
	const recording = await describeRecording(client);
	return meant.flatMap(({ checked, own }) => {
		const at = ['when', 'detail'];
		if (own.length === 0) return [checked.problem(at, 'warning', 'no AWS Config rule matches', 'make the rule, or correct its name')];
		const twice = automatic
			.filter(({ ConfigRuleName }) => own.some((rule) => nameOf(rule) === ConfigRuleName))
			.map(({ ConfigRuleName, TargetId }) => {
				const message = `rule ${ConfigRuleName} has an automatic remediation of AWS Config's own (${TargetId}): both would remediate`;
				return checked.problem(at, 'error', message, 'make that one manual, or leave the rule out');
			});
		const types = [...new Set(own.flatMap(({ Scope }) => Scope?.ComplianceResourceTypes ?? []))];
		return [...twice, ...recordingProblems(checked, recording, types)];
	});
}

const nameOf = ({ ConfigRuleName = '' }: ConfigRule) => ConfigRuleName;

const isFor =
	({ when }: CompliancePlaybook) =>
	(rule: ConfigRule): boolean =>
		couldMatch(when.detail, { configRuleName: nameOf(rule) });

async function automaticRemediations(client: ConfigServiceClient, names: readonly string[]): Promise<RemediationConfiguration[]> {
	const found: RemediationConfiguration[] = [];
	for (const ConfigRuleNames of chunks(names, RULES)) {
		const { RemediationConfigurations = [] } = await client.send(new DescribeRemediationConfigurationsCommand({ ConfigRuleNames }));
		found.push(...RemediationConfigurations.filter(({ Automatic }) => Automatic));
	}
	return found;
}
