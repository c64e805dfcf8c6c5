/** What people do to agents, and what befalls them: some of it puts things right, and some makes them worse. */

import {
	AssociateIamInstanceProfileCommand,
	DescribeIamInstanceProfileAssociationsCommand,
	DisassociateIamInstanceProfileCommand,
	EC2Client,
} from '@aws-sdk/client-ec2';
import { AttachRolePolicyCommand, DetachRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { DeleteActivationCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import type { World } from '../../world.ts';
import type { Draw } from '../draw.ts';
import type { Act } from '../flow.ts';
import { operate, pause, reach, resume, tried, vanish } from '../people.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Something happens for so long. */
const SPAN = 3 * HOUR;
/** The profile of the stage, and one of somebody's own. */
export const PROFILE = 'fleetkeeper-local-node-eu-west-1';
export const OWN_PROFILE = 'web';
export const CORE = 'AmazonSSMManagedInstanceCore';
const CORE_ARN = `arn:aws:iam::aws:policy/${CORE}`;
const UPDATE = 'AWS-UpdateSSMAgent';

const at = (draw: Draw, from: number, to: number) => Math.round(draw.whole(from, to) / 100) * 100;

type Doing = Pick<Act, 'what' | 'do'>;

/** What people do: some of it puts things right. */
export function drawActs(draw: Draw, [good = [], weak = [], bare = []]: readonly string[][], machines: readonly string[]): Act[] {
	return Array.from({ length: draw.whole(1, 6) }, (_, index): Act[] => {
		const own = draw.of(`act ${index}`);
		const on = (ids: readonly string[], make: (id: string) => Doing): readonly [number, Doing][] =>
			ids.length > 0 ? [[1, make(own.one(ids))]] : [];
		const doing = own.weighted<Doing>([
			...on(bare, attach),
			...on([...good, ...weak], detach),
			[1, allow(own.one([OWN_PROFILE, PROFILE]))],
			[1, forbid(own.one([OWN_PROFILE, PROFILE]))],
			...on([...good, ...machines], update),
			...on(machines, deregister),
			...on([...good, ...weak, ...bare], ignore),
			[0.7, network(own.chance(0.5))],
			[0.5, manageHosts(own.chance(0.5))],
			[1, register(own.whole(0, 2))],
			[0.7, forget(own.whole(0, 2))],
		]);
		return [{ id: `act ${index + 1}`, at: at(own, 0, SPAN), ...doing }];
	}).flat();
}

const isRunning = ({ services: { ec2 } }: World, id: string) => ec2.instance(id)?.state === 'running';

function attach(InstanceId: string): Doing {
	return {
		what: `somebody gives ${InstanceId} the profile of the stage`,
		async do(world) {
			if (!isRunning(world, InstanceId)) return;
			const input = { InstanceId, IamInstanceProfile: { Name: PROFILE } };
			await tried(world.aws.client(EC2Client).send(new AssociateIamInstanceProfileCommand(input)));
		},
	};
}

function detach(id: string): Doing {
	return {
		what: `somebody takes the profile of ${id} away`,
		async do({ aws }) {
			const ec2 = aws.client(EC2Client);
			const Filters = [{ Name: 'instance-id', Values: [id] }];
			const { IamInstanceProfileAssociations: [found] = [] } = await ec2.send(
				new DescribeIamInstanceProfileAssociationsCommand({ Filters }),
			);
			if (found !== undefined) await tried(ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId: found.AssociationId })));
		},
	};
}

function allow(RoleName: string): Doing {
	return {
		what: `somebody lets the role ${RoleName} speak to Systems Manager`,
		do: ({ aws }) => tried(aws.client(IAMClient).send(new AttachRolePolicyCommand({ RoleName, PolicyArn: CORE_ARN }))),
	};
}

function forbid(RoleName: string): Doing {
	return {
		what: `somebody takes that from the role ${RoleName}`,
		do: ({ aws }) => tried(aws.client(IAMClient).send(new DetachRolePolicyCommand({ RoleName, PolicyArn: CORE_ARN }))),
	};
}

function update(id: string): Doing {
	return {
		what: `somebody brings the agent of ${id} up to date`,
		async do({ aws, services: { ssm } }) {
			if (ssm.node(id) === undefined) return;
			await tried(aws.ssm.send(new SendCommandCommand({ DocumentName: UPDATE, InstanceIds: [id], TimeoutSeconds: 60 })));
		},
	};
}

function deregister(id: string): Doing {
	return { what: `somebody deregisters ${id}`, do: (world) => operate(world, 'deregister', id, '--reason', 'scrapped') };
}

function ignore(id: string): Doing {
	return {
		what: `somebody says that the agent of ${id} is nobody's business`,
		do({ services: { ec2 } }) {
			if (ec2.instance(id)) ec2.tag(id, { 'fleetkeeper-agent': 'ignore' });
		},
	};
}

function network(isOpen: boolean): Doing {
	return {
		what: isOpen ? 'the VPC gets the endpoints of Systems Manager' : 'the VPC loses its way out, and an endpoint',
		do: ({ services: { ec2 } }) => ec2.network.set({ internet: false, endpoints: isOpen ? ['ssm', 'ssmmessages'] : ['ssmmessages'] }),
	};
}

function manageHosts(isOn: boolean): Doing {
	return {
		what: `somebody turns Default Host Management ${isOn ? 'on' : 'off'}`,
		do: ({ services: { ssm } }) => ssm.manageHosts(isOn),
	};
}

/** A machine registers with one of the activations, if that lets it. */
function register(number: number): Doing {
	return {
		what: `a machine registers with site-${number + 1}`,
		do({ services: { ssm }, clock }) {
			const found = ssm.activations.all().find(({ instanceName }) => instanceName === `site-${number + 1}`);
			if (found === undefined || found.expiresAt <= clock.now() || found.registered >= found.limit) return;
			const machine = { platform: 'Linux', bootSeconds: 10, registerSeconds: 15, behaviours: {} } as const;
			ssm.activations.register({ activationId: found.id, code: found.code, name: `press-of-${number + 1}`, machine });
		},
	};
}

function forget(number: number): Doing {
	return {
		what: `somebody deletes the activation site-${number + 1}`,
		async do({ aws, services: { ssm } }) {
			const found = ssm.activations.all().find(({ instanceName }) => instanceName === `site-${number + 1}`);
			if (found) await tried(aws.ssm.send(new DeleteActivationCommand({ ActivationId: found.id })));
		},
	};
}

export function drawMishaps(draw: Draw, ids: readonly string[]): Act[] {
	const acts = ids.flatMap((id): Act[] => {
		const own = draw.of(id);
		if (!own.chance(1.6 / ids.length)) return [];
		const from = at(own, 0, SPAN);
		if (id.startsWith('i-') && own.chance(0.35))
			return [{ id: `end of ${id}`, at: from, fault: 'a node vanishes', what: `${id} is gone`, do: (world) => vanish(world, id) }];
		const loss: Act = {
			...{ id: `loss of ${id}`, at: from, fault: "an agent's connection is lost", what: `the agent of ${id} is out of reach` },
			do: (world) => reach(world, id, 'lost'),
		};
		if (own.chance(0.3)) return [loss];
		const back = Math.min(SPAN, from + at(own, MINUTE, 120 * MINUTE));
		return [loss, { id: `return of ${id}`, at: back, what: `the agent of ${id} is back`, do: (world) => reach(world, id, 'online') }];
	});
	if (!draw.chance(0.12)) return acts;
	const from = at(draw, 0, SPAN - HOUR);
	const minutes = draw.whole(5, 60);
	return [
		...acts,
		{ id: 'agents pause', at: from, what: `an operator pauses all starting for ${minutes} minutes`, do: (world) => pause(world) },
		{ id: 'agents resume', at: from + minutes * MINUTE, what: 'the operator lets it go on', do: (world) => resume(world) },
	];
}
