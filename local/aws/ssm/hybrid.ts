/** Machines that are not EC2's: on premises, or another cloud's, registered with Systems Manager by an activation. */

import type { Instance } from '../ec2.ts';
import type { Machine } from '../ec2-machine.ts';
import type { AwsContext } from '../types.ts';

/** What a managed node runs on, as far as Systems Manager sees it. */
export type Host = Pick<Instance, 'id' | 'machine' | 'tags' | 'privateIp' | 'state' | 'boots'>;

export interface HybridMachine extends Host {
	/** The computer's own. */
	readonly name: string;
	/** As its activation names the machines that register with it. */
	readonly displayName?: string;
	readonly activationId: string;
	readonly registeredAt: number;
	/** Its agent works in it: a role's name, its path before it. */
	role: string;
}

export interface NewHybridMachine {
	/** `mi-` and 17 digits. */
	readonly id: string;
	readonly name: string;
	readonly machine: Machine;
	readonly tags?: Readonly<Record<string, string>>;
	readonly activationId?: string;
	readonly displayName?: string;
	readonly role?: string;
}

/** The role that activations give to machines, where nobody names another (user guide, hybrid activations). */
const HYBRID_ROLE = 'service-role/AmazonEC2RunCommandRoleForManagedInstances';

export class HybridMachines {
	readonly #ctx: AwsContext;
	readonly #machines = new Map<string, HybridMachine>();

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
	}

	add({ id, name, machine, tags = {}, activationId = this.#ctx.uuid(), role = HYBRID_ROLE, displayName }: NewHybridMachine): void {
		if (this.#machines.has(id)) throw new Error(`There are two machines ${id} in this world.`);
		const number = this.#machines.size;
		this.#machines.set(id, {
			id,
			name,
			machine,
			tags: new Map(Object.entries(tags)),
			privateIp: `192.168.${(number >> 8) & 255}.${number & 255}`,
			state: 'running',
			boots: 0,
			activationId,
			registeredAt: this.#ctx.clock.now(),
			role,
			...(displayName === undefined ? {} : { displayName }),
		});
	}

	remove(id: string): void {
		this.#machines.delete(id);
	}

	get(id: string): HybridMachine | undefined {
		return this.#machines.get(id);
	}

	all(): HybridMachine[] {
		return [...this.#machines.values()];
	}
}

/** A node's own ARN, an instance's or a managed instance's. */
export function nodeArn({ region, account }: Pick<AwsContext, 'region' | 'account'>, id: string): string {
	const resource = id.startsWith('mi-') ? ['ssm', 'managed-instance'] : ['ec2', 'instance'];
	return `arn:aws:${resource[0]}:${region}:${account}:${resource[1]}/${id}`;
}

/** Tells that a node has come or gone. AWS documents no payload of these events: here they have none. */
export function announce({ emit }: Pick<AwsContext, 'emit'>, what: 'Registration' | 'Deregistration'): void {
	emit({ source: 'aws.ssm', detailType: `SSM Managed Instance ${what}`, detail: {} });
}
