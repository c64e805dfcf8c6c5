/** Resources that AWS Config finds noncompliant, and what became of that. */

import type { NewRule } from '../../local/aws/config/index.ts';
import type { BusEvent } from '../../local/aws/eventbridge.ts';
import type { ComplianceOperation } from '../../shared/operation/types.ts';
import { begin, type Flow, type Setup } from './support.ts';

export const BUCKET = 'AWS::S3::Bucket';
export const RULE = 'downloads-not-public';
/** Judges as if nothing helped. */
export const HOPELESS: NewRule = {
	name: RULE,
	resourceTypes: [BUCKET],
	judge: ({ id }) => (id.startsWith('downloads-') ? 'NON_COMPLIANT' : 'COMPLIANT'),
};
export const PUBLIC: NewRule = { name: RULE, judge: 'S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED' };

/** @param more keys of the playbook. */
export const blockPublic = (more = '') => `name: block-public
priority: 50
on: noncompliant
when:
  detail: { configRuleName: [{ prefix: ${RULE} }] }
run:
  automation: block-bucket-public-access
  parameters: { BucketName: $.detail.resourceId }
  timeout: 15m
${more}then:
  onFailure: { opsItem: { severity: "2", category: Security } }
`;

const BLOCKED = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
export const bucketName = (n: number) => `downloads-${String(n).padStart(4, '0')}`;
export const isFinding = (event: BusEvent) => event['detail-type'] === 'Config Rules Compliance Change';
export const mails = (flow: Flow) => flow.world.services.sns.publications;

/** Buckets that are open to the public, recorded by AWS Config. */
export async function withBuckets(
	count: number,
	{ playbook = blockPublic(), ...setup }: Setup & { readonly playbook?: string } = {},
): Promise<Flow> {
	const flow = await begin({ playbooks: { 'block-public': playbook }, ...setup });
	const { s3, config } = flow.world.services;
	for (let n = 1; n <= count; n += 1) s3.createBucket(bucketName(n), { publicAccessBlock: undefined });
	config.record();
	return flow;
}

/** Somebody opens a bucket to the public, or closes it; AWS Config looks. */
export function setPublic(flow: Flow, n: number, isPublic: boolean): void {
	const { s3, config } = flow.world.services;
	const bucket = s3.bucket(bucketName(n));
	if (bucket) bucket.publicAccessBlock = isPublic ? undefined : BLOCKED;
	config.look('s3');
}

export const remediations = (flow: Flow) => flow.operations('compliance');

/** The only one. */
export async function remediation(flow: Flow): Promise<ComplianceOperation> {
	const [only, ...more] = await remediations(flow);
	if (only === undefined || more.length > 0) throw new Error(`There are ${only ? more.length + 1 : 0} remediations.`);
	return only;
}

/** Runbooks that were started: what is throttled is none. */
export const executions = (flow: Flow) => flow.calls('StartAutomationExecution').filter(({ error }) => error === undefined).length;
/** Our calls by operation. */
export const by = (flow: Flow) => {
	const counts: Record<string, number> = {};
	for (const { operation } of flow.calls()) counts[operation] = (counts[operation] ?? 0) + 1;
	return counts;
};

/** How many runbooks ran at once. */
export function mostAtOnce(operations: readonly ComplianceOperation[]): number {
	const spans = operations.map(({ work, verify }) => ({ from: work?.recordedAt ?? 0, to: verify?.after ?? Infinity }));
	return Math.max(...spans.map(({ from }) => spans.filter((span) => span.from <= from && from < span.to).length));
}
