import type { AgentSubject, OperationOf } from '../../operation/types.ts';

/**
 * Why nodes are not managed, are silent or are not as they should be; and what becomes of activations, which machines outside EC2 need to
 * register.
 */
export const AGENT_CAUSES = [
	'no-profile',
	'no-permissions',
	'no-endpoints',
	'never-seen',
	'connection-lost',
	'stale-registration',
	'outdated',
	'activation-expiring',
	'activation-expired',
	'activation-used-up',
] as const;
export type AgentCause = (typeof AGENT_CAUSES)[number];

/** A node, or an activation, and what is wrong with it. */
export interface Trouble {
	readonly id: string;
	readonly cause: AgentCause;
	/** In words: `profile web; silent since 2026-03-01T06:00:00Z`. */
	readonly detail: string;
	/** The name of an instance's profile. */
	readonly profile?: string;
	/** Since then the cause is gone, and the agent has yet to answer. Epoch milliseconds. */
	readonly fixedAt?: number;
}

/** What an operation knows of one node, or activation. Instants are epoch milliseconds. */
export interface Troubled extends Pick<Trouble, 'detail' | 'profile' | 'fixedAt'> {
	/** Since when it is known. */
	readonly since: number;
	/** When a playbook was given it. */
	readonly handedAt?: number;
}

/** From the first node that has a cause until none has it any more. */
export interface AgentOperation extends OperationOf<AgentSubject> {
	/** By id; of very many, the first. */
	readonly nodes: Readonly<Record<string, Troubled>>;
	/** How many more there are. */
	readonly more: number;
	/** How many have been in `nodes`. */
	readonly count: number;
	/** When agents are looked at next, and how often they were. */
	readonly lookAt: number;
	readonly looks: number;
	/** When its OpsItem was told of its nodes. */
	readonly toldAt: number;
	/** What the OpsItem has yet to be told. */
	readonly untold?: true;
	/** A playbook has yet to be given some of its nodes. */
	readonly handing?: true;
}
