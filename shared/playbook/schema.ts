/** The keys of a playbook: the one source of its checks, of the JSON Schema for editors and of the reference in the README. */

import * as z from 'zod/mini';
import { DURATION, DURATION_FORMS } from './duration.ts';
import { quote } from './problem.ts';

const text = (meaning: string) => z.string().check(z.describe(meaning));

function duration(meaning: string) {
	return z.string({ error: notDuration }).check(z.regex(DURATION, { error: notDuration }), z.describe(meaning));
}
function notDuration({ input }: { readonly input?: unknown }): string | undefined {
	return input === undefined ? undefined : `${quote(input)} is not a duration; write ${DURATION_FORMS}`;
}

const pattern = (meaning: string) => z.record(z.string(), z.unknown()).check(z.describe(meaning));

const lifecycle = (meaning: string) => z.enum(['continue', 'abandon']).check(z.describe(meaning));

const opsItem = z
	.strictObject({
		severity: z.optional(z.enum(['1', '2', '3', '4']).check(z.describe('Severity, 1 (critical) to 4 (low); in quotes.'))),
		category: z.optional(
			z.enum(['Availability', 'Cost', 'Performance', 'Recovery', 'Security']).check(z.describe('Category of the OpsItem.')),
		),
		priority: z.optional(z.int().check(z.gte(1), z.lte(5), z.describe('Priority, 1 (highest) to 5.'))),
	})
	.check(z.describe('Opens an OpsItem: one per playbook and group while it is open, with the nodes added to it. `{}` takes no severity.'));

const run = z
	.strictObject({
		command: z.optional(text('Command document that runs on the node: a file of `runbooks/`, an `AWS-*` document or an ARN.')),
		automation: z.optional(text('Automation runbook that runs for the node: a file of `runbooks/`, an `AWS-*` document or an ARN.')),
		parameters: z.optional(
			z
				.record(
					z.string(),
					z.union([z.string(), z.array(z.string())], { error: 'must be text or a list of texts; put numbers and true or false in quotes' }),
				)
				.check(
					z.describe(
						'Parameters of the document: text or lists of text. `$.detail.<field>`, `$.account` and `$.region` are taken from the event.',
					),
				),
		),
		timeout: duration('How long all of it may take, from the opening on: waiting, delivery and work. 30s to 2d.'),
		deliverWithin: z.optional(duration('How long Run Command may take to reach the node. 30s to `timeout`.')),
		registerWithin: z.optional(
			duration('Launch only: how long a new node may take to register with Systems Manager. Less than `timeout`.'),
		),
	})
	.check(
		z.describe('The work: exactly one of `command` and `automation`.'),
		z.meta({ oneOf: [{ required: ['command'] }, { required: ['automation'] }] }),
	);

/** Ids of operations, of which each has about 28 bytes: a playbook's slots are one item of at most 400 KB. */
const MAX_SLOTS = 1_000;

const heldBack = (meaning: string) => z.enum(['wait', 'skip']).check(z.describe(meaning));

const limits = z
	.strictObject({
		concurrent: z.optional(
			z.int().check(z.gte(1), z.lte(MAX_SLOTS), z.describe('How many operations may have work under way at once. 1 to 1000.')),
		),
		perHour: z.optional(
			z.int().check(z.gte(1), z.lte(MAX_SLOTS), z.describe('How many may begin their work within one clock hour (UTC). 1 to 1000.')),
		),
		beyond: z.optional(
			heldBack(
				'`wait`: the others wait their turn, hooks kept alive; waiting is part of `run.timeout`. `skip`: nothing is run, the operation ends as skipped, and the lifecycle action is completed by `onSuccess` on terminate, by `onFailure` on launch.',
			),
		),
	})
	.check(z.describe('How many operations of this playbook may have work under way: `concurrent`, `perHour` or both.'));

const calendar = z
	.union([z.string(), z.array(z.string())], { error: 'must be the name or ARN of a calendar, or a list of them' })
	.check(
		z.describe(
			'Change Calendar, by name or ARN, or a list: work starts only while all of them are open. Without it calendars are ignored.',
		),
	);

export const playbookSchema = z
	.strictObject({
		name: text('Name of the playbook, the same as its file: a-z, 0-9 and `-`.'),
		priority: z.int().check(z.gte(1), z.lte(10_000), z.describe('The lowest number that matches wins. Unique per `on`. 1 to 10000.')),
		on: z
			.enum(['instance-terminating', 'instance-launching'])
			.check(z.describe('The occasion: a lifecycle action of an Auto Scaling group.')),
		when: z
			.strictObject({
				detail: pattern("Event pattern over the event's `detail`. It must name its hooks: `LifecycleHookName` by exact name or `prefix`."),
				tags: z.optional(pattern("Event pattern over the node's tags.")),
			})
			.check(z.describe('Which events: patterns in the language of EventBridge.')),
		run,
		then: z.optional(
			z
				.strictObject({
					onSuccess: z.optional(
						z
							.strictObject({ lifecycle: z.optional(lifecycle('How the lifecycle action is completed after success.')) })
							.check(z.describe('What follows success.')),
					),
					onFailure: z.optional(
						z
							.strictObject({
								lifecycle: z.optional(lifecycle('How the lifecycle action is completed after failure or timeout.')),
								opsItem: z.optional(opsItem),
							})
							.check(z.describe('What follows failure or timeout.')),
					),
				})
				.check(z.describe('What follows the work.')),
		),
		limits: z.optional(limits),
		calendar: z.optional(calendar),
		calendarClosed: z.optional(heldBack('What becomes of work while the calendar is closed; as `limits.beyond`.')),
		mode: z.optional(
			z
				.enum(['act', 'observe'])
				.check(
					z.describe(
						'`observe`: the dry run. What would be done is recorded and published; no work starts, no lifecycle action is completed or kept alive. Where `then.onFailure.opsItem` is set, an OpsItem says it too.',
					),
				),
		),
	})
	.check(z.describe('A Fleetkeeper playbook: what to do when.'));

export type PlaybookSource = z.infer<typeof playbookSchema>;

/** What an absent key stands for, as the reference prints it. */
export const DEFAULTS: Readonly<Record<string, string>> = {
	'run.parameters': 'none',
	'run.deliverWithin': '`3m`, or `timeout` if that is shorter',
	'run.registerWithin': '`10m`, or half of `timeout` if that is shorter',
	'then.onSuccess.lifecycle': '`continue`',
	'then.onFailure.lifecycle': '`continue` on terminate, `abandon` on launch',
	'then.onFailure.opsItem': 'no OpsItem',
	limits: 'none',
	'limits.concurrent': 'no limit',
	'limits.perHour': 'no limit',
	'limits.beyond': '`wait`',
	calendar: 'none',
	calendarClosed: '`wait`',
	mode: '`act`',
};
