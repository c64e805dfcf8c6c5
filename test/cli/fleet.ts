/** An AWS with one Auto Scaling group, some documents, alarms and rules, for what `check --aws` asks. */

import { DescribeConfigurationRecordersCommand, type RecordingMode } from '@aws-sdk/client-config-service';
import * as schemas from '@aws-sdk/client-ssm';
import { createAutoScaling } from '../../local/aws/auto-scaling/index.ts';
import { createCloudWatch } from '../../local/aws/cloudwatch/index.ts';
import { createConfig, type NewRule } from '../../local/aws/config/index.ts';
import { createEc2 } from '../../local/aws/ec2.ts';
import { inProcess } from '../../local/aws/http.ts';
import { RequestLog } from '../../local/aws/request-log.ts';
import { createS3 } from '../../local/aws/s3.ts';
import { defineService, PROTOCOLS } from '../../local/aws/service.ts';
import { createTagging } from '../../local/aws/tagging.ts';
import { type AwsContext, AwsError } from '../../local/aws/types.ts';
import { createWire } from '../../local/aws/wire.ts';
import { type Aws, createAws } from '../../shared/aws/clients.ts';

export interface FleetOptions {
	readonly group: string;
	readonly hooks: readonly {
		readonly name: string;
		readonly heartbeatTimeout: number;
		readonly defaultResult: 'CONTINUE' | 'ABANDON';
		readonly launching?: true;
	}[];
	/** Instance ids to tags. */
	readonly instances: Readonly<Record<string, Readonly<Record<string, string>>>>;
	/** Parameters with their defaults; undefined where there is none. */
	readonly documents: Readonly<
		Record<string, { readonly type: string; readonly parameters: Readonly<Record<string, string | undefined>> }>
	>;
	/** Change calendars to whether they are open now. */
	readonly calendars?: Readonly<Record<string, 'OPEN' | 'CLOSED'>>;
	/** Names of metric alarms to their dimensions. */
	readonly alarms?: Readonly<Record<string, Readonly<Record<string, string>>>>;
	/** Names of composite alarms over all of those. */
	readonly composites?: readonly string[];
	readonly rules?: readonly Pick<NewRule, 'name' | 'remediation' | 'resourceTypes'>[];
	/** AWS Config's recorder: off, or how often it records; continuously by default. */
	readonly recorder?: 'off' | RecordingMode;
	/** Every call is refused. */
	readonly denied?: boolean;
}

export function createFleetAws(options: FleetOptions): Aws {
	const { group, hooks, instances, documents, calendars = {}, alarms = {}, composites = [], rules = [], recorder, denied } = options;
	let ids = 0;
	const context: AwsContext = {
		account: '111122223333',
		region: 'eu-west-1',
		clock: { now: () => Date.UTC(2026, 2, 2, 9), after: () => () => undefined, random: () => 0.5 },
		emit: () => undefined,
		id: (length) => String(++ids).padStart(length, '0'),
		uuid: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
	};
	const ec2 = createEc2(context);
	const autoScaling = createAutoScaling(context, { ec2 });
	autoScaling.createGroup({
		name: group,
		min: 0,
		max: 9,
		desired: Object.keys(instances).length,
		hooks: hooks.map(({ name, heartbeatTimeout, defaultResult, launching }) => ({
			name,
			transition: launching ? 'autoscaling:EC2_INSTANCE_LAUNCHING' : 'autoscaling:EC2_INSTANCE_TERMINATING',
			heartbeatTimeoutSeconds: heartbeatTimeout,
			defaultResult,
		})),
	});
	for (const [id, tags] of Object.entries(instances)) {
		ec2.launch({ id, tags, state: 'running', machine: { platform: 'Linux', bootSeconds: 1, behaviours: {} }, launchedAt: 0 });
		autoScaling.adopt(group, id, 'InService');
	}
	const cloudWatch = createCloudWatch(context);
	for (const [AlarmName, dimensions] of Object.entries(alarms)) {
		const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
		cloudWatch.addMetricAlarm({ AlarmName, Dimensions, ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1 });
	}
	for (const AlarmName of composites) {
		cloudWatch.addCompositeAlarm({
			AlarmName,
			AlarmRule: Object.keys(alarms)
				.map((name) => `ALARM("${name}")`)
				.join(' OR '),
		});
	}
	const config = createConfig(context, { ec2, s3: createS3(context) });
	for (const rule of rules) config.addRule({ ...rule, judge: () => 'COMPLIANT' });
	if (recorder !== 'off') config.record();
	const ssm = defineService({
		name: 'ssm',
		protocol: PROTOCOLS.ssm,
		schemas,
		operations: {
			DescribeDocument({ Name = '' }: schemas.DescribeDocumentCommandInput) {
				const document = documents[Name];
				if (!document) throw new AwsError('InvalidDocument', `Document with name ${Name} does not exist.`);
				const Parameters = Object.entries(document.parameters).map(([name, value]) => ({ Name: name, DefaultValue: value }));
				return { Document: { Name, DocumentType: document.type, Parameters } };
			},
			GetCalendarState({ CalendarNames: [name = ''] = [] }: schemas.GetCalendarStateCommandInput) {
				const State = calendars[name];
				if (!State) throw new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
				return { State, NextTransitionTime: '2026-03-02T18:00:00Z' };
			},
		},
	});
	const wire = createWire({
		context,
		log: new RequestLog(),
		services: [
			ssm,
			autoScaling.definition,
			ec2.definition,
			createTagging(context, { ec2 }).definition,
			cloudWatch.definition,
			config.definition,
		],
		fault: ({ operation, input }) => {
			if (denied) return new AwsError('AccessDenied', 'not authorized', { status: 403 });
			const { ConfigRuleNames: names } = input as { readonly ConfigRuleNames?: readonly string[] };
			if (operation !== 'DescribeRemediationConfigurations' || (names && names.length <= 25)) return undefined;
			return new AwsError('ValidationException', 'Member must have length less than or equal to 25');
		},
		onDefect: (error) => {
			throw error;
		},
	});
	const aws = createAws({
		region: context.region,
		endpoint: 'http://127.0.0.1:4566',
		credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
		requestHandler: inProcess(wire) as never,
	});
	return typeof recorder === 'object' ? recordingAs(aws, recorder) : aws;
}

/** The local AWS Config records continuously: this one says otherwise. */
function recordingAs(aws: Aws, recordingMode: RecordingMode): Aws {
	return {
		...aws,
		client(Client) {
			const client = aws.client(Client) as { send?: (command: object) => Promise<unknown> } & InstanceType<typeof Client>;
			const { send } = client;
			client.send = (command) =>
				command instanceof DescribeConfigurationRecordersCommand
					? Promise.resolve({ ConfigurationRecorders: [{ name: 'default', recordingMode }] })
					: (send as NonNullable<typeof send>).call(client, command);
			return client;
		},
	};
}
