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

/** DescribeRemediationConfigurations takes up to 25 names. */
const RULES = 25;

/** Asks nothing where there is no such playbook. Rejects with what the SDK throws. */
export async function checkRules(aws: Aws, playbooks: readonly CheckedPlaybook<CompliancePlaybook>[]): Promise<Problem[]> {
	if (playbooks.length === 0) return [];
	const client = aws.client(ConfigServiceClient);
	const rules: ConfigRule[] = [];
	for await (const page of paginateDescribeConfigRules({ client }, {})) rules.push(...(page.ConfigRules ?? []));
	const meant = new Map(playbooks.map((checked) => [checked, rules.flatMap(namesMatching(checked.playbook))]));
	const automatic = await automaticRemediations(client, [...new Set([...meant.values()].flat())]);
	return [...meant].flatMap(([{ problem }, names]) => {
		const at = ['when', 'detail'];
		if (names.length === 0) return [problem(at, 'warning', 'no AWS Config rule matches')];
		return automatic
			.filter(({ ConfigRuleName = '' }) => names.includes(ConfigRuleName))
			.map(({ ConfigRuleName, TargetId }) => {
				const message = `rule ${ConfigRuleName} has an automatic remediation of AWS Config's own (${TargetId}): both would remediate`;
				return problem(at, 'error', message, 'make that one manual, or leave the rule out');
			});
	});
}

const namesMatching =
	({ when }: CompliancePlaybook) =>
	({ ConfigRuleName: name = '' }: ConfigRule): string[] =>
		couldMatch(when.detail, { configRuleName: name }) ? [name] : [];

async function automaticRemediations(client: ConfigServiceClient, names: readonly string[]): Promise<RemediationConfiguration[]> {
	const found: RemediationConfiguration[] = [];
	for (const ConfigRuleNames of chunks(names, RULES)) {
		const { RemediationConfigurations = [] } = await client.send(new DescribeRemediationConfigurationsCommand({ ConfigRuleNames }));
		found.push(...RemediationConfigurations.filter(({ Automatic }) => Automatic));
	}
	return found;
}
