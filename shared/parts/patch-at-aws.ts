/** Runs of the windows of patch groups, where they are followed. Apart from the kind: who loads this may open rings. */

import { S3Client } from '@aws-sdk/client-s3';
import type { Deps } from '../deps.ts';
import type { Part } from '../operation/services.ts';
import { surveyNodes } from '../patching/report.ts';
import { closeNextRing, closeRing, openNextRing } from '../patching/rings.ts';
import { lookAtRun } from '../patching/runs.ts';
import { patch } from './patch.ts';

/** To be made once for each execution environment. */
export function patchAtAws({ aws }: Pick<Deps, 'aws'>): Part {
	return {
		...patch,
		performers: {
			'look-at-run': lookAtRun,
			'survey-nodes': surveyNodes(aws.client(S3Client)),
			'close-ring': closeRing,
			'close-next-ring': closeNextRing,
			'open-next-ring': openNextRing,
		},
	};
}
