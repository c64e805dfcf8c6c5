/** What Systems Manager itself keeps of nodes, as inventory shows it. */

import type { AwsContext } from '../../types.ts';
import { agentVersionOf } from '../agent.ts';
import type { Compliance } from '../compliance/compliance.ts';
import type { Nodes } from '../nodes.ts';
import type { PatchReport } from '../patching/node-patching.ts';
import { wireState } from '../patching/report-views.ts';
import { computerName, platformOf } from '../platforms.ts';
import { type Entry, type Inventory, iso } from './inventory.ts';

interface Deps {
	readonly ctx: AwsContext;
	readonly nodes: Nodes;
	readonly compliance: Compliance;
	readonly patchReport: (nodeId: string) => PatchReport | undefined;
}

const STATUSES = { Online: 'Active', ConnectionLost: 'ConnectionLost' } as const;

export function provideInventory(inventory: Inventory, { ctx, nodes, compliance, patchReport }: Deps): void {
	/** Of an instance that is gone or stopped what it was. */
	function instanceStatus(node: Parameters<Nodes['instance']>[0]): string {
		const { state } = nodes.instance(node);
		if (state === 'running') return STATUSES[nodes.pingStatus(node)];
		return state === 'stopped' || state === 'stopping' || state === 'pending' ? 'Stopped' : 'Terminated';
	}

	inventory.provide('AWS:InstanceInformation', (node) => {
		const host = nodes.instance(node);
		const entry = {
			AgentType: 'amazon-ssm-agent',
			AgentVersion: agentVersionOf(nodes, node, ctx.clock.now()),
			ComputerName: computerName(ctx, host, nodes.hybrid.get(node.id)),
			InstanceId: node.id,
			InstanceStatus: instanceStatus(node),
			IpAddress: host.privateIp,
			...platformOf(host.machine),
			PlatformType: host.machine.platform,
			ResourceType: nodes.hybrid.get(node.id) ? 'ManagedInstance' : 'EC2Instance',
		};
		return { entries: [entry], capturedAt: iso(nodes.lastPingAt(node)) };
	});

	inventory.provide('AWS:Tag', (node) => {
		const { tags } = nodes.instance(node);
		return { entries: [...tags].map(([Key, Value]) => ({ Key, Value })), capturedAt: iso(nodes.lastPingAt(node)) };
	});

	inventory.provide('AWS:PatchSummary', ({ id }) => {
		const report = patchReport(id);
		return report && { entries: [summaryEntry(report)], capturedAt: iso(report.endedAt) };
	});

	inventory.provide('AWS:ComplianceItem', ({ id }) => {
		const records = compliance.all().filter(({ nodeId }) => nodeId === id);
		if (records.length === 0) return undefined;
		const entries = records.flatMap(({ type, items, execution }) =>
			items.map((item) => ({
				...item.details,
				ComplianceType: type,
				Id: item.id,
				Title: item.title,
				Status: item.status,
				Severity: item.severity,
				ExecutionId: execution.id ?? '',
				ExecutionType: execution.type ?? '',
				ExecutionTime: iso(execution.at),
			})),
		);
		return { entries, capturedAt: iso(Math.max(...records.map(({ execution: { at } }) => at))) };
	});

	compliance.onChange(({ nodeId, type }) => {
		inventory.touch(nodeId, 'AWS:ComplianceItem');
		if (type === 'Patch') inventory.touch(nodeId, 'AWS:PatchSummary');
	});
	nodes.onRegister(({ id }) => inventory.touch(id, 'AWS:InstanceInformation'));
}

/** Everything in inventory is text. */
function summaryEntry(report: PatchReport): Entry {
	const { InstanceId, Operation, OperationStartTime, OperationEndTime, LastNoRebootInstallOperationTime, ...counts } = wireState(report);
	return {
		...Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, String(value)])),
		OperationType: String(Operation),
		OperationStartTime: iso(OperationStartTime),
		OperationEndTime: iso(OperationEndTime),
		...(LastNoRebootInstallOperationTime ? { LastNoRebootInstallOperationTime: iso(LastNoRebootInstallOperationTime) } : {}),
	};
}
