/** The events of associations, shaped as the documented samples. */

import type { AwsContext } from '../../types.ts';
import { nodeArn } from '../hybrid.ts';
import { type Association, coarse, countsOf, type NodeExecution, settingsOf } from './model.ts';

export class AssociationEvents {
	readonly #ctx: AwsContext;

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
	}

	association(association: Association): void {
		const { document, documentVersion, schedule } = settingsOf(association);
		this.#ctx.emit({
			source: 'aws.ssm',
			detailType: 'EC2 State Manager Association State Change',
			resources: [this.#documentArn(document)],
			detail: {
				'association-id': association.id,
				'document-name': document,
				'association-version': String(association.versions.length),
				'document-version': documentVersion === '$DEFAULT' ? 'Optional.empty' : `Optional[${documentVersion}]`,
				targets: targetsText(association),
				'creation-date': new Date(association.createdAt).toISOString(),
				...date('last-successful-execution-date', association.lastSuccessAt),
				...date('last-execution-date', association.lastAt),
				'last-updated-date': new Date(association.updatedAt).toISOString(),
				status: association.status,
				'association-status-aggregated-count': JSON.stringify(countsOf(association)),
				...(schedule === undefined ? {} : { 'schedule-expression': schedule }),
				'association-cwe-version': '1.0',
			},
		});
	}

	node(association: Association, execution: NodeExecution, outputUrl: string): void {
		const { document, documentVersion } = settingsOf(association);
		const failed = execution.run?.plugins.find(({ status }) => status !== 'Success');
		this.#ctx.emit({
			source: 'aws.ssm',
			detailType: 'EC2 State Manager Instance Association State Change',
			resources: [nodeArn(this.#ctx, execution.nodeId), this.#documentArn(document)],
			detail: {
				'association-id': association.id,
				'instance-id': execution.nodeId,
				'document-name': document,
				'document-version': documentVersion,
				targets: targetsText(association),
				'creation-date': iso(association.createdAt),
				...(execution.status === 'Success' ? { 'last-successful-execution-date': iso(execution.at) } : {}),
				'last-execution-date': iso(execution.at),
				status: coarse(execution.status),
				'detailed-status': execution.status,
				'error-code': failed ? String(failed.responseCode) : '',
				'execution-summary': summaryOf(execution),
				'output-url': outputUrl,
				'instance-association-cwe-version': '1',
			},
		});
	}

	/** AWS's own documents have no account in their ARNs. */
	#documentArn(document: string): string {
		if (document.startsWith('arn:')) return document;
		const account = document.startsWith('AWS-') ? '' : this.#ctx.account;
		return `arn:aws:ssm:${this.#ctx.region}:${account}:document/${document}`;
	}
}

/** As the agent sums up the steps of a document. */
export function summaryOf({ run }: NodeExecution): string {
	const plugins = run?.plugins ?? [];
	const count = (status: string) => plugins.filter((plugin) => plugin.status === status).length;
	const done = `${plugins.length} out of ${plugins.length} plugin${plugins.length === 1 ? '' : 's'} processed`;
	return run ? `${done}, ${count('Success')} success, ${count('Failed')} failed, ${count('TimedOut')} timedout, 0 skipped` : '';
}

/** A list as JSON text, its keys in lower case. */
function targetsText(association: Association): string {
	return JSON.stringify(settingsOf(association).targets.map(({ Key: key, Values: values }) => ({ key, values })));
}

function date(name: string, at: number | undefined): Readonly<Record<string, string>> {
	return at === undefined ? {} : { [name]: iso(at) };
}

function iso(at: number): string {
	return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
