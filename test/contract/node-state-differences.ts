/** Where moto_server and the local AWS differ over maintenance windows and patch baselines. */

import type { Difference } from './differences.ts';

const ACCEPTED = 'accepted';

/** What moto_server takes and the local AWS refuses, with the rule of AWS. */
const REFUSED = [
	[
		'maintenance windows: a command without targets',
		'Systems Manager user guide, Registering maintenance window tasks without targets: Run Command tasks must have one',
	],
	['maintenance windows: a schedule that is none', 'API model, CreateMaintenanceWindow: Schedule is a cron or rate expression'],
	['maintenance windows: a duration of 25 hours', 'API model, CreateMaintenanceWindow, Duration: 1 to 24'],
	['maintenance windows: a name of two letters', 'API model, CreateMaintenanceWindow, Name: 3 to 128 characters'],
	[
		'patch baselines: a rule with neither delay nor date',
		'API model, PatchRule: "your request must include a value for either ApproveAfterDays or ApproveUntilDate"',
	],
	['patch baselines: a delay of 361 days', 'API model, PatchRule, ApproveAfterDays: 0 to 360'],
] as const;

export const NODE_STATE: readonly Difference[] = [
	{
		case: 'maintenance windows: it says when it opens next',
		moto: null,
		ours: 'works it out',
		source: 'API model, GetMaintenanceWindow: "NextExecutionTime: the next time the maintenance window will actually run"',
	},
	{
		case: 'maintenance windows: one that is not there can be deleted',
		moto: { refused: 'DoesNotExistException', status: 400 },
		ours: 'has nothing to do',
		source: 'API model, DeleteMaintenanceWindow: InternalServerError is its only error',
	},
	{
		case: 'maintenance windows: a target is registered, listed and deregistered',
		moto: [
			[
				{
					ResourceType: 'INSTANCE',
					Targets: [{ Key: 'tag:service', Values: ['nginx'] }],
					Name: 'web',
					OwnerInformation: '',
					ids: true,
				},
			],
			[],
		],
		ours: 'keeps the owner information',
		source: 'API model, MaintenanceWindowTarget: "OwnerInformation: a user-provided value"',
	},
	{
		case: 'patch baselines: they are listed by how their names begin',
		moto: [],
		ours: 'lists them by prefix',
		source: 'API model, DescribePatchBaselines: "NAME_PREFIX. Sample values: AWS- | My-"',
	},
	{
		case: 'patch baselines: a group that is deregistered has the default again',
		moto: true,
		ours: 'gives the default',
		source: 'Systems Manager user guide, Patch groups: without a registered baseline the default of the operating system applies',
	},
	{
		case: 'patch baselines: one that has a group cannot be deleted',
		moto: ACCEPTED,
		ours: 'refuses it',
		source: 'API model, ResourceInUseException: "an attempt is made to delete a patch baseline that is registered for a patch group"',
	},
	...REFUSED.map(([what, source]) => ({ case: `${what} is refused`, moto: ACCEPTED, ours: 'refuses it', source })),
];
