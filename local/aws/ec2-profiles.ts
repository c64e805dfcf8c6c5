/** Instance profiles on instances. */

import type {
	AssociateIamInstanceProfileCommandInput,
	AssociateIamInstanceProfileCommandOutput,
	DescribeIamInstanceProfileAssociationsCommandInput,
	DescribeIamInstanceProfileAssociationsCommandOutput,
	DisassociateIamInstanceProfileCommandInput,
	DisassociateIamInstanceProfileCommandOutput,
	IamInstanceProfileAssociation,
	IamInstanceProfileSpecification,
	ReplaceIamInstanceProfileAssociationCommandInput,
	ReplaceIamInstanceProfileAssociationCommandOutput,
} from '@aws-sdk/client-ec2';
import { LATENCY_MS, within } from './assumptions.ts';
import type { Instance } from './ec2.ts';
import { passesAll } from './ec2-filters.ts';
import { nextToken, page } from './paging.ts';
import { type AwsContext, AwsError, type Output } from './types.ts';

/** The profile of an instance, and since when it is on its way. */
export interface ProfileAssociation {
	readonly id: string;
	readonly name: string;
	readonly since: number;
	state: 'associating' | 'associated' | 'disassociating';
}

export interface ProfileOptions {
	/** Whether IAM has a profile of that name. */
	readonly profileExists: (name: string) => boolean;
	readonly instances: () => readonly Instance[];
	/** Gives an instance by its id, or throws as EC2 does. */
	readonly instance: (id: string) => Instance;
	/** Told when an instance has another profile, or none. */
	readonly onChange: (instance: Instance) => void;
}

/** DescribeIamInstanceProfileAssociations gives up to 1,000 a page. */
const PAGE = 1_000;

export function profileOperations(ctx: AwsContext, { profileExists, instances, instance, onChange }: ProfileOptions) {
	/** @throws AwsError `InvalidParameterValue` for a profile that is not there. */
	function nameOf({ Arn: arn, Name: name }: IamInstanceProfileSpecification = {}): string {
		const found = name ?? arn?.split('/').at(-1) ?? '';
		if (profileExists(found)) return found;
		const [member, value] = arn === undefined ? ['name', name] : ['arn', arn];
		throw new AwsError(
			'InvalidParameterValue',
			`Value (${value}) for parameter iamInstanceProfile.${member} is invalid. Invalid IAM Instance Profile ${member}`,
		);
	}

	/** @throws AwsError `InvalidAssociationID.NotFound`. */
	function associated(id: string | undefined): Instance {
		const found = instances().find(({ profile }) => profile?.id === id);
		if (!found) throw new AwsError('InvalidAssociationID.NotFound', `An invalid association-id of '${id}' was given`);
		return found;
	}

	/** A profile works only once it is associated. */
	function associate(to: Instance, name: string): IamInstanceProfileAssociation {
		const profile: ProfileAssociation = { id: `iip-assoc-${ctx.id(17)}`, name, since: ctx.clock.now(), state: 'associating' };
		to.profile = profile;
		ctx.clock.after(within(ctx.clock, LATENCY_MS.instanceAttribute), () => {
			if (to.profile !== profile) return;
			profile.state = 'associated';
			onChange(to);
		});
		return wire(to, profile);
	}

	function wire({ id }: Instance, { id: AssociationId, name, since, state }: ProfileAssociation): IamInstanceProfileAssociation {
		const IamInstanceProfile = { Arn: `arn:aws:iam::${ctx.account}:instance-profile/${name}`, Id: profileId(name) };
		return { AssociationId, InstanceId: id, IamInstanceProfile, State: state, Timestamp: new Date(since) };
	}

	return {
		DescribeIamInstanceProfileAssociations(
			input: DescribeIamInstanceProfileAssociationsCommandInput,
		): Output<DescribeIamInstanceProfileAssociationsCommandOutput> {
			const all = instances().flatMap((each) => (each.profile && each.state !== 'terminated' ? [wire(each, each.profile)] : []));
			const matching = all.filter(({ AssociationId = '', InstanceId = '', State = '' }) => {
				const asked = input.AssociationIds === undefined || input.AssociationIds.includes(AssociationId);
				return asked && passesAll(input.Filters, { 'instance-id': InstanceId, state: State }, new Map());
			});
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { IamInstanceProfileAssociations: found.items, ...nextToken(found) };
		},

		AssociateIamInstanceProfile(input: AssociateIamInstanceProfileCommandInput): Output<AssociateIamInstanceProfileCommandOutput> {
			const name = nameOf(input.IamInstanceProfile);
			const found = instance(input.InstanceId ?? '');
			if (found.state !== 'running' && found.state !== 'stopped') {
				throw new AwsError('IncorrectInstanceState', `The instance '${found.id}' is not in the 'running' or 'stopped' states.`);
			}
			if (found.profile) throw new AwsError('IncorrectState', `There is an existing association for instance ${found.id}`);
			return { IamInstanceProfileAssociation: associate(found, name) };
		},

		ReplaceIamInstanceProfileAssociation(
			input: ReplaceIamInstanceProfileAssociationCommandInput,
		): Output<ReplaceIamInstanceProfileAssociationCommandOutput> {
			const found = associated(input.AssociationId);
			return { IamInstanceProfileAssociation: associate(found, nameOf(input.IamInstanceProfile)) };
		},

		DisassociateIamInstanceProfile(input: DisassociateIamInstanceProfileCommandInput): Output<DisassociateIamInstanceProfileCommandOutput> {
			const found = associated(input.AssociationId);
			const { profile } = found;
			delete found.profile;
			onChange(found);
			return profile ? { IamInstanceProfileAssociation: wire(found, { ...profile, state: 'disassociating' }) } : {};
		},
	};
}

/** IAM makes an id for a profile: in this world of its name. */
export function profileId(name: string): string {
	return `AIPA${name.toUpperCase()}`;
}
