/** Whether AWS Config records what remediations change: they are proved by what it records. */

import {
	type ConfigServiceClient,
	type ConfigurationRecorder,
	DescribeConfigurationRecorderStatusCommand,
	DescribeConfigurationRecordersCommand,
} from '@aws-sdk/client-config-service';
import { durationText } from '../../shared/playbook/duration.ts';
import type { Problem } from '../../shared/playbook/problem.ts';
import type { CompliancePlaybook } from '../../shared/playbook/types.ts';
import type { CheckedPlaybook } from './folder.ts';

const DAY_SECONDS = 86_400;

export interface Recording {
	readonly isOn: boolean;
	readonly recorders: readonly ConfigurationRecorder[];
}

/** Rejects with what the SDK throws. */
export async function describeRecording(client: ConfigServiceClient): Promise<Recording> {
	const { ConfigurationRecordersStatus = [] } = await client.send(new DescribeConfigurationRecorderStatusCommand({}));
	const { ConfigurationRecorders = [] } = await client.send(new DescribeConfigurationRecordersCommand({}));
	return { isOn: ConfigurationRecordersStatus.some(({ recording }) => recording === true), recorders: ConfigurationRecorders };
}

/** @param types the types of resources that the playbook's rules judge. */
export function recordingProblems(
	{ playbook, problem }: CheckedPlaybook<CompliancePlaybook>,
	{ isOn, recorders }: Recording,
	types: readonly string[],
): Problem[] {
	const at = ['when', 'detail'];
	if (!isOn) {
		const message = 'AWS Config records nothing in this account and Region: its rules judge what was recorded last, and nothing is proved';
		return [problem(at, 'warning', message, 'start its recorder: aws configservice start-configuration-recorder')];
	}
	const { settleSeconds } = playbook.compliance;
	const daily = types.filter((type) => recorders.some((recorder) => frequencyOf(recorder, type) === 'DAILY'));
	if (daily.length === 0 || settleSeconds >= DAY_SECONDS) return [];
	const message = `AWS Config records ${daily.join(', ')} once a day, and is asked ${durationText(settleSeconds)} after the work already`;
	return [problem(at, 'warning', message, 'write settle: 1d, or record these continuously')];
}

function frequencyOf({ recordingMode }: ConfigurationRecorder, type: string): string | undefined {
	const override = recordingMode?.recordingModeOverrides?.find(({ resourceTypes }) => resourceTypes?.some((each) => each === type));
	return override?.recordingFrequency ?? recordingMode?.recordingFrequency;
}
