/** The role that a runbook works in. */

import type { StartAutomationExecutionCommandInput } from '@aws-sdk/client-ssm';
import { AwsError } from '../../types.ts';
import type { ParameterDefinitions } from '../document-parameters.ts';
import type { Documents, DocumentVersion } from '../documents.ts';
import { interpolate } from '../values.ts';

type Given = StartAutomationExecutionCommandInput['Parameters'];

/** What a runbook's `assumeRole` comes to; undefined where it names none: the runbook then works as whoever started it. */
export function assumeRoleOf({ content }: Pick<DocumentVersion, 'content'>, given: Given): string | undefined {
	const { assumeRole } = content;
	if (typeof assumeRole !== 'string') return undefined;
	const definitions = (content['parameters'] ?? {}) as ParameterDefinitions;
	return String(interpolate(assumeRole, (name) => given?.[name]?.[0] ?? String(definitions[name]?.default ?? ''))) || undefined;
}

/** What a start would run, for IAM; undefined where there is no such runbook. */
export function runbookOf(documents: Documents, input: StartAutomationExecutionCommandInput) {
	try {
		const version = documents.version(documents.get(input.DocumentName), input.DocumentVersion);
		const assumeRole = assumeRoleOf(version, input.Parameters);
		return { version: version.version, ...(assumeRole === undefined ? {} : { assumeRole }) };
	} catch (error) {
		if (error instanceof AwsError) return undefined;
		throw error;
	}
}
