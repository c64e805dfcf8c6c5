/** Names of SSM documents, as playbooks write them. */

import { isOwnDocument } from '../settings.ts';
import { type Finding, quote } from './problem.ts';

/** A file of `runbooks/`: deployed under `fleetkeeper-<stage>-`, and a document name has at most 128 characters. */
const OWN_DOCUMENT = /^[a-z][a-z0-9-]{0,79}$/;
const AWS_DOCUMENT = /^[A-Za-z0-9_.-]{3,128}$/;
const DOCUMENT_ARN = /^arn:aws[a-z-]*:ssm:[a-z0-9-]+:(\d{12})?:(document|automation-definition)\/[A-Za-z0-9_./-]{3,128}(:[\w$]+)?$/;

export const DOCUMENT_FORMS = 'write the name of a file of runbooks/ without its ending, an AWS-… document, or the ARN of a document';

export function isDocumentName(name: string): boolean {
	return (name.startsWith('arn:') ? DOCUMENT_ARN : isOwnDocument(name) ? OWN_DOCUMENT : AWS_DOCUMENT).test(name);
}

export function documentNameFindings(name: string, at: Finding['at']): Finding[] {
	return isDocumentName(name) ? [] : [{ at, message: `${quote(name)} is not the name of a document`, hint: DOCUMENT_FORMS }];
}
