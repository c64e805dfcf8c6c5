/** Session documents, schema 1.0: their check, and what of them a session keeps to (user guide, "Session document schema"). */

import { type ParameterDefinitions, parameterProblem, resolveParameters } from '../document-parameters.ts';
import { interpolate, isRecord, references } from '../values.ts';

/** What a session of a document keeps to. */
export interface SessionSettings {
	readonly type: string;
	readonly bucket?: string;
	readonly prefix?: string;
	readonly bucketEncrypted: boolean;
	readonly logGroup?: string;
	readonly idleMinutes: number;
	readonly maxMinutes?: number;
}

const TYPES = ['Standard_Stream', 'InteractiveCommands', 'NonInteractiveCommands', 'Port'];
/** Text, unless it says otherwise. */
const INPUTS: Readonly<Record<string, 'boolean' | 'map' | readonly [least: number, most: number] | 'text'>> = {
	s3BucketName: 'text',
	s3KeyPrefix: 'text',
	s3EncryptionEnabled: 'boolean',
	cloudWatchLogGroupName: 'text',
	cloudWatchEncryptionEnabled: 'boolean',
	cloudWatchStreamingEnabled: 'boolean',
	kmsKeyId: 'text',
	runAsEnabled: 'boolean',
	runAsDefaultUser: 'text',
	idleSessionTimeout: [1, 60],
	maxSessionDuration: [1, 1440],
	shellProfile: 'map',
};
/** Systems Manager quotas. */
const DEFAULT_IDLE_MINUTES = 20;

/** What is wrong with a Session document, as a sentence. */
export function sessionProblem(content: Readonly<Record<string, unknown>>): string | undefined {
	const { schemaVersion, sessionType, inputs = {}, parameters } = content;
	if (schemaVersion !== '1.0') return `a Session document has schemaVersion '1.0', not '${schemaVersion}'.`;
	if (!TYPES.includes(String(sessionType))) return `the sessionType ${sessionType} is none of ${TYPES.join(', ')}.`;
	const problem = parameterProblem(parameters);
	if (problem) return problem;
	if (!isRecord(inputs)) return 'inputs must be a map.';
	for (const [name, value] of Object.entries(inputs)) {
		const wrong = inputProblem(name, value);
		if (wrong) return wrong;
	}
	const known = isRecord(parameters) ? parameters : {};
	const unknown = references(content['inputs']).find((name) => !(name in known));
	return unknown === undefined ? undefined : `{{ ${unknown} }} is not a parameter of the document.`;
}

function inputProblem(name: string, value: unknown): string | undefined {
	const kind = INPUTS[name];
	if (kind === undefined) return `inputs has the unknown key ${name}.`;
	if (typeof value === 'string' && value.includes('{{')) return undefined;
	if (kind === 'map') return isRecord(value) ? undefined : `${name} must be a map.`;
	if (kind === 'boolean') return typeof value === 'boolean' ? undefined : `${name} must be true or false.`;
	if (typeof value !== 'string') return `${name} must be a string.`;
	if (kind === 'text' || value === '') return undefined;
	const [least, most] = kind;
	const minutes = Number(value);
	const isFine = Number.isInteger(minutes) && minutes >= least && minutes <= most;
	return isFine ? undefined : `${name} must be a whole number of minutes from ${least} to ${most}, as a string.`;
}

/** @throws AwsError `InvalidDocument` for parameters that the document does not take. */
export function sessionSettings(
	content: Readonly<Record<string, unknown>>,
	given: Readonly<Record<string, readonly string[]>>,
): SessionSettings {
	const parameters = resolveParameters((content['parameters'] ?? {}) as ParameterDefinitions, given, 'InvalidDocument');
	const inputs = interpolate(content['inputs'] ?? {}, (name) => parameters[name] ?? '') as Readonly<Record<string, unknown>>;
	const text = (name: string) => String(inputs[name] ?? '') || undefined;
	const [bucket, prefix, logGroup, max] = ['s3BucketName', 's3KeyPrefix', 'cloudWatchLogGroupName', 'maxSessionDuration'].map(text);
	return {
		type: String(content['sessionType']),
		bucketEncrypted: inputs['s3EncryptionEnabled'] === true,
		idleMinutes: Number(text('idleSessionTimeout') ?? DEFAULT_IDLE_MINUTES),
		...(bucket === undefined ? {} : { bucket }),
		...(prefix === undefined ? {} : { prefix }),
		...(logGroup === undefined ? {} : { logGroup }),
		...(max === undefined ? {} : { maxMinutes: Number(max) }),
	};
}

const PORT = { type: 'String', description: '(Optional) Port number of the server on the instance', allowedPattern: '^[0-9]{1,5}$' };

/** What sessions take that name no document, unless the account has made one of that name: its preferences. */
export const DEFAULT_SESSION_DOCUMENT = 'SSM-SessionManagerRunShell';
export const DEFAULT_SESSION = { schemaVersion: '1.0', sessionType: 'Standard_Stream', inputs: {} };

/** Session documents of AWS's own, as far as they are needed. */
export const BUILT_IN_SESSIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
	'AWS-StartInteractiveCommand': {
		schemaVersion: '1.0',
		description: 'Document to run single interactive command on an instance',
		sessionType: 'InteractiveCommands',
		parameters: { command: { type: 'String', description: 'The command to run on the instance' } },
	},
	'AWS-StartPortForwardingSession': {
		schemaVersion: '1.0',
		description: 'Document to start port forwarding session over Session Manager',
		sessionType: 'Port',
		parameters: { portNumber: { ...PORT, default: '80' }, localPortNumber: { ...PORT, default: '0' } },
	},
	'AWS-StartSSHSession': {
		schemaVersion: '1.0',
		description: 'Document to tunnel ssh/scp connections over Session Manager',
		sessionType: 'Port',
		parameters: { portNumber: { ...PORT, default: '22' } },
	},
};
