/** Hybrid activations: their operations, and the machines that register with them. */

import type {
	CreateActivationCommandInput,
	CreateActivationCommandOutput,
	DeleteActivationCommandInput,
	DeregisterManagedInstanceCommandInput,
	DescribeActivationsCommandInput,
	DescribeActivationsCommandOutput,
	DescribeActivationsFilter,
	UpdateManagedInstanceRoleCommandInput,
	Activation as WireActivation,
} from '@aws-sdk/client-ssm';
import { nextToken, page } from '../../paging.ts';
import { type AwsContext, AwsError, type Output } from '../../types.ts';
import { given, pageSize } from '../checks.ts';
import { announce, type HybridMachine } from '../hybrid.ts';
import type { Nodes } from '../nodes.ts';
import { type Activation, Activations, type Registration, type SeededActivation, type TrustOf } from './activations.ts';

export interface HybridActivations {
	/** An activation that has been there before the world began. */
	seed(activation: SeededActivation): void;
	/**
	 * A machine's agent registers, with what its operator was told. Gives the node's id.
	 * @throws AwsError as the agent is refused.
	 */
	register(registration: Registration): string;
	all(): readonly Activation[];
}

export function createActivations(ctx: AwsContext, nodes: Nodes, trust: TrustOf) {
	const activations = new Activations(ctx, trust);

	/** @throws AwsError `InvalidInstanceId`. */
	function machineNamed(id: string | undefined): HybridMachine {
		const machine = nodes.hybrid.get(id ?? '');
		if (!machine) throw new AwsError('InvalidInstanceId', `The instance ID ${id} is not valid.`);
		return machine;
	}

	const manager: HybridActivations = {
		seed: (activation) => activations.seed(activation),
		all: () => activations.all(),
		register({ activationId, code, name, machine }) {
			const { role, tags, instanceName } = activations.use(activationId, code);
			const id = `mi-${ctx.id(17)}`;
			const named = given('displayName', instanceName);
			nodes.hybrid.add({ id, name, machine, tags: Object.fromEntries(tags), activationId, role, ...named });
			nodes.setAgent(id, 'online');
			announce(ctx, 'Registration');
			return id;
		},
	};

	const operations = {
		CreateActivation(input: CreateActivationCommandInput): Output<CreateActivationCommandOutput> {
			const { id: ActivationId, code: ActivationCode } = activations.create(input);
			return { ActivationId, ActivationCode };
		},

		DescribeActivations(input: DescribeActivationsCommandInput): Output<DescribeActivationsCommandOutput> {
			const matching = activations.all().filter((activation) => (input.Filters ?? []).every((filter) => passes(activation, filter)));
			const found = page(matching, input.NextToken, pageSize(input.MaxResults, 1, 50));
			return { ActivationList: found.items.map((activation) => wire(activation, activations.isExpired(activation))), ...nextToken(found) };
		},

		DeleteActivation({ ActivationId: id = '' }: DeleteActivationCommandInput): object {
			activations.delete(id);
			return {};
		},

		DeregisterManagedInstance({ InstanceId: id }: DeregisterManagedInstanceCommandInput): object {
			nodes.forget(machineNamed(id).id);
			announce(ctx, 'Deregistration');
			return {};
		},

		UpdateManagedInstanceRole({ InstanceId: id, IamRole: role = '' }: UpdateManagedInstanceRoleCommandInput): object {
			machineNamed(id).role = role;
			return {};
		},
	};
	return { manager, operations };
}

function wire(
	{ id, description, instanceName, role, limit, registered, expiresAt, createdAt, tags }: Activation,
	Expired: boolean,
): WireActivation {
	return {
		ActivationId: id,
		IamRole: role,
		RegistrationLimit: limit,
		RegistrationsCount: registered,
		ExpirationDate: new Date(expiresAt),
		Expired,
		CreatedDate: new Date(createdAt),
		Tags: [...tags].map(([Key, Value]) => ({ Key, Value })),
		...given('Description', description),
		...given('DefaultInstanceName', instanceName),
	};
}

/** @throws AwsError `InvalidFilter`. */
function passes({ id, instanceName, role }: Activation, { FilterKey: key, FilterValues: values = [] }: DescribeActivationsFilter): boolean {
	switch (key) {
		case 'ActivationIds':
			return values.includes(id);
		case 'DefaultInstanceName':
			return instanceName !== undefined && values.includes(instanceName);
		case 'IamRole':
			return values.includes(role);
		default:
			throw new AwsError('InvalidFilter', `The filter key ${key} is not valid.`);
	}
}
