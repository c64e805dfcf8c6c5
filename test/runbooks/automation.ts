/** Executes the Automation runbooks of `runbooks/` in the local AWS, in the role that the packaged template has for them. */

import type { Fleet } from '../../local/fleet.ts';
import { ensureTemplate } from '../../local/package-template.ts';
import { iamOf } from '../../local/permissions/enforcing.ts';
import { loadTemplate } from '../../local/template.ts';
import { type SmallAws, smallAws } from '../local/support/small-aws.ts';
import { deployedDocuments } from './documents.ts';

export interface Ended {
	/** Of the execution. */
	readonly status: string;
	/** Why it failed; empty where it did not. */
	readonly message: string;
	/** The steps that ran, in order, each with how it ended: `reboot Success`. */
	readonly steps: readonly string[];
	readonly outputs: Readonly<Record<string, readonly string[]>>;
}

export interface Runbooks {
	readonly aws: SmallAws;
	/** Runs a runbook to its end, at most so long as its waits allow. What happens meanwhile happens at that second. */
	run(
		runbook: string,
		parameters: Readonly<Record<string, string>>,
		meanwhile?: { readonly atSeconds: number; readonly what: () => void },
	): Promise<Ended>;
}

/** No wait of a runbook is longer than five hours. */
const LONGEST_SECONDS = 5 * 3600;

/** Where the runbook works that is being run: IAM asks there what a request is about. */
let working: SmallAws | undefined;

const iam = await iamOf(await loadTemplate(await ensureTemplate()), () => {
	if (working) return working;
	throw new Error('Nobody but runbooks calls here.');
});

/** The services of a fleet with all documents deployed. */
export function runbooksOn(fleet: Fleet): Runbooks {
	const aws = smallAws(fleet, { iam });
	for (const { name, type, content } of deployedDocuments().values()) aws.ssm.addDocument(name, type as 'Command' | 'Automation', content);
	return {
		aws,
		async run(runbook, parameters, meanwhile) {
			working = aws;
			const { AutomationExecutionId } = aws.call('ssm', 'StartAutomationExecution', {
				DocumentName: `fleetkeeper-local-${runbook}`,
				Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
			});
			const get = () => aws.call('ssm', 'GetAutomationExecution', { AutomationExecutionId }).AutomationExecution;
			await aws.advance(meanwhile?.atSeconds ?? 0);
			meanwhile?.what();
			for (let second = 0; second < LONGEST_SECONDS && get().ExecutionEndTime === undefined; second += 60) await aws.advance(60);
			const execution = get();
			const ran = execution.StepExecutions.filter((step: { StepStatus: string }) => step.StepStatus !== 'Pending');
			ran.sort(
				(one: { ExecutionStartTime: Date }, other: { ExecutionStartTime: Date }) => +one.ExecutionStartTime - +other.ExecutionStartTime,
			);
			return {
				status: execution.AutomationExecutionStatus,
				message: execution.FailureMessage ?? '',
				steps: ran.map((step: { StepName: string; StepStatus: string }) => `${step.StepName} ${step.StepStatus}`),
				outputs: execution.Outputs,
			};
		},
	};
}
