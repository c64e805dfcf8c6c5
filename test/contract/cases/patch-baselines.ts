/** Patch baselines and patch groups, as far as both go: nothing is patched in moto_server. */

import {
	CreatePatchBaselineCommand,
	type CreatePatchBaselineCommandInput,
	DeletePatchBaselineCommand,
	DeregisterPatchBaselineForPatchGroupCommand,
	DescribePatchBaselinesCommand,
	GetPatchBaselineForPatchGroupCommand,
	type OperatingSystem,
	RegisterPatchBaselineForPatchGroupCommand,
} from '@aws-sdk/client-ssm';
import { type Case, refusal, type System, some } from '../system.ts';

const RULE = {
	PatchFilterGroup: { PatchFilters: [{ Key: 'CLASSIFICATION' as const, Values: ['Security'] }] },
	ComplianceLevel: 'HIGH' as const,
};

async function create({ ssm }: System, Name: string, rest: Partial<CreatePatchBaselineCommandInput> = {}): Promise<string> {
	const ApprovalRules = { PatchRules: [{ ...RULE, ApproveAfterDays: 7 }] };
	const input = { Name, OperatingSystem: 'AMAZON_LINUX_2' as const, ApprovalRules, ...rest };
	return (await ssm.send(new CreatePatchBaselineCommand(input))).BaselineId ?? '';
}

async function listed({ ssm }: System, name: string) {
	const Filters = [{ Key: 'NAME_PREFIX', Values: [name] }];
	return (await ssm.send(new DescribePatchBaselinesCommand({ Filters }))).BaselineIdentities ?? [];
}

function register({ ssm }: System, PatchGroup: string, BaselineId: string) {
	return ssm.send(new RegisterPatchBaselineForPatchGroupCommand({ PatchGroup, BaselineId }));
}

async function baselineOf({ ssm }: System, PatchGroup: string, OperatingSystem: OperatingSystem = 'AMAZON_LINUX_2'): Promise<string> {
	return (await ssm.send(new GetPatchBaselineForPatchGroupCommand({ PatchGroup, OperatingSystem }))).BaselineId ?? '';
}

function refusedRule(what: string, rule: object): Case {
	return {
		name: `patch baselines: ${what} is refused`,
		act: (system) => refusal(create(system, 'contract-refused', { ApprovalRules: { PatchRules: [{ ...RULE, ...rule }] } })),
		gives: { refused: 'ValidationException', status: 400 },
	};
}

export const BASELINE_CASES: readonly Case[] = [
	{
		name: 'patch baselines: a new one is listed as it was made, and is no default',
		async act(system) {
			const id = await create(system, 'contract-new', { Description: 'for web servers' });
			return (await listed(system, 'contract-new')).map((each) => ({
				...some(each, 'BaselineName', 'BaselineDescription', 'OperatingSystem', 'DefaultBaseline'),
				id: each.BaselineId === id && /^pb-[0-9a-f]{17}$/.test(id),
			}));
		},
		gives: [
			{
				BaselineName: 'contract-new',
				BaselineDescription: 'for web servers',
				OperatingSystem: 'AMAZON_LINUX_2',
				DefaultBaseline: false,
				id: true,
			},
		],
	},
	{
		name: 'patch baselines: they are listed by how their names begin',
		async act(system) {
			for (const name of ['contract-prefix-one', 'contract-prefix-two']) await create(system, name);
			return (await listed(system, 'contract-prefix')).map(({ BaselineName }) => BaselineName);
		},
		gives: ['contract-prefix-one', 'contract-prefix-two'],
	},
	{
		name: 'patch baselines: one that was deleted is not listed',
		async act(system) {
			const BaselineId = await create(system, 'contract-deleted');
			await system.ssm.send(new DeletePatchBaselineCommand({ BaselineId }));
			return listed(system, 'contract-deleted');
		},
		gives: [],
	},
	{
		name: 'patch baselines: a group has the one that it is registered with',
		async act(system) {
			const id = await create(system, 'contract-group');
			const { PatchGroup, BaselineId } = await register(system, 'contract-group', id);
			return [PatchGroup, BaselineId === id, (await baselineOf(system, 'contract-group')) === id];
		},
		gives: ['contract-group', true, true],
	},
	{
		name: "patch baselines: a group that is registered nowhere has one of AWS's",
		act: async (system) => /^arn:aws:ssm:.+:patchbaseline\/pb-[0-9a-f]{17}$/.test(await baselineOf(system, 'contract-nowhere')),
		gives: true,
	},
	{
		name: 'patch baselines: a group has one for each system',
		async act(system) {
			const [one, other] = [await create(system, 'contract-one'), await create(system, 'contract-other')];
			await register(system, 'contract-taken', one);
			return [await refusal(register(system, 'contract-taken', other)), await refusal(register(system, 'contract-taken', one))];
		},
		gives: [{ refused: 'AlreadyExistsException', status: 400 }, 'accepted'],
	},
	{
		name: 'patch baselines: a group that is deregistered has the default again',
		async act(system) {
			const BaselineId = await create(system, 'contract-again');
			await register(system, 'contract-again', BaselineId);
			await system.ssm.send(new DeregisterPatchBaselineForPatchGroupCommand({ BaselineId, PatchGroup: 'contract-again' }));
			return (await baselineOf(system, 'contract-again')) === BaselineId;
		},
		gives: false,
	},
	{
		name: 'patch baselines: one that is not there takes no group',
		act: (system) => refusal(register(system, 'contract-absent', 'pb-00000000000000000')),
		gives: { refused: 'DoesNotExistException', status: 400 },
	},
	{
		name: 'patch baselines: one that has a group cannot be deleted',
		async act(system) {
			const BaselineId = await create(system, 'contract-used');
			await register(system, 'contract-used', BaselineId);
			return refusal(system.ssm.send(new DeletePatchBaselineCommand({ BaselineId })));
		},
		gives: { refused: 'ResourceInUseException', status: 400 },
	},
	refusedRule('a rule with neither delay nor date', {}),
	refusedRule('a delay of 361 days', { ApproveAfterDays: 361 }),
];
