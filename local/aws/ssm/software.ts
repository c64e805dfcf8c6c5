/** The software on nodes: what has been there from the start, and what scripts have made of it. */

import type { Application } from '../ec2-machine.ts';
import type { ManagedNode, Nodes } from './nodes.ts';

/** What is installed on a node at an instant, by name. */
export function applicationsOn(nodes: Nodes, node: ManagedNode, now: number): Application[] {
	const { applications = [] } = nodes.instance(node).machine;
	const installed = new Map(applications.map((application) => [application.name, application]));
	const done = node.runs.filter(({ status, endsAt }) => status === 'Success' && endsAt <= now);
	for (const { software } of done.sort((one, other) => one.endsAt - other.endsAt)) {
		if (software?.removes !== undefined) installed.delete(software.removes);
		if (software?.installs) installed.set(software.installs.name, software.installs);
	}
	return [...installed.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}
