import type { Needs } from '../need.ts';
import { AUTO_SCALING_NEEDS } from './auto-scaling.ts';
import { DYNAMODB_NEEDS, EVENTS_NEEDS, S3_NEEDS, SQS_NEEDS } from './data.ts';
import { EC2_NEEDS } from './ec2.ts';
import { FLEET_CARE_NEEDS } from './fleet-care.ts';
import { IAM_NEEDS } from './iam.ts';
import { NODE_STATE_NEEDS } from './node-state.ts';
import { SSM_NEEDS } from './ssm.ts';
import { CLOUDFORMATION_NEEDS, CLOUDTRAIL_NEEDS, CLOUDWATCH_NEEDS, CONFIG_NEEDS, TAGGING_NEEDS } from './watching.ts';

/** What calls need, by service and operation: those that roles have been seen to make. The names of services are the request log's. */
export const NEEDS: Readonly<Record<string, Needs>> = {
	autoscaling: AUTO_SCALING_NEEDS,
	cloudformation: CLOUDFORMATION_NEEDS,
	cloudtrail: CLOUDTRAIL_NEEDS,
	cloudwatch: CLOUDWATCH_NEEDS,
	config: CONFIG_NEEDS,
	dynamodb: DYNAMODB_NEEDS,
	ec2: EC2_NEEDS,
	events: EVENTS_NEEDS,
	iam: IAM_NEEDS,
	resourcegroupstaggingapi: TAGGING_NEEDS,
	s3: S3_NEEDS,
	sqs: SQS_NEEDS,
	ssm: { ...SSM_NEEDS, ...NODE_STATE_NEEDS, ...FLEET_CARE_NEEDS },
};
