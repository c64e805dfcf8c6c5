/** AWS Config: does it record, and does it know the rules that playbooks name. */

import {
	ConfigServiceClient,
	type ConfigurationRecorderStatus,
	DescribeConfigurationRecorderStatusCommand,
} from '@aws-sdk/client-config-service';
import { checkRules } from '../check/rules.ts';
import { type Check, type Finding, found, note, ok, plural, problemFinding, type Site, toDo } from './check.ts';
import { standingFor } from './standing.ts';

export const config: Check = {
	name: 'config',
	async look(site) {
		const forRules = standingFor(await site.standing(), (playbook) => playbook.on === 'noncompliant');
		return [
			...(await found(() => recorderOf(site, forRules.length), 'its recorder')),
			...(await found(async () => {
				const problems = await checkRules(site.aws, forRules);
				// The recorder is said once, and not for each playbook.
				return problems
					.filter(({ hint = '' }) => !hint.includes('start-configuration-recorder'))
					.map((problem) => problemFinding(problem, problem.severity === 'error' ? 'to-do' : 'note'));
			}, 'its rules')),
		];
	},
};

async function recorderOf({ aws }: Site, playbooks: number): Promise<Finding[]> {
	const { ConfigurationRecordersStatus: all = [] } = await aws
		.client(ConfigServiceClient)
		.send(new DescribeConfigurationRecorderStatusCommand({}));
	const [recorder] = all.filter(({ recording }) => recording);
	if (recorder === undefined) return [off(all, playbooks)];
	const { name, lastStatus, lastErrorCode = '', lastErrorMessage = '' } = recorder;
	if (lastStatus !== 'Failure') return [ok(`recorder ${name} is on`)];
	return [
		toDo(
			`recorder ${name} is on and cannot deliver: ${lastErrorCode} ${lastErrorMessage}`.trim(),
			'put right its role and its delivery channel',
		),
	];
}

function off([stopped]: readonly ConfigurationRecorderStatus[], playbooks: number): Finding {
	const start =
		stopped === undefined
			? 'set up AWS Config in this Region (it is billed by the item recorded)'
			: `aws configservice start-configuration-recorder --configuration-recorder-name ${stopped.name}`;
	const lost = 'what changed before an alarm went off is missing in its OpsItem';
	if (playbooks === 0) return note(`it records nothing: ${lost}`, start);
	return toDo(`it records nothing: ${plural(playbooks, 'playbook')} for its findings cannot be proved, and ${lost}`, start);
}
