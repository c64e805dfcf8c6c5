/** Instance profiles on instances. */

import {
	AssociateIamInstanceProfileCommand,
	DescribeIamInstanceProfileAssociationsCommand,
	DisassociateIamInstanceProfileCommand,
	ReplaceIamInstanceProfileAssociationCommand,
} from '@aws-sdk/client-ec2';
import { type Case, createGroup, PROFILES, refusal, type System, until } from '../system.ts';

const [NODE, OTHER] = PROFILES;

/** The associations of an instance: the name of the profile, and the state. */
async function associations({ ec2 }: System, instance: string) {
	const Filters = [{ Name: 'instance-id', Values: [instance] }];
	const { IamInstanceProfileAssociations = [] } = await ec2.send(new DescribeIamInstanceProfileAssociationsCommand({ Filters }));
	return IamInstanceProfileAssociations.map(({ AssociationId: id, IamInstanceProfile, State }) => ({
		id,
		profile: IamInstanceProfile?.Arn?.split(':').at(-1),
		state: State,
	}));
}

function associate({ ec2 }: System, InstanceId: string, Name: string) {
	return ec2.send(new AssociateIamInstanceProfileCommand({ InstanceId, IamInstanceProfile: { Name } }));
}

/** An instance of its own, with a profile that works. */
async function withProfile(system: System, group: string): Promise<{ readonly id: string; readonly association: string }> {
	const [id = ''] = await createGroup(system, group, { desired: 1 });
	await associate(system, id, NODE);
	const [found] = await until(
		() => associations(system, id),
		(seen) => seen.every(({ state }) => state === 'associated'),
	);
	return { id, association: found?.id ?? '' };
}

const bare = ({ profile, state }: { profile: string | undefined; state: string | undefined }) => ({ profile, state });

export const PROFILE_CASES: readonly Case[] = [
	{
		name: 'profiles: an instance has one once it is associated',
		async act(system) {
			const { id } = await withProfile(system, 'contract-profile');
			return (await associations(system, id)).map(bare);
		},
		gives: [{ profile: `instance-profile/${NODE}`, state: 'associated' }],
	},
	{
		name: 'profiles: a second one beside the first is refused',
		async act(system) {
			const { id } = await withProfile(system, 'contract-profile-second');
			return refusal(associate(system, id, OTHER));
		},
		gives: { refused: 'IncorrectState', status: 400 },
	},
	{
		name: 'profiles: one is put in the place of another',
		async act(system) {
			const { id, association: AssociationId } = await withProfile(system, 'contract-profile-replace');
			const input = { AssociationId, IamInstanceProfile: { Name: OTHER } };
			await system.ec2.send(new ReplaceIamInstanceProfileAssociationCommand(input));
			const seen = await until(
				() => associations(system, id),
				(all) => all.every(({ state }) => state === 'associated'),
			);
			return seen.map(bare);
		},
		gives: [{ profile: `instance-profile/${OTHER}`, state: 'associated' }],
	},
	{
		name: 'profiles: one is taken away',
		async act(system) {
			const { id, association: AssociationId } = await withProfile(system, 'contract-profile-remove');
			await system.ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId }));
			return until(
				() => associations(system, id),
				(all) => all.length === 0,
			);
		},
		gives: [],
	},
	{
		name: 'profiles: what is not there is refused',
		async act(system) {
			const [id = ''] = await createGroup(system, 'contract-profile-gone', { desired: 1 });
			const AssociationId = 'iip-assoc-00000000000000099';
			const IamInstanceProfile = { Name: OTHER };
			return [
				await refusal(associate(system, id, 'contract-nobody')),
				await refusal(associate(system, 'i-00000000000000099', NODE)),
				await refusal(system.ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId }))),
				await refusal(system.ec2.send(new ReplaceIamInstanceProfileAssociationCommand({ AssociationId, IamInstanceProfile }))),
			];
		},
		gives: [
			{ refused: 'InvalidParameterValue', status: 400 },
			{ refused: 'InvalidInstanceID.NotFound', status: 400 },
			{ refused: 'InvalidAssociationID.NotFound', status: 400 },
			{ refused: 'InvalidAssociationID.NotFound', status: 400 },
		],
	},
];
