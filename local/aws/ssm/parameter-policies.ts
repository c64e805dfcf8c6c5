/** Policies of parameters: what they say, and what comes of them (user guide, "Assigning parameter policies"). */

import { LATENCY_MS, within } from '../assumptions.ts';
import { type AwsContext, AwsError } from '../types.ts';
import { isRecord } from './values.ts';

export interface ParameterPolicy {
	readonly type: 'Expiration' | 'ExpirationNotification' | 'NoChangeNotification';
	/** As it was given. */
	readonly text: string;
	/** Epoch milliseconds. */
	readonly dueAt: number;
	status: 'Pending' | 'Finished';
}

/** What a version of a parameter has of policies. */
export interface Policed {
	readonly modifiedAt: number;
	readonly policies: readonly ParameterPolicy[];
}

/** Systems Manager quotas. */
const MOST_POLICIES = 10;
const MOST_TEXT = 4_096;
const UNITS: Readonly<Record<string, number>> = { Hours: 3_600_000, Days: 86_400_000 };

/**
 * The policies of a new version.
 * @param text as PutParameter has it; without it those of the version before go on, and `[{}]` takes them away.
 * @throws AwsError as the API names them.
 */
export function policiesFrom(text: string | undefined, before: Policed | undefined, now: number): readonly ParameterPolicy[] {
	const kept = before?.policies ?? [];
	if (text === undefined) {
		return kept.map((policy) => (policy.type === 'NoChangeNotification' ? again(policy, before, now) : policy));
	}
	if (text.length > MOST_TEXT) throw new AwsError('ValidationException', `Policies have at most ${MOST_TEXT} characters.`);
	const given = parsed(text).filter((policy) => Object.keys(policy).length > 0);
	if (given.length > MOST_POLICIES)
		throw new AwsError('PoliciesLimitExceededException', `A parameter has at most ${MOST_POLICIES} policies.`);
	const expirations = given.filter(({ Type }) => Type === 'Expiration');
	if (expirations.length > 1) throw new AwsError('IncompatiblePolicyException', 'A parameter has one Expiration policy at most.');
	const [expiration] = expirations;
	const expiresAt = expiration && instantOf(expiration);
	if (expiresAt !== undefined && expiresAt <= now) throw attribute('Timestamp', 'must be in the future');
	return given.map((policy) => policyFrom(policy, now, expiresAt));
}

/** Counts anew from the last change. */
function again(policy: ParameterPolicy, before: Policed | undefined, now: number): ParameterPolicy {
	return { ...policy, dueAt: now + (policy.dueAt - (before?.modifiedAt ?? now)), status: 'Pending' };
}

type Given = Readonly<Record<string, unknown>>;

function parsed(text: string): readonly Given[] {
	try {
		const value: unknown = JSON.parse(text);
		if (Array.isArray(value) && value.every(isRecord)) return value;
	} catch {
		// Told below, with whatever else is no list of maps.
	}
	throw new AwsError('ValidationException', 'Policies must be a JSON array of policies.');
}

function policyFrom(policy: Given, now: number, expiresAt: number | undefined): ParameterPolicy {
	const { Type: type } = policy;
	const text = JSON.stringify(policy);
	switch (type) {
		case 'Expiration':
			return { type, text, dueAt: instantOf(policy), status: 'Pending' };
		case 'ExpirationNotification':
			if (expiresAt === undefined) throw new AwsError('IncompatiblePolicyException', 'An ExpirationNotification needs an Expiration.');
			return { type, text, dueAt: expiresAt - spanOf(policy, 'Before'), status: 'Pending' };
		case 'NoChangeNotification':
			return { type, text, dueAt: now + spanOf(policy, 'After'), status: 'Pending' };
		default:
			throw new AwsError('InvalidPolicyTypeException', `The policy type ${String(type)} is not supported.`);
	}
}

function attributesOf({ Attributes: attributes }: Given): Given {
	return isRecord(attributes) ? attributes : {};
}

function instantOf(policy: Given): number {
	const at = Date.parse(String(attributesOf(policy)['Timestamp']));
	if (Number.isNaN(at)) throw attribute('Timestamp', 'must be an ISO 8601 instant');
	return at;
}

function spanOf(policy: Given, member: 'Before' | 'After'): number {
	const { [member]: count, Unit } = attributesOf(policy);
	const unit = UNITS[String(Unit)];
	if (unit === undefined) throw attribute('Unit', 'must be Days or Hours');
	if (!/^[1-9][0-9]*$/.test(String(count))) throw attribute(member, 'must be a whole number');
	return Number(count) * unit;
}

function attribute(name: string, why: string): AwsError {
	return new AwsError('InvalidPolicyAttributeException', `The policy attribute ${name} ${why}.`);
}

/**
 * Carries out the policies of a version, a while after they are due: AWS looks from time to time.
 * @param isCurrent whether the version still is the parameter's.
 */
export function enforce(ctx: AwsContext, { policies }: Policed, isCurrent: () => boolean, act: (policy: ParameterPolicy) => void): void {
	const { clock } = ctx;
	const carryOut = (policy: ParameterPolicy): void => {
		if (policy.status !== 'Pending' || !isCurrent()) return;
		policy.status = 'Finished';
		act(policy);
	};
	for (const policy of policies) {
		if (policy.status !== 'Pending') continue;
		clock.after(Math.max(0, policy.dueAt - clock.now()) + within(clock, LATENCY_MS.parameterPolicy), () => carryOut(policy));
	}
}
