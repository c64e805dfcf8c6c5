/** Nodes that are not managed as they should be, where AWS is asked about them. Apart from the kind: EC2's client is large. */

// biome-ignore lint/style/noRestrictedImports: for one function alone, which is not on the core path.
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { handToPlaybooks } from '../agents/hand.ts';
import { readAgents } from '../agents/look.ts';
import type { AgentClients } from '../agents/survey.ts';
import type { Deps } from '../deps.ts';
import type { Part } from '../operation/services.ts';
import { agent } from './agent.ts';

/** To be made once for each execution environment. */
export function agentAtAws({ aws }: Pick<Deps, 'aws'>): Part & { readonly clients: AgentClients } {
	const clients = { ec2: aws.client(EC2Client), iam: aws.client(IAMClient) };
	return { ...agent, clients, performers: { 'survey-agents': readAgents(clients), 'hand-to-playbook': handToPlaybooks } };
}
