/** What AWS-GatherSoftwareInventory does on a node: it looks, and puts what it finds into inventory. */

import type { Application, Outcome } from '../../ec2-machine.ts';
import type { AwsContext } from '../../types.ts';
import { agentVersionOf } from '../agent.ts';
import { duringRuns } from '../node-work.ts';
import type { ManagedNode, Nodes, Performer } from '../nodes.ts';
import { applicationsOn } from '../software.ts';
import type { Entry, Inventory } from './inventory.ts';

export const GATHER_INVENTORY = 'AWS-GatherSoftwareInventory';

/** An association that runs the document on a node, and the run that it is in. */
export interface Gathering {
	readonly associationId: string;
	readonly runId: string | undefined;
}

interface Deps {
	readonly ctx: AwsContext;
	readonly nodes: Nodes;
	readonly inventory: Inventory;
	/** The associations of the document with a node, the oldest first. */
	readonly associationsOn: (node: ManagedNode) => readonly Gathering[];
}

const GATHER_SECONDS = 5;
const PLUGIN = 'aws:softwareInventory';

/** As the agent's plugin: it works for one association alone, and for no command (source of the agent, plugins/inventory). */
export function inventoryGatherer({ ctx, nodes, inventory, associationsOn }: Deps): Performer {
	const during = duringRuns(ctx, nodes);

	const gatherers: Readonly<Record<string, readonly [type: string, version: string, gather: (node: ManagedNode) => Entry[]]>> = {
		applications: ['AWS:Application', '1.1', (node) => applicationsOn(nodes, node, ctx.clock.now()).map(applicationEntry)],
		awsComponents: ['AWS:AWSComponent', '1.0', (node) => [agentEntry(agentVersionOf(nodes, node, ctx.clock.now()))]],
		networkConfig: ['AWS:Network', '1.0', (node) => [networkEntry(nodes.instance(node).privateIp)]],
	};

	return (node, { commandId, parameters }): Outcome => {
		const [first, ...others] = associationsOn(node);
		const mine = [first, ...others].find((each) => each?.runId === commandId);
		if (!first || !mine) return { exitCode: 1, stderr: `${PLUGIN} plugin can only be invoked via ssm-associate\n` };
		if (mine !== first) {
			const ids = `${first.associationId} and ${mine.associationId}`;
			const message = `${PLUGIN} detected multiple inventory configurations associated with one instance. Each instance can be associated with just one inventory configuration. Conflicting inventory configuration IDs: ${ids}`;
			return { exitCode: 1, stderr: `${message}\n` };
		}
		during(node, commandId, GATHER_SECONDS * 1000, () => {
			for (const [parameter, [type, schemaVersion, gather]] of Object.entries(gatherers)) {
				if (parameters[parameter] !== 'Enabled') continue;
				inventory.put(node.id, { type, schemaVersion, capturedAt: inventory.now(), entries: gather(node) });
			}
		});
		const stdout = 'Inventory policy has been successfully applied and collected inventory data has been uploaded to SSM\n';
		return { durationSeconds: GATHER_SECONDS, stdout };
	};
}

function applicationEntry(application: Application): Entry {
	const { name, version, release, epoch, publisher, architecture = 'x86_64', type, packageId } = application;
	return {
		Name: name,
		Version: version,
		...(release === undefined ? {} : { Release: release, Epoch: epoch ?? '' }),
		...(publisher === undefined ? {} : { Publisher: publisher }),
		Architecture: architecture,
		...(type === undefined ? {} : { ApplicationType: type }),
		...(packageId === undefined ? {} : { PackageId: packageId }),
	};
}

function agentEntry(version: string): Entry {
	const about = { Name: 'Amazon SSM Agent', ApplicationType: 'admin', Publisher: 'Amazon.com', Architecture: 'x86_64' };
	return { ...about, Version: version, URL: 'http://docs.aws.amazon.com/ssm/latest/APIReference/Welcome.html' };
}

/** The address of a network card is a function of that of its network. */
function networkEntry(ip: string): Entry {
	const hex = ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
	return { Name: 'eth0', IPV4: ip, MacAddress: ['0a', '58', ...hex].join(':') };
}
