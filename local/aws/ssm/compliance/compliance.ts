/** How managed nodes comply, by type of compliance, and the events of its changes. */

import type { ComplianceSeverity, ComplianceStatus } from '@aws-sdk/client-ssm';
import type { AwsContext } from '../../types.ts';

export interface ComplianceItem {
	readonly id: string;
	readonly title: string;
	readonly severity: ComplianceSeverity;
	readonly status: ComplianceStatus;
	readonly details: Readonly<Record<string, string>>;
}

export interface ComplianceExecution {
	/** Epoch milliseconds. */
	readonly at: number;
	readonly id?: string;
	/** `Command` */
	readonly type?: string;
}

/** What is known of one node and one type: `Patch`, `Association`, `Custom:...`. */
export interface ComplianceRecord {
	readonly nodeId: string;
	readonly type: string;
	readonly items: readonly ComplianceItem[];
	readonly execution: ComplianceExecution;
	readonly status: ComplianceStatus;
	/** The highest among the items that do not comply. */
	readonly severity: ComplianceSeverity;
}

/** The highest first. */
const SEVERITIES: readonly ComplianceSeverity[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNSPECIFIED'];

/** The types whose changes are events, and how those name them. */
const TOLD: Readonly<Record<string, string>> = { Patch: 'Patch', Association: 'Association' };

export class Compliance {
	readonly #ctx: AwsContext;
	readonly #records = new Map<string, ComplianceRecord>();
	readonly #listeners: ((record: ComplianceRecord) => void)[] = [];

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
	}

	/** Calls `listener` with what was put on record. */
	onChange(listener: (record: ComplianceRecord) => void): void {
		this.#listeners.push(listener);
	}

	/** By node, then by type. */
	all(): ComplianceRecord[] {
		return [...this.#records.values()].sort((one, other) => order(one.nodeId, other.nodeId) || order(one.type, other.type));
	}

	of(nodeId: string, type: string): ComplianceRecord | undefined {
		return this.#records.get(`${nodeId} ${type}`);
	}

	/**
	 * Takes over all items of a node and a type. A status other than before, the first included, is an event.
	 * @param detail what the event says besides.
	 */
	put(nodeId: string, type: string, items: readonly ComplianceItem[], execution: ComplianceExecution, detail = {}): void {
		const before = this.of(nodeId, type);
		const failed = items.filter(({ status }) => status === 'NON_COMPLIANT');
		const status = failed.length > 0 ? 'NON_COMPLIANT' : 'COMPLIANT';
		const record = { nodeId, type, items, execution, status, severity: highest(failed) } as const;
		this.#records.set(`${nodeId} ${type}`, record);
		for (const listener of this.#listeners) listener(record);
		if (before?.status !== status) this.#tell(nodeId, type, status, highest(failed.length > 0 ? failed : items), detail);
	}

	#tell(nodeId: string, type: string, status: ComplianceStatus, severity: ComplianceSeverity, detail: object): void {
		const told = TOLD[type];
		if (told === undefined) return;
		this.#ctx.emit({
			source: 'aws.ssm',
			detailType: 'Configuration Compliance State Change',
			resources: [`arn:aws:ssm:${this.#ctx.region}:${this.#ctx.account}:managed-instance/${nodeId}`],
			detail: {
				...detail,
				'compliance-status': status.toLowerCase(),
				'resource-type': 'managed-instance',
				'resource-id': nodeId,
				'compliance-type': told,
				...(type === 'Patch' ? { severity: severity.toLowerCase() } : {}),
			},
		});
	}
}

function highest(items: readonly Pick<ComplianceItem, 'severity'>[]): ComplianceSeverity {
	return SEVERITIES.find((severity) => items.some((item) => item.severity === severity)) ?? 'UNSPECIFIED';
}

function order(one: string, other: string): number {
	return one < other ? -1 : one > other ? 1 : 0;
}
