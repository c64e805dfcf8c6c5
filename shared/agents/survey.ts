/** One look at all agents of an account and Region: in as many calls as there are pages, and few more where something is amiss. */

// biome-ignore lint/style/noRestrictedImports: a type alone.
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { IAMClient } from '@aws-sdk/client-iam';
import { diagnose, type Seen, suspectsOf } from '../kinds/agent/diagnosis.ts';
import { stillOf } from '../kinds/agent/findings.ts';
import type { AgentCause, Trouble } from '../kinds/agent/types.ts';
import type { AgentFact } from '../operation/facts.ts';
import type { Services } from '../operation/services.ts';
import type { AgentOperation, AgentSubject } from '../operation/types.ts';
import { readInstances, readMissingEndpoints } from './ec2.ts';
import { readActivations, readHostManagement, readNodes } from './nodes.ts';
import { readProfiles } from './profiles.ts';

/** From so many days of silence on a machine outside EC2 may be gone, where no setting says otherwise. */
const STALE_DAYS = 30;

export interface AgentClients {
	readonly ec2: EC2Client;
	readonly iam: IAMClient;
}

type Where = Pick<AgentSubject, 'account' | 'region'>;

export interface Survey {
	readonly troubles: readonly Trouble[];
	/** What has no trouble has none: no list was cut short. */
	readonly complete: boolean;
	readonly requestId: string | undefined;
}

/**
 * All that is wrong with agents and activations. Rejects with what the SDK throws.
 * @param open operations that are open: what has been put right lately keeps its cause for a while.
 */
export async function surveyAgents(
	services: Services,
	{ ec2, iam }: AgentClients,
	{ region }: Where,
	open: readonly AgentOperation[],
): Promise<Survey> {
	const now = services.now();
	const [{ nodes, cut: fewNodes, requestId }, { instances, ignored, cut: fewInstances }, { activations, cut: fewActivations }] =
		await Promise.all([readNodes(services), readInstances(ec2), readActivations(services)]);
	const complete = !fewNodes && !fewInstances && !fewActivations;
	if (!complete) services.log.warn('There are more nodes, instances or activations than one look at agents takes');
	const seen: Seen = { nodes, cut: fewNodes, instances, ignored, activations };
	const suspects = suspectsOf(seen, now);
	const hostManagement = suspects.length > 0 && (await readHostManagement(services));
	const names = hostManagement ? [] : suspects.flatMap(({ profile }) => profile ?? []);
	const [profiles, missing] = await Promise.all([readProfiles(iam, names), readMissingEndpoints(ec2, suspects, region)]);
	const found = diagnose(seen, { hostManagement, profiles, missing }, services.settings.staleNodeDays ?? STALE_DAYS, now);
	return { troubles: stillOf(found, open, now), complete, requestId };
}

/** What a look has found, as it concerns the operation of one cause. */
export function factOf({ troubles, complete, requestId }: Survey, from: AgentFact['from'], cause: AgentCause): AgentFact {
	return { type: 'agents', from, troubles: troubles.filter((trouble) => trouble.cause === cause), complete, requestId };
}
