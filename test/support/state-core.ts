/** The core on what Systems Manager finds of nodes: a list of those that are not compliant, tags, associations. */

import { associationAtAws } from '../../shared/parts/association.ts';
import { stateAtAws } from '../../shared/parts/state.ts';
import { type Core, createCore } from './core.ts';

export const WHERE = { account: '111122223333', region: 'eu-west-1' } as const;
export const node = (n: number) => `i-${String(n).padStart(17, '0')}`;

export interface StateWorld {
	/** Patch groups by node. */
	readonly groups: Map<string, string>;
	/** Severities of what is wrong, by node. */
	readonly noncompliant: Map<string, string>;
	readonly gone: Set<string>;
}

/** An account where nobody is in a patch group and all is well, until a test says otherwise. */
export async function createStateCore(): Promise<Core & StateWorld> {
	const core = await createCore({ playbooks: [], parts: [associationAtAws(), stateAtAws()] });
	const world: StateWorld = { groups: new Map(), noncompliant: new Map(), gone: new Set() };
	core.on('GetResources', ({ ResourceARNList }) => ({
		ResourceTagMappingList: ResourceARNList.flatMap((ResourceARN: string) => {
			const group = world.groups.get(ResourceARN.slice(ResourceARN.lastIndexOf('/') + 1));
			return group === undefined ? [] : [{ ResourceARN, Tags: [{ Key: 'PatchGroup', Value: group }] }];
		}),
	}));
	core.on('ListResourceComplianceSummaries', ({ Filters }) => ({
		ResourceComplianceSummaryItems: [...world.noncompliant].map(([ResourceId, severity]) => ({
			...{ ResourceId, ComplianceType: Filters[0].Values[0], Status: 'NON_COMPLIANT', OverallSeverity: severity.toUpperCase() },
		})),
	}));
	core.on('DescribeInstanceInformation', ({ Filters }) => ({
		InstanceInformationList: Filters[0].Values.filter((id: string) => !world.gone.has(id)).map((InstanceId: string) => ({
			...{ InstanceId, PingStatus: 'Online' },
		})),
	}));
	return { ...core, ...world };
}

let events = 0;

/** `Configuration Compliance State Change`. @param at epoch milliseconds. */
export function complianceEvent(id: string, is: 'compliant' | 'non_compliant', at: number, detail: object = {}) {
	return {
		id: `event-${++events}`,
		...WHERE,
		source: 'aws.ssm',
		'detail-type': 'Configuration Compliance State Change',
		time: new Date(at).toISOString(),
		resources: [],
		detail: { 'resource-id': id, 'compliance-status': is, 'compliance-type': 'Patch', severity: 'medium', ...detail },
	};
}
