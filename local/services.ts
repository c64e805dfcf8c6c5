/** The AWS services that a fleet lives in, and what joins them. */

import type { ApiCall } from './aws/api-call.ts';
import { type AutoScaling, createAutoScaling } from './aws/auto-scaling/index.ts';
import { type CloudFormation, createCloudFormation } from './aws/cloudformation.ts';
import { type CloudTrail, createCloudTrail } from './aws/cloudtrail/index.ts';
import { type CloudWatch, createCloudWatch } from './aws/cloudwatch/index.ts';
import { type Config, createConfig } from './aws/config/index.ts';
import { createEc2, type Ec2 } from './aws/ec2.ts';
import type { Iam } from './aws/iam/index.ts';
import { createIamApi, type IamApi } from './aws/iam-api.ts';
import { createS3, type S3 } from './aws/s3.ts';
import { type Notifying, withNotifications } from './aws/s3-notifications.ts';
import type { ServiceDefinition } from './aws/service.ts';
import { createServiceQuotas, type ServiceQuotas } from './aws/service-quotas.ts';
import { createSns, type Sns } from './aws/sns.ts';
import { createSsm, type Ssm } from './aws/ssm/index.ts';
import type { InvokeFunction } from './aws/ssm/maintenance/other-tasks.ts';
import { createTagging, type Tagging } from './aws/tagging.ts';
import type { AwsContext } from './aws/types.ts';

export interface FleetServices {
	readonly ec2: Ec2;
	readonly ssm: Ssm;
	readonly autoScaling: AutoScaling;
	readonly tagging: Tagging;
	readonly s3: S3 & Notifying;
	readonly cloudWatch: CloudWatch;
	readonly config: Config;
	readonly cloudTrail: CloudTrail;
	readonly sns: Sns;
	readonly cloudFormation: CloudFormation;
	readonly iamApi: IamApi;
	readonly serviceQuotas: ServiceQuotas;
	readonly definitions: readonly ServiceDefinition[];
	/** Takes note of a call that was answered: CloudTrail remembers it, and Config looks for what it changed. */
	observe(call: ApiCall): void;
}

type ThrottledService = 'ssm' | 'autoScaling' | 'tagging' | 'cloudWatch' | 'config' | 'cloudTrail' | 'sns' | 'cloudFormation';

export interface FleetServicesOptions {
	/** Calls per second by service and operation, besides the published quotas. */
	readonly throttles?: Partial<Record<ThrottledService, Readonly<Record<string, number>>>>;
	readonly listLagMs?: number;
	readonly tagLagMs?: number;
	/** From a call to its event in CloudTrail's history, and from a change to its configuration item. */
	readonly trailLagMs?: number;
	readonly recordingLagMs?: number;
	/** The role of a function by its name: what CloudTrail has as the identity of its calls. */
	readonly roleOf?: (functionName: string) => string | undefined;
	/** What runbooks may do in their roles: anything where it is absent. */
	readonly iam?: Iam;
	/** Whether the bucket of a resource data sync lets it be written to. */
	readonly admitsSync?: (name: string) => boolean;
	/** What tasks of maintenance windows invoke. */
	readonly invoke?: InvokeFunction;
	/** Further services that runbooks reach. */
	readonly others?: () => readonly ServiceDefinition[];
}

/** The services a fleet lives in, empty. */
export function createFleetServices(ctx: AwsContext, options: FleetServicesOptions = {}): FleetServices {
	const { throttles = {}, listLagMs, tagLagMs, trailLagMs, recordingLagMs, roleOf, iam, invoke, others = () => [] } = options;
	const ec2 = createEc2(ctx, { profileExists: (name) => iamApi.hasInstanceProfile(name) });
	const autoScaling = createAutoScaling(ctx, { ec2, throttles: throttles.autoScaling ?? {} });
	const s3 = withNotifications(ctx, createS3(ctx));
	const tagging = createTagging(ctx, {
		ec2,
		s3,
		managed: () => ssm.hybridMachines(),
		throttles: throttles.tagging ?? {},
		lagMs: tagLagMs ?? 0,
	});
	const sns = createSns(ctx, { throttles: throttles.sns ?? {} });
	const notify = (topicArn: string, subject: string, message: string) => sns.publish(topicArn, message, subject);
	const cloudWatch = createCloudWatch(ctx, { notify, throttles: throttles.cloudWatch ?? {} });
	const recording = recordingLagMs === undefined ? {} : { lagMs: recordingLagMs };
	const config = createConfig(ctx, { ec2, s3, throttles: throttles.config ?? {}, ...recording });
	const trail = { ...(trailLagMs === undefined ? {} : { lagMs: trailLagMs }), ...(roleOf ? { roleOf } : {}) };
	const cloudTrail = createCloudTrail(ctx, { throttles: throttles.cloudTrail ?? {}, ...trail });
	const cloudFormation = createCloudFormation(ctx, { throttles: throttles.cloudFormation ?? {} });
	const iamApi = createIamApi(ctx);
	const serviceQuotas = createServiceQuotas(ctx);
	const observe = (call: ApiCall) => {
		cloudTrail.record(call);
		config.observe(call);
	};
	const beside = [autoScaling, tagging, s3, cloudWatch, config, cloudTrail, sns, cloudFormation, iamApi, serviceQuotas].map(
		({ definition }) => definition,
	);
	const ssm: Ssm = createSsm(ctx, {
		ec2,
		s3,
		...(options.admitsSync && { admitsSync: options.admitsSync }),
		iamApi,
		throttles: throttles.ssm ?? {},
		services: () => [...beside, ...others()],
		onCall: observe,
		...(iam && { iam }),
		...(invoke && { invoke }),
		...(listLagMs === undefined ? {} : { listLagMs }),
	});
	const services = { ec2, ssm, autoScaling, tagging, s3, cloudWatch, config, cloudTrail, sns, cloudFormation, iamApi, serviceQuotas };
	return { ...services, observe, definitions: [ec2.definition, ssm.definition, ...beside] };
}
