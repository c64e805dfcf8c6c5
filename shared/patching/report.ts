/** The report of a run: every node of the group, in the output bucket. */

import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { requestIdOf } from '../errors.ts';
import { findingOf, isProven, type Judged, judgeRun, judgeSoak } from '../kinds/patch/survey.ts';
import type { PatchFinding, PatchOperation } from '../kinds/patch/types.ts';
import { countsText, troubleOf, unprovedOf } from '../kinds/patch/words.ts';
import type { PatchedFact } from '../operation/facts.ts';
import type { Perform } from '../operation/services.ts';
import { outputBucket } from '../settings.ts';
import { seeNodes } from './nodes.ts';
import { oneByOne } from './runs.ts';

/** Where the report of a run is in the output bucket; after the soak another beside it says how the nodes are then. */
function reportKey({ subject, window, soaksUntil }: Pick<PatchOperation, 'subject' | 'window' | 'soaksUntil'>): string {
	const start = compact(window.startedAt);
	return `patch-reports/${subject.group}/${start}-${subject.executionId}${soaksUntil === undefined ? '' : '-soak'}.json`;
}

/** `20260303T020000Z`: a colon is no part of a file's name everywhere. */
function compact(at: number): string {
	return `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** Reads the nodes and writes the report. Read again it is written again, in the same place. */
export function surveyNodes(s3: S3Client): Perform<PatchOperation> {
	return oneByOne('survey-nodes', async (services, operation): Promise<PatchedFact> => {
		const seen = await seeNodes(services, operation);
		const judged = operation.soaksUntil === undefined ? judgeRun(operation, seen) : judgeSoak(operation, seen);
		const found = findingOf(judged, services.now());
		const { account, region } = operation.subject;
		const Bucket = outputBucket(services.settings, account, region);
		const Key = reportKey(operation);
		const Body = `${JSON.stringify(reportOf(operation, found, judged), undefined, '\t')}\n`;
		const input = { Bucket, Key, Body, ContentType: 'application/json', ExpectedBucketOwner: account };
		const output = await s3.send(new PutObjectCommand(input));
		return { type: 'patched', found, report: `s3://${Bucket}/${Key}`, requestId: requestIdOf(output) };
	});
}

const instant = (at: number | undefined) => (at === undefined ? {} : { at: new Date(at).toISOString() }).at;

function reportOf(operation: PatchOperation, found: PatchFinding, judged: readonly Judged[]) {
	const { id, subject, window, ring, granted, soaksUntil } = operation;
	const { startedAt, cutoffAt, endsAt, endedAt, ...run } = window;
	const times = { startedAt: instant(startedAt), cutoffAt: instant(cutoffAt), endsAt: instant(endsAt), endedAt: instant(endedAt) };
	return {
		group: subject.group,
		operation: id,
		of: soaksUntil === undefined ? 'run' : 'soak',
		at: instant(found.at),
		summary: countsText(found),
		window: { id: subject.windowId, executionId: subject.executionId, ...times, ...run, trouble: troubleOf(operation) },
		nodes: found.nodes,
		patches: found.patches,
		// Patches that do not comply, by what makes them matter.
		severity: found.severity,
		gate: {
			isProven: isProven(found, ring.successPercent),
			...{ successPercent: ring.successPercent, soakDays: ring.soakDays, next: ring.next },
			openedBy: granted && { operation: granted.operation, startedAt: instant(granted.startedAt) },
			unproved: unprovedOf(operation),
		},
		each: judged.map(({ patches, ...verdict }) => {
			if (patches === undefined) return verdict;
			const { node: _node, startedAt: reportedAt, ...counts } = patches;
			return { ...verdict, ...counts, startedAt: instant(reportedAt) };
		}),
	};
}
