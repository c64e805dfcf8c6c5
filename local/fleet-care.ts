/** What a fleet has of its daily care: who may call, how instances are managed, what machines register with. */

import type { Network } from './aws/ec2-network.ts';
import type { FleetServices } from './services.ts';

/** Somebody who calls AWS in a role of his own, which allows what its policies do; others may do anything. */
export interface FleetOperator {
	/** Of the access key, and of the session in the role `operator-<name>`. */
	readonly name: string;
	/** Managed policies by name: AWS's own, and the stack's. */
	readonly policies: readonly string[];
}

export interface FleetActivation {
	/** Of the machines that register with it. */
	readonly name: string;
	readonly role: string;
	/** Default 1. */
	readonly limit?: number;
	/** Default 0. */
	readonly registered?: number;
	/** From the world's beginning; below 0 it has expired. Default 24. */
	readonly expiresInHours?: number;
}

export interface FleetCare {
	readonly operators?: readonly FleetOperator[];
	/** False: only instances with a profile that allows it are managed. Default true. */
	readonly defaultHostManagement?: boolean;
	/** How instances reach AWS; default: by the internet. */
	readonly network?: Network;
	/** What machines have registered with, or could not. */
	readonly activations?: readonly FleetActivation[];
	/** Trails that bring API calls to EventBridge; default none. */
	readonly trails?: readonly { readonly name: string }[];
}

const HOUR_MS = 3_600_000;
/** From an activation's creation to its expiry, where nobody says otherwise. */
const ACTIVATION_MS = 24 * HOUR_MS;

export function seedCare(services: FleetServices, fleet: FleetCare, now: number): void {
	services.ec2.network.set(fleet.network ?? {});
	if (fleet.defaultHostManagement === false) services.ssm.manageHosts(false);
	for (const activation of fleet.activations ?? []) seedActivation(services, activation, now);
	for (const { name } of fleet.trails ?? []) services.cloudTrail.addTrail(name);
}

function seedActivation({ ssm }: FleetServices, activation: FleetActivation, now: number): void {
	const { name: instanceName, role, limit = 1, registered = 0, expiresInHours = 24 } = activation;
	const expiresAt = now + expiresInHours * HOUR_MS;
	ssm.activations.seed({ instanceName, role, limit, registered, expiresAt, createdAt: expiresAt - ACTIVATION_MS });
}
