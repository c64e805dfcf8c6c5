/** The operations on the targets of maintenance windows. */

import type {
	DeregisterTargetFromMaintenanceWindowCommandInput,
	DeregisterTargetFromMaintenanceWindowCommandOutput,
	DescribeMaintenanceWindowTargetsCommandInput,
	DescribeMaintenanceWindowTargetsCommandOutput,
	MaintenanceWindowFilter,
	RegisterTargetWithMaintenanceWindowCommandInput,
	RegisterTargetWithMaintenanceWindowCommandOutput,
	UpdateMaintenanceWindowTargetCommandInput,
	UpdateMaintenanceWindowTargetCommandOutput,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { type AwsContext, AwsError, type Output } from '../../types.ts';
import { checkAmong, checkLength, checkPattern, given, NAME, pageSize } from '../checks.ts';
import { checkTargets } from '../node-targets.ts';
import type { Window, WindowTarget } from './model.ts';
import type { Windows } from './windows.ts';

/** Systems Manager quotas. */
const MOST_TARGETS = 100;

export function targetOperations({ uuid }: AwsContext, windows: Windows) {
	/** Targets by the token that they were registered with. */
	const tokens = new Map<string, string>();

	/** @param id in place of one of chance. */
	function register(input: RegisterTargetWithMaintenanceWindowCommandInput, id?: string): string {
		const window = windows.get(input.WindowId);
		const target = targetFrom(input, id ?? uuid());
		if (window.targets.size >= MOST_TARGETS) {
			throw new AwsError('ResourceLimitExceededException', `A maintenance window has at most ${MOST_TARGETS} targets.`);
		}
		window.targets.set(target.id, target);
		windows.events.target(window, target.id, 'REGISTERED');
		return target.id;
	}

	const operations = {
		RegisterTargetWithMaintenanceWindow(
			input: RegisterTargetWithMaintenanceWindowCommandInput,
		): Output<RegisterTargetWithMaintenanceWindowCommandOutput> {
			const { ClientToken: token } = input;
			const known = token === undefined ? undefined : tokens.get(token);
			const id = known ?? register(input);
			if (token !== undefined) tokens.set(token, id);
			return { WindowTargetId: id };
		},

		UpdateMaintenanceWindowTarget(input: UpdateMaintenanceWindowTargetCommandInput): Output<UpdateMaintenanceWindowTargetCommandOutput> {
			const window = windows.get(input.WindowId);
			const before = targetOf(window, input.WindowTargetId);
			const kept: Partial<RegisterTargetWithMaintenanceWindowCommandInput> = input.Replace ? {} : inputOf(before);
			const changed = { Targets: undefined, ...kept, ...defined(input), WindowId: window.id, ResourceType: before.resourceType };
			const target = targetFrom(changed, before.id);
			window.targets.set(target.id, target);
			windows.events.target(window, target.id, 'UPDATED');
			const { ResourceType: _, ...output } = wire(window, target);
			return output;
		},

		DeregisterTargetFromMaintenanceWindow(
			input: DeregisterTargetFromMaintenanceWindowCommandInput,
		): Output<DeregisterTargetFromMaintenanceWindowCommandOutput> {
			const window = windows.get(input.WindowId);
			const { id } = targetOf(window, input.WindowTargetId);
			const used = [...window.tasks.values()].some(({ targets }) => targets.some(({ Values: values = [] }) => values.includes(id)));
			if (input.Safe && used) throw new AwsError('TargetInUseException', `The target ${id} is referenced by a task.`);
			window.targets.delete(id);
			windows.events.target(window, id, 'DEREGISTERED');
			return { WindowId: window.id, WindowTargetId: id };
		},

		DescribeMaintenanceWindowTargets(
			input: DescribeMaintenanceWindowTargetsCommandInput,
		): Output<DescribeMaintenanceWindowTargetsCommandOutput> {
			const window = windows.get(input.WindowId);
			const matching = [...window.targets.values()].filter((target) => (input.Filters ?? []).every((filter) => passes(target, filter)));
			const found = page(matching, input.NextToken, pageSize(input.MaxResults, 10, 100));
			return { Targets: found.items.map((target) => wire(window, target)), ...nextToken(found) };
		},
	};
	return { operations, register };
}

function targetOf(window: Window, id: string | undefined): WindowTarget {
	const target = window.targets.get(id ?? '');
	if (!target) throw new AwsError('DoesNotExistException', `Maintenance window target ${id} does not exist`);
	return target;
}

function targetFrom(input: RegisterTargetWithMaintenanceWindowCommandInput, id: string): WindowTarget {
	const { ResourceType: resourceType = 'INSTANCE', Targets: targets } = input;
	checkAmong(resourceType, 'resourceType', ['INSTANCE', 'RESOURCE_GROUP']);
	checkPattern(input.Name, 'name', NAME);
	checkLength(input.Description, 'description', 1, 128);
	checkLength(input.OwnerInformation, 'ownerInformation', 1, 128);
	if (!targets?.length) throw new AwsError('ValidationException', 'Targets must have at least one target.');
	checkTargets(targets, 'ValidationException');
	if (targets.some(({ Key: key = '' }) => key.startsWith('resource-groups:')) !== (resourceType === 'RESOURCE_GROUP')) {
		throw new AwsError('ValidationException', `The target keys are not those of the resource type ${resourceType}.`);
	}
	return {
		id,
		resourceType,
		targets,
		...given('owner', input.OwnerInformation),
		...given('name', input.Name),
		...given('description', input.Description),
	};
}

function wire(window: Window, target: WindowTarget) {
	return { WindowId: window.id, WindowTargetId: target.id, ResourceType: target.resourceType, ...inputOf(target) };
}

function inputOf({ targets, owner, name, description }: WindowTarget) {
	return {
		Targets: [...targets],
		...given('OwnerInformation', owner),
		...given('Name', name),
		...given('Description', description),
	};
}

/** What is given, without what is undefined: it would overwrite what is kept. */
function defined<T extends object>(input: T): T {
	return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as T;
}

function passes(target: WindowTarget, { Key: key, Values: values = [] }: MaintenanceWindowFilter): boolean {
	switch (key) {
		case 'Type':
			return values.includes(target.resourceType);
		case 'WindowTargetId':
			return values.includes(target.id);
		case 'OwnerInformation':
			return values.includes(target.owner ?? '');
		default:
			throw new AwsError('ValidationException', `The filter key ${key} is not valid: use Type, WindowTargetId or OwnerInformation.`);
	}
}
