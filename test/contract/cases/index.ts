/** The contract: what holds on AWS, on the local AWS and, but for the listed differences, on moto_server. */

import type { Case } from '../system.ts';
import { AUTO_SCALING_CASES } from './auto-scaling.ts';
import { COMMAND_CASES } from './commands.ts';
import { DOCUMENT_CASES } from './documents.ts';
import { DYNAMODB_CASES } from './dynamodb.ts';
import { EC2_CASES } from './ec2.ts';
import { EVENTS_CASES } from './events.ts';
import { PROFILE_CASES } from './instance-profiles.ts';
import { HOOK_CASES } from './lifecycle-hooks.ts';
import { WINDOW_CASES } from './maintenance-windows.ts';
import { PARAMETER_CASES } from './parameters.ts';
import { BASELINE_CASES } from './patch-baselines.ts';
import { S3_CASES } from './s3.ts';
import { SQS_CASES } from './sqs.ts';
import { STS_CASES } from './sts.ts';

export const CASES: readonly Case[] = [
	...PARAMETER_CASES,
	...DOCUMENT_CASES,
	...COMMAND_CASES,
	...WINDOW_CASES,
	...BASELINE_CASES,
	...AUTO_SCALING_CASES,
	...HOOK_CASES,
	...EC2_CASES,
	...PROFILE_CASES,
	...SQS_CASES,
	...EVENTS_CASES,
	...DYNAMODB_CASES,
	...S3_CASES,
	...STS_CASES,
];
