/** Hybrid activations: what lets machines that are not EC2's register (user guide, "Create a hybrid activation"). */

import type { CreateActivationCommandInput } from '@aws-sdk/client-ssm';
import type { Machine } from '../../ec2-machine.ts';
import { type AwsContext, AwsError } from '../../types.ts';
import { checkLength, checkPattern, checkRange, given, tagsOf } from '../checks.ts';

export interface Activation {
	readonly id: string;
	/** Told once, to who has made the activation. */
	readonly code: string;
	readonly description?: string;
	/** Of the machines that register with it, in lists. */
	readonly instanceName?: string;
	/** A role's name, its path before it. */
	readonly role: string;
	readonly limit: number;
	readonly createdAt: number;
	readonly expiresAt: number;
	readonly tags: Map<string, string>;
	registered: number;
}

/** An activation that has been there before the world began. */
export type SeededActivation = Pick<
	Activation,
	'instanceName' | 'description' | 'role' | 'limit' | 'createdAt' | 'expiresAt' | 'registered'
>;

/** A machine on its way to being a managed node, as its agent asks for it. */
export interface Registration {
	readonly activationId: string;
	readonly code: string;
	/** The computer's own name. */
	readonly name: string;
	readonly machine: Machine;
}

const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 24;
const MOST_DAYS = 30;
const CODE = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const INSTANCE_NAME = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Whether Systems Manager may take a role, by its name; undefined where there is no such role. */
export type TrustOf = (roleName: string) => boolean | undefined;

export class Activations {
	readonly #ctx: AwsContext;
	readonly #trust: TrustOf;
	readonly #activations = new Map<string, Activation>();

	constructor(ctx: AwsContext, trust: TrustOf) {
		this.#ctx = ctx;
		this.#trust = trust;
	}

	/** The oldest first. */
	all(): Activation[] {
		return [...this.#activations.values()];
	}

	isExpired({ expiresAt }: Activation): boolean {
		return expiresAt <= this.#ctx.clock.now();
	}

	/** @throws AwsError `ValidationException`, `InvalidParameters`. */
	create(input: CreateActivationCommandInput): Activation {
		const { Description, DefaultInstanceName, IamRole: role = '', RegistrationLimit: limit = 1, ExpirationDate, Tags } = input;
		checkLength(Description, 'description', 0, 256);
		checkLength(DefaultInstanceName, 'defaultInstanceName', 0, 256);
		checkPattern(DefaultInstanceName, 'defaultInstanceName', INSTANCE_NAME);
		checkLength(role, 'iamRole', 1, 64);
		checkRange(limit, 'registrationLimit', 1, 1_000);
		if (this.#trust(role.split('/').at(-1) ?? '') !== true) {
			throw new AwsError('ValidationException', `Not existing role: ${role}. It must exist and trust ssm.amazonaws.com.`);
		}
		const now = this.#ctx.clock.now();
		const expiresAt = ExpirationDate?.getTime() ?? now + DEFAULT_HOURS * HOUR_MS;
		if (expiresAt <= now || expiresAt > now + MOST_DAYS * 24 * HOUR_MS) {
			throw new AwsError('InvalidParameters', `The expiration date must be in the future and at most ${MOST_DAYS} days away.`);
		}
		return this.#add({
			...{ role, limit, expiresAt, createdAt: now, registered: 0 },
			...given('description', Description),
			...given('instanceName', DefaultInstanceName),
			tags: tagsOf(Tags),
		});
	}

	seed(activation: SeededActivation): void {
		this.#add({ ...activation, tags: new Map() });
	}

	/** What has registered with it stays. @throws AwsError `InvalidActivationId`. */
	delete(id: string): void {
		if (!this.#activations.delete(id)) throw new AwsError('InvalidActivationId', `The activation ID ${id} is not valid.`);
	}

	/** Uses up one registration. @throws AwsError as the agent is refused. */
	use(id: string, code: string): Activation {
		const activation = this.#activations.get(id);
		if (!activation || activation.code !== code) throw new AwsError('InvalidActivation', 'The activation ID and code do not match.');
		if (this.isExpired(activation)) throw new AwsError('ActivationExpired', 'The activation has expired.');
		if (activation.registered >= activation.limit) {
			throw new AwsError('RegistrationLimitExceeded', `The activation has been used ${activation.limit} times.`);
		}
		activation.registered += 1;
		return activation;
	}

	#add(spec: Omit<Activation, 'id' | 'code'>): Activation {
		const activation = { ...spec, id: this.#ctx.uuid(), code: this.#ctx.id(20, CODE) };
		this.#activations.set(activation.id, activation);
		return activation;
	}
}
