/** What people do to commands on many nodes, and to nodes by hand. */

import { CancelCommandCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { operationId } from '../../../shared/operation/ids.ts';
import type { World } from '../../world.ts';
import { operate, tried } from '../people.ts';
import { SOURCE } from './asking.ts';
import { RESTART } from './command-playbooks.ts';
import type { Asked } from './command-requests.ts';

/** The operation of a request that says its id; undefined of others. */
export function operationOf({ detail }: Asked, place: { readonly account: string; readonly region: string }): string | undefined {
	const { requestId } = detail;
	if (typeof requestId !== 'string') return undefined;
	return operationId({ kind: 'command', source: SOURCE, requestId, document: '', on: '', ...place }, 1);
}

export async function cancel(world: World, operation: string): Promise<void> {
	await operate(world, 'cancel', operation);
}

export async function extend(world: World, operation: string): Promise<void> {
	await operate(world, 'extend', operation, '10m');
}

/** Cancels in the console the newest command that is not over. */
export async function cancelAtAws({ aws, services }: World): Promise<void> {
	const found = services.ssm.commands().find(({ status }) => status === 'InProgress');
	if (found !== undefined) await tried(aws.ssm.send(new CancelCommandCommand({ CommandId: found.id })));
}

/** Runs the same document by hand. */
export async function runByHand({ aws }: World, ids: readonly string[]): Promise<void> {
	const Parameters = { WorkId: ['by-hand'], ServiceName: ['nginx'] };
	const Targets = [{ Key: 'InstanceIds', Values: ids.slice(0, 3) }];
	await tried(aws.ssm.send(new SendCommandCommand({ DocumentName: `fleetkeeper-local-${RESTART}`, Parameters, Targets })));
}
