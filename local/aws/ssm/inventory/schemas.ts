/** The types of inventory that AWS has, with their attributes (user guide, "Metadata collected by inventory"). */

type DataType = 'string' | 'number';

export interface TypeSchema {
	readonly type: string;
	readonly version: string;
	readonly attributes: Readonly<Record<string, DataType>>;
}

const texts = (...names: string[]): Record<string, DataType> => Object.fromEntries(names.map((name) => [name, 'string']));
const numbers = (...names: string[]): Record<string, DataType> => Object.fromEntries(names.map((name) => [name, 'number']));

export const AWS_TYPES: readonly TypeSchema[] = [
	{
		type: 'AWS:Application',
		version: '1.1',
		attributes: texts(
			...['Name', 'ApplicationType', 'Publisher', 'Version', 'Release', 'Epoch', 'InstalledTime', 'Architecture', 'URL'],
			...['Summary', 'PackageId'],
		),
	},
	{
		type: 'AWS:AWSComponent',
		version: '1.0',
		attributes: texts('Name', 'ApplicationType', 'Publisher', 'Version', 'InstalledTime', 'Architecture', 'URL'),
	},
	{
		type: 'AWS:ComplianceItem',
		version: '1.0',
		attributes: texts(
			...['ComplianceType', 'Id', 'Title', 'Status', 'Severity', 'ExecutionId', 'ExecutionType', 'ExecutionTime', 'Classification'],
			...['InstalledTime', 'PatchBaselineId', 'PatchGroup', 'PatchSeverity', 'PatchState', 'DocumentName', 'DocumentVersion'],
		),
	},
	{
		type: 'AWS:InstanceInformation',
		version: '1.0',
		attributes: texts(
			...['AgentType', 'AgentVersion', 'ComputerName', 'InstanceId', 'InstanceStatus', 'IpAddress', 'PlatformName', 'PlatformType'],
			...['PlatformVersion', 'ResourceType'],
		),
	},
	{
		type: 'AWS:Network',
		version: '1.0',
		attributes: texts('Name', 'SubnetMask', 'Gateway', 'DHCPServer', 'DNSServer', 'MacAddress', 'IPV4', 'IPV6'),
	},
	{
		type: 'AWS:PatchSummary',
		version: '1.0',
		attributes: {
			...texts('PatchGroup', 'BaselineId', 'SnapshotId', 'OwnerInformation', 'OperationType', 'RebootOption', 'OperationStartTime'),
			...texts('OperationEndTime', 'LastNoRebootInstallOperationTime'),
			...numbers('InstalledCount', 'InstalledOtherCount', 'InstalledPendingRebootCount', 'InstalledRejectedCount', 'MissingCount'),
			...numbers('FailedCount', 'UnreportedNotApplicableCount', 'NotApplicableCount', 'AvailableSecurityUpdateCount'),
			...numbers('CriticalNonCompliantCount', 'SecurityNonCompliantCount', 'OtherNonCompliantCount'),
		},
	},
	{ type: 'AWS:Tag', version: '1.0', attributes: texts('Key', 'Value') },
];

export const TYPE_NAME = /^(AWS|Custom):.+$/;
