/** Noncompliance: what AWS Config finds of resources under rules that playbooks name. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Flow, Part, Scene, Watch } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import {
	type Checked,
	checkAttempts,
	checkClosed,
	checkFound,
	checkMissed,
	checkOpened,
	checkTold,
	unfoundSince,
} from './compliance-checks.ts';
import { drawCompliance } from './compliance-draw.ts';
import { Evaluations } from './compliance-evaluations.ts';
import { countFeatures, FEATURES, RARE, TRANSITIONS } from './compliance-features.ts';
import { Judgements } from './compliance-findings.ts';
import { type ComplianceText, DEFAULT_CONCURRENT } from './compliance-playbooks.ts';
import { runScripts } from './compliance-resources.ts';
import { watchCalendars } from './frozen.ts';
import { WorkAtAws } from './work-at-aws.ts';

const isFinding = (event: BusEvent) => event['detail-type'] === 'Config Rules Compliance Change';

export const compliance: Flow = {
	name: 'compliance',
	weight: 2,
	draw: drawCompliance,
	watch,
	mustAccountFor: isFinding,
	accounts,
	isBestEffort: ({ source }) => source === 'aws.config',
	dueAt,
	mostRuns: (operation) => (operation.kind === 'compliance' ? operation.settings.attempts : undefined),
	transitions: TRANSITIONS,
	features: FEATURES,
	faults: ['AWS Config is slow', 'AWS Config records nothing', 'a node acknowledges nothing', "an agent's connection is lost"],
	rare: RARE,
};

function watch(scene: Scene, part: Part): Watch {
	const own = (part.playbooks ?? []) as readonly ComplianceText[];
	const checkCalendar = watchCalendars(scene, part);
	const unlimited = new Set(own.filter(({ limits }) => limits === undefined).map(({ name }) => name));
	const works = new WorkAtAws(scene);
	const judgements = new Judgements(scene, own);
	const checked: Checked = { scene, judgements, works, playbooks: own };
	const evaluations = new Evaluations(scene, works, own);
	const scripts = new Set<unknown>();
	return {
		called: (call, execution) => evaluations.called(call, execution),
		held({ playbook, sets: { held } }) {
			if (held !== undefined && unlimited.has(playbook) && held.size > DEFAULT_CONCURRENT)
				scene.violated(6, `${playbook} holds ${held.size} slots, and says nothing of a limit: it is ${DEFAULT_CONCURRENT}`);
		},
		written(after, before) {
			if (after.kind !== 'compliance') return;
			works.written(after);
			judgements.look();
			checkCalendar(after, before);
			if (before === undefined) checkOpened(checked, after);
			if (after.waiting === 'retry' && before?.waiting !== 'retry' && before?.work)
				checkMissed(checked, { ...after, work: before.work } as Recorded, scene.now());
			if (after.state === 'verifying' && before?.state !== 'verifying' && works.succeededAt(after) === undefined)
				scene.violated(3, `${after.id} is verifying, and its work has not succeeded`);
			if (after.closedAt !== undefined && before?.closedAt === undefined) {
				checkClosed(checked, after);
				countFeatures(scene, after);
			}
		},
		step() {
			runScripts(scene.world, scripts);
			judgements.look();
		},
		minute() {
			checkFound(checked);
			checkAttempts(checked);
		},
		pending: () => judgements.all.filter((each) => unfoundSince(scene, each) !== undefined).map((each) => `${each.name} is noncompliant`),
		end() {
			checkFound(checked);
			checkAttempts(checked);
			checkTold(checked);
		},
	};
}

/** By what it is about. That a resource is noncompliant an operation must know, or be about to tell. */
function accounts(event: BusEvent, { operations, closedOnRecord }: Scene): boolean {
	if (!isFinding(event)) return false;
	const { detail, id } = event;
	const { configRuleName, resourceType, resourceId, newEvaluationResult, notificationCreationTime } = detail as Readonly<
		Record<string, string>
	> & {
		newEvaluationResult: { readonly complianceType: string; readonly configRuleInvokedTime: string };
	};
	const about = [...operations.values()].filter(
		({ subject }) =>
			subject.kind === 'compliance' &&
			subject.rule === configRuleName &&
			subject.resourceType === resourceType &&
			subject.resourceId === resourceId,
	);
	if (newEvaluationResult.complianceType !== 'NON_COMPLIANT') return about.length > 0;
	const evaluatedAt = Date.parse(newEvaluationResult.configRuleInvokedTime);
	const toldAt = Date.parse(notificationCreationTime ?? '');
	return about.some((operation) => {
		if (operation.kind !== 'compliance') return false;
		if (operation.eventId === id || (operation.finding.evaluatedAt ?? 0) >= evaluatedAt) return true;
		return !['succeeded', 'skipped'].includes(operation.state) && (closedOnRecord(operation.id) ?? 0) >= toldAt;
	});
}

/** Whoever waits has time: what presses is the look at what a remediation has come to. */
function dueAt(operation: Recorded): number | undefined {
	if (operation.kind !== 'compliance' || operation.ending !== undefined) return undefined;
	return operation.state === 'verifying' || operation.waiting === 'retry' ? operation.dueAt : undefined;
}
