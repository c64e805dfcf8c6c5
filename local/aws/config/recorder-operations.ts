/** The operations on the configuration recorder and on what it recorded. */

import type {
	ConfigurationRecorder,
	DescribeConfigurationRecorderStatusCommandOutput,
	DescribeConfigurationRecordersCommandOutput,
	GetResourceConfigHistoryCommandInput,
	GetResourceConfigHistoryCommandOutput,
	ListDiscoveredResourcesCommandInput,
	ListDiscoveredResourcesCommandOutput,
	PutConfigurationRecorderCommandInput,
	ResourceType,
	StartConfigurationRecorderCommandInput,
} from '@aws-sdk/client-config-service';
import { page } from '../paging.ts';
import { type AwsContext, AwsError, type Output } from '../types.ts';
import type { Recorder } from './recorder.ts';
import { wireItem } from './views.ts';

const HISTORY_PAGE = 10;
const RESOURCES_PAGE = 100;
const MOST = 100;

export function recorderOperations(ctx: AwsContext, recorder: Recorder) {
	let isThere = () => recorder.startedAt !== undefined;

	function check(name: string | undefined): void {
		if (!isThere() || name !== recorder.name) {
			throw new AwsError('NoSuchConfigurationRecorderException', `Cannot find configuration recorder with the specified name '${name}'.`);
		}
	}

	const arn = () => `arn:aws:config:${ctx.region}:${ctx.account}:configuration-recorder/${recorder.name}`;

	return {
		PutConfigurationRecorder({ ConfigurationRecorder: settings }: PutConfigurationRecorderCommandInput): object {
			recorder.name = settings?.name ?? recorder.name;
			recorder.roleArn = settings?.roleARN;
			recorder.types = settings?.recordingGroup?.resourceTypes;
			isThere = () => true;
			return {};
		},

		StartConfigurationRecorder({ ConfigurationRecorderName }: StartConfigurationRecorderCommandInput): object {
			check(ConfigurationRecorderName);
			if (!recorder.recording) recorder.start();
			return {};
		},

		StopConfigurationRecorder({ ConfigurationRecorderName }: StartConfigurationRecorderCommandInput): object {
			check(ConfigurationRecorderName);
			recorder.stop();
			return {};
		},

		DescribeConfigurationRecorders(): Output<DescribeConfigurationRecordersCommandOutput> {
			const { name, roleArn: roleARN, types } = recorder;
			const wire: ConfigurationRecorder = {
				name,
				arn: arn(),
				...(roleARN === undefined ? {} : { roleARN }),
				recordingGroup: types
					? { allSupported: false, includeGlobalResourceTypes: false, resourceTypes: types as ResourceType[] }
					: { allSupported: true, includeGlobalResourceTypes: false, resourceTypes: [] },
			};
			return { ConfigurationRecorders: isThere() ? [wire] : [] };
		},

		DescribeConfigurationRecorderStatus(): Output<DescribeConfigurationRecorderStatusCommandOutput> {
			const { name, recording, startedAt, stoppedAt } = recorder;
			const status = {
				name,
				arn: arn(),
				recording,
				lastStatus: recording ? ('Success' as const) : ('Pending' as const),
				...(startedAt === undefined ? {} : { lastStartTime: new Date(startedAt), lastStatusChangeTime: new Date(startedAt) }),
				...(stoppedAt === undefined ? {} : { lastStopTime: new Date(stoppedAt) }),
			};
			return { ConfigurationRecordersStatus: isThere() ? [status] : [] };
		},

		GetResourceConfigHistory(input: GetResourceConfigHistoryCommandInput): Output<GetResourceConfigHistoryCommandOutput> {
			const { resourceType: type = '', resourceId: id = '', laterTime, earlierTime, chronologicalOrder = 'Reverse' } = input;
			const items = recorder.historyOf({ type, id });
			if (items.length === 0) {
				throw new AwsError(
					'ResourceNotDiscoveredException',
					`Resource ${id} of resourceType:${type} is unknown or has not been discovered`,
				);
			}
			if (laterTime && earlierTime && laterTime < earlierTime) {
				throw new AwsError('InvalidTimeRangeException', 'The earlier time must not be after the later time.');
			}
			const within = items.filter(
				({ capturedAt }) => (!laterTime || capturedAt <= laterTime.getTime()) && (!earlierTime || capturedAt >= earlierTime.getTime()),
			);
			if (chronologicalOrder === 'Reverse') within.reverse();
			const found = page(within, input.nextToken, size(input.limit, HISTORY_PAGE), 'InvalidNextTokenException');
			return { configurationItems: found.items.map((item) => wireItem(ctx, item)), ...token(found.nextToken) };
		},

		ListDiscoveredResources(input: ListDiscoveredResourcesCommandInput): Output<ListDiscoveredResourcesCommandOutput> {
			const { resourceType = '', resourceIds, resourceName, includeDeletedResources = false } = input;
			const wanted = recorder
				.lastItems(resourceType)
				.filter(({ status }) => includeDeletedResources || status !== 'ResourceDeleted')
				.filter(({ id, name }) => (!resourceIds || resourceIds.includes(id)) && (resourceName === undefined || name === resourceName));
			const found = page(wanted, input.nextToken, size(input.limit, RESOURCES_PAGE), 'InvalidNextTokenException');
			return {
				resourceIdentifiers: found.items.map(({ type, id, name, status, capturedAt }) => ({
					resourceType: type as ResourceType,
					resourceId: id,
					...(name === undefined ? {} : { resourceName: name }),
					...(status === 'ResourceDeleted' ? { resourceDeletionTime: new Date(capturedAt) } : {}),
				})),
				...token(found.nextToken),
			};
		},
	};
}

/** 0 asks for the default. */
function size(limit = 0, otherwise: number): number {
	if (limit < 0 || limit > MOST) throw new AwsError('InvalidLimitException', `The limit must be from 0 to ${MOST}.`);
	return limit === 0 ? otherwise : limit;
}

function token(nextToken: string | undefined): { nextToken?: string } {
	return nextToken === undefined ? {} : { nextToken };
}
