/** Trails: what an account keeps of its events beyond the history, and what brings API calls to EventBridge. */

import type {
	CreateTrailCommandInput,
	CreateTrailCommandOutput,
	DescribeTrailsCommandInput,
	DescribeTrailsCommandOutput,
	EventSelector,
	GetEventSelectorsCommandInput,
	GetEventSelectorsCommandOutput,
	GetTrailStatusCommandInput,
	GetTrailStatusCommandOutput,
	PutEventSelectorsCommandInput,
	StartLoggingCommandInput,
	StopLoggingCommandInput,
	Trail as WireTrail,
} from '@aws-sdk/client-cloudtrail';
import { type AwsContext, AwsError, type Output } from '../types.ts';

interface Trail {
	readonly name: string;
	readonly arn: string;
	readonly bucket: string;
	readonly multiRegion: boolean;
	selectors: readonly EventSelector[];
	/** Epoch milliseconds. */
	loggingSince?: number;
	stoppedAt?: number;
}

/** Management events of both kinds, as a new trail has them. */
const MANAGEMENT: readonly EventSelector[] = [{ ReadWriteType: 'All', IncludeManagementEvents: true, DataResources: [] }];

/** Trails, and the operations on them. Nothing is delivered to their buckets here. */
export function createTrails(ctx: AwsContext) {
	const trails = new Map<string, Trail>();

	function find(nameOrArn: string | undefined): Trail {
		const trail = [...trails.values()].find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
		if (!trail) throw new AwsError('TrailNotFoundException', `Unknown trail: ${nameOrArn} for the user: ${ctx.account}`);
		return trail;
	}

	const wire = ({ name, arn, bucket, multiRegion }: Trail): WireTrail => ({
		Name: name,
		TrailARN: arn,
		S3BucketName: bucket,
		HomeRegion: ctx.region,
		IsMultiRegionTrail: multiRegion,
		IncludeGlobalServiceEvents: true,
		LogFileValidationEnabled: false,
		HasCustomEventSelectors: false,
		HasInsightSelectors: false,
		IsOrganizationTrail: false,
	});

	const operations = {
		CreateTrail({ Name = '', S3BucketName = '', IsMultiRegionTrail = false }: CreateTrailCommandInput): Output<CreateTrailCommandOutput> {
			if (trails.has(Name)) throw new AwsError('TrailAlreadyExistsException', `Trail ${Name} already exists for customer: ${ctx.account}`);
			const arn = `arn:aws:cloudtrail:${ctx.region}:${ctx.account}:trail/${Name}`;
			const trail = { name: Name, arn, bucket: S3BucketName, multiRegion: IsMultiRegionTrail, selectors: MANAGEMENT };
			trails.set(Name, trail);
			return wire(trail);
		},

		StartLogging({ Name }: StartLoggingCommandInput): object {
			find(Name).loggingSince = ctx.clock.now();
			return {};
		},

		StopLogging({ Name }: StopLoggingCommandInput): object {
			const trail = find(Name);
			delete trail.loggingSince;
			trail.stoppedAt = ctx.clock.now();
			return {};
		},

		DescribeTrails({ trailNameList = [] }: DescribeTrailsCommandInput): Output<DescribeTrailsCommandOutput> {
			return { trailList: (trailNameList.length > 0 ? trailNameList.map(find) : [...trails.values()]).map(wire) };
		},

		GetTrailStatus({ Name }: GetTrailStatusCommandInput): Output<GetTrailStatusCommandOutput> {
			const { loggingSince, stoppedAt } = find(Name);
			return {
				IsLogging: loggingSince !== undefined,
				...(loggingSince === undefined ? {} : { StartLoggingTime: new Date(loggingSince) }),
				...(stoppedAt === undefined ? {} : { StopLoggingTime: new Date(stoppedAt) }),
			};
		},

		GetEventSelectors({ TrailName }: GetEventSelectorsCommandInput): Output<GetEventSelectorsCommandOutput> {
			const { arn, selectors } = find(TrailName);
			return { TrailARN: arn, EventSelectors: [...selectors] };
		},

		PutEventSelectors({ TrailName, EventSelectors = [] }: PutEventSelectorsCommandInput): object {
			const trail = find(TrailName);
			trail.selectors = EventSelectors;
			return { TrailARN: trail.arn, EventSelectors };
		},
	};

	return {
		operations,
		/** Whether a trail that logs takes in management events that change something. */
		takesWrites: () =>
			[...trails.values()].some(
				({ loggingSince, selectors }) =>
					loggingSince !== undefined &&
					selectors.some(({ IncludeManagementEvents, ReadWriteType }) => IncludeManagementEvents !== false && ReadWriteType !== 'ReadOnly'),
			),
	};
}
