/** Security groups and their rules. */

import { type AwsContext, AwsError } from './types.ts';

/** The one VPC of a world, and the group of instances that were given none. */
export const VPC_ID = 'vpc-0a1b2c3d4e5f60718';
export const DEFAULT_GROUP_ID = 'sg-0a1b2c3d4e5f60718';

/** One source of one range of ports. */
export interface SecurityGroupRule {
	readonly id: string;
	readonly isEgress: boolean;
	readonly protocol: string;
	/** -1 for all. */
	readonly fromPort: number;
	readonly toPort: number;
	readonly source: { readonly cidrIpv4: string } | { readonly cidrIpv6: string } | { readonly groupId: string };
	readonly description?: string;
}

export interface SecurityGroup {
	readonly id: string;
	readonly name: string;
	readonly description: string;
	readonly tags: Map<string, string>;
	rules: SecurityGroupRule[];
}

export type NewRule = Omit<SecurityGroupRule, 'id'>;

export class SecurityGroups {
	readonly #ctx: AwsContext;
	readonly #groups = new Map<string, SecurityGroup>();

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
		this.#groups.set(DEFAULT_GROUP_ID, {
			id: DEFAULT_GROUP_ID,
			name: 'default',
			description: 'default VPC security group',
			tags: new Map(),
			rules: [],
		});
	}

	all(): SecurityGroup[] {
		return [...this.#groups.values()];
	}

	find(id: string): SecurityGroup | undefined {
		return this.#groups.get(id);
	}

	/** @throws AwsError `InvalidGroup.NotFound`, or `InvalidGroupId.Malformed`. */
	get(id: string | undefined): SecurityGroup {
		if (!/^sg-[0-9a-f]+$/.test(id ?? '')) throw new AwsError('InvalidGroupId.Malformed', `Invalid id: "${id}" (expecting "sg-...")`);
		const group = this.#groups.get(id ?? '');
		if (!group) throw new AwsError('InvalidGroup.NotFound', `The security group '${id}' does not exist`);
		return group;
	}

	/** A new group lets everything out. A given id makes one that has been there before the world began. */
	create(spec: Pick<SecurityGroup, 'name' | 'description' | 'tags'> & { readonly id?: string }): SecurityGroup {
		const out = { isEgress: true, protocol: '-1', fromPort: -1, toPort: -1, source: { cidrIpv4: '0.0.0.0/0' } };
		const group: SecurityGroup = { ...spec, id: spec.id ?? `sg-${this.#ctx.id(17)}`, rules: [] };
		this.#groups.set(group.id, group);
		this.add(group, [out]);
		return group;
	}

	/** @throws AwsError `InvalidPermission.Duplicate`; then nothing is added. */
	add(group: SecurityGroup, rules: readonly NewRule[]): SecurityGroupRule[] {
		const twice = rules.find((rule) => group.rules.some((each) => isSame(each, rule)));
		if (twice) {
			const peer = `peer: ${Object.values(twice.source)[0]}, ${twice.protocol.toUpperCase()}`;
			throw new AwsError(
				'InvalidPermission.Duplicate',
				`the specified rule "${peer}, from port: ${twice.fromPort}, to port: ${twice.toPort}, ALLOW" already exists`,
			);
		}
		const added = rules.map((rule) => ({ ...rule, id: `sgr-${this.#ctx.id(17)}` }));
		group.rules.push(...added);
		return added;
	}

	remove(group: SecurityGroup, rules: readonly SecurityGroupRule[]): void {
		group.rules = group.rules.filter((rule) => !rules.includes(rule));
	}
}

/** Whether two rules open the same ports to the same source, whatever is said of them. */
export function isSame(one: NewRule, other: NewRule): boolean {
	const key = ({ isEgress, protocol, fromPort, toPort, source }: NewRule) => JSON.stringify([isEgress, protocol, fromPort, toPort, source]);
	return key(one) === key(other);
}
