/** Errors of AWS and of the way there, as what an operator can do about them. */

import { describeError } from '../../shared/errors.ts';
import type { Env } from './desk.ts';

interface Detailed {
	readonly name?: string;
	readonly message?: string;
	readonly code?: string;
	readonly cause?: unknown;
}

/** What went wrong, where, and what to do. */
export function explain(error: unknown, stage: string, env: Env): string {
	const { name = '', message = '' } = error as Detailed;
	const where = `stage ${stage}, Region ${env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'of the AWS profile'}`;
	if (isUnreachable(error)) {
		const endpoint = env['AWS_ENDPOINT_URL'] ?? `AWS (${where})`;
		const remedy =
			stage === 'local'
				? 'run npm start in another terminal; with another PORT, set AWS_ENDPOINT_URL to it'
				: 'check the network and the Region';
		return `Nothing answers at ${endpoint}: ${remedy}.`;
	}
	if (name === 'CredentialsProviderError') return `No AWS credentials for ${where}: ${message}. Sign in, or set AWS_PROFILE.`;
	if (/region is missing/i.test(message)) return `No AWS Region for stage ${stage}: set AWS_REGION, or give your AWS profile a Region.`;
	if (NOT_SIGNED_IN.test(name)) {
		return `AWS does not take these credentials (${where}): ${describeError(error)}. Sign in again, or choose another AWS_PROFILE.`;
	}
	if (/^(AccessDenied|UnauthorizedOperation|NotAuthorized)/.test(name)) {
		return `AWS does not allow this (${where}): ${describeError(error)}. Ask for the permission, or choose another AWS_PROFILE.`;
	}
	return `${describeError(error)} (${where})`;
}

const NOT_SIGNED_IN = /^(ExpiredToken|RequestExpired|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch)/;
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'ETIMEDOUT']);

/** Whether no call to AWS can succeed: no network, no credentials, no Region. */
export function isNoWay(error: unknown): boolean {
	const { name = '', message = '' } = error as Detailed;
	return isUnreachable(error) || name === 'CredentialsProviderError' || NOT_SIGNED_IN.test(name) || /region is missing/i.test(message);
}

function isUnreachable(error: unknown): boolean {
	const { code, cause } = error as Detailed;
	return (code !== undefined && UNREACHABLE.has(code)) || (cause !== undefined && cause !== null && isUnreachable(cause));
}
