/** The keys of a playbook: the one source of its checks, of the JSON Schema for editors and of the reference in the README. */

import * as z from 'zod/mini';
import { DURATION, DURATION_FORMS } from './duration.ts';
import { quote } from './problem.ts';
import { OCCASIONS, PLATFORMS } from './types.ts';

const text = (meaning: string) => z.string().check(z.describe(meaning));

function duration(meaning: string) {
	return z.string({ error: notDuration }).check(z.regex(DURATION, { error: notDuration }), z.describe(meaning));
}
function notDuration({ input }: { readonly input?: unknown }): string | undefined {
	return input === undefined ? undefined : `${quote(input)} is not a duration; write ${DURATION_FORMS}`;
}

const pattern = (meaning: string) => z.record(z.string(), z.unknown()).check(z.describe(meaning));

const lifecycle = (meaning: string) => z.enum(['continue', 'abandon']).check(z.describe(meaning));

const OPS_ITEM = {
	severity: z.optional(z.enum(['1', '2', '3', '4']).check(z.describe('Severity, 1 (critical) to 4 (low); in quotes.'))),
	category: z.optional(
		z.enum(['Availability', 'Cost', 'Performance', 'Recovery', 'Security']).check(z.describe('Category of the OpsItem.')),
	),
	priority: z.optional(z.int().check(z.gte(1), z.lte(5), z.describe('Priority, 1 (highest) to 5.'))),
};

const afterFailure = z
	.strictObject(OPS_ITEM)
	.check(
		z.describe(
			'Opens an OpsItem: one per playbook and group, rule or source while it is open, with the others added to it. `{}` takes no severity.',
		),
	);

const opsItem = z
	.strictObject({
		...OPS_ITEM,
		runbooks: z.optional(
			z
				.array(z.string(), { error: 'must be a list of documents; write [document]' })
				.check(z.describe('Automation runbooks that an operator may start from it, named as `run.automation` is. At most 10.')),
		),
	})
	.check(
		z.describe('The OpsItem that every alarm or event opens, or a session or software that breaks the rules. `{}` takes no severity.'),
	);

const paths = (meaning: string) =>
	z.union([z.string(), z.array(z.string())], { error: 'must be a path or a list of paths' }).check(z.describe(meaning));

const conditions = (meaning: string) =>
	z.array(z.unknown(), { error: 'must be a list of conditions; write [value]' }).check(z.describe(meaning));

const run = z
	.strictObject({
		command: z.optional(text('Command document that runs on the node: a file of `runbooks/`, an `AWS-*` document or an ARN.')),
		automation: z.optional(text('Automation runbook: a file of `runbooks/`, an `AWS-*` document or an ARN.')),
		node: z.optional(
			text('The managed node that the command runs on: an instance id (`i-…`, `mi-…`), or a path to one, or to an ARN that ends in one.'),
		),
		parameters: z.optional(
			z
				.record(
					z.string(),
					z.union([z.string(), z.array(z.string())], { error: 'must be text or a list of texts; put numbers and true or false in quotes' }),
				)
				.check(
					z.describe(
						'Parameters of the document: text or lists of text. A value that begins with `$.` is a path into the event: `$.detail.<field>`, of an alarm also `$.dimensions.<name>`.',
					),
				),
		),
		timeout: duration(
			'How long the work may take, delivery included. Of a lifecycle action it counts from the opening on: waiting is part of it. 30s to 2d.',
		),
		deliverWithin: z.optional(
			duration(
				'How long Run Command may take to reach the node; of a request for a command, waiting for its turn included. 30s to `timeout`.',
			),
		),
		registerWithin: z.optional(duration('How long a new node may take to register with Systems Manager. Less than `timeout`.')),
	})
	.check(
		z.describe('The work: exactly one of `command` and `automation`. A request names its document itself.'),
		z.meta({ not: { required: ['command', 'automation'] } }),
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
				'`wait`: the others wait their turn, hooks kept alive. `skip`: nothing is run, the operation ends as skipped, and a lifecycle action is completed by `onSuccess` on terminate, by `onFailure` on launch.',
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

/** An alarm's record keeps the last hundred times at which it went off. */
const MAX_FLAPS = 100;

const flapping = z
	.strictObject({
		times: z.int().check(z.gte(2), z.lte(MAX_FLAPS), z.describe('How often it goes off. 2 to 100.')),
		within: duration('Within this time.'),
	})
	.check(z.describe('An alarm that goes off this often starts no more work until it has been calm.'));

const session = z
	.strictObject({
		allowed: z.optional(z.boolean().check(z.describe('`false`: there must be no such session.'))),
		reason: z.optional(z.enum(['required', 'optional']).check(z.describe('Whether whoever starts one must say why (`--reason`).'))),
		maxDuration: z.optional(duration('How long one may last. 5m to 1d.')),
	})
	.check(
		z.describe('What has to hold of a session: one that breaks it is terminated, minutes late, and an OpsItem opened. `{}` lets it be.'),
	);

const names = (meaning: string) => z.array(z.unknown(), { error: 'must be a list of names; write [name]' }).check(z.describe(meaning));

const VERSION = 'must be a version in quotes, or one each for some of rpm, deb, windows and macos; write "3.0.8" or { deb: "3.0.2-1" }';
const version = z.optional(z.string({ error: 'must be text; put the version in quotes' }));

const software = z
	.strictObject({
		forbidden: z.optional(names('Programs that must not be there: exact names, `prefix`, `suffix`, `wildcard` or `equals-ignore-case`.')),
		required: z.optional(names('Programs all of which must be there: exact names, or conditions as for `forbidden`.')),
		below: z.optional(
			z
				.array(
					z.strictObject({
						name: z.optional(
							z
								.union([z.string(), z.array(z.unknown())], { error: 'must be a name or a list of names' })
								.check(z.describe('Name, or list of names or conditions as for `forbidden`.')),
						),
						version: z.optional(
							z
								.union([z.string(), z.strictObject({ rpm: version, deb: version, windows: version, macos: version })], { error: VERSION })
								.check(
									z.describe(
										'In quotes: for all nodes, or one each for some of `rpm`, `deb`, `windows` and `macos`. Compared as their package managers do, epoch included.',
									),
								),
						),
					}),
					{ error: 'must be a list; write [{ name: openssl, version: "3.0.8" }]' },
				)
				.check(z.describe('Programs that must not be below a version, where they are there.')),
		),
	})
	.check(z.describe('What has to hold of the programs in the inventory of a node.'));

const when = z
	.strictObject({
		detail: z.optional(
			pattern(
				"Event pattern over the event's `detail`. It must name what it is for, in every branch of a `$or`: `LifecycleHookName` by exact name or `prefix`; `alarmName` by exact name, `prefix`, `suffix` or `wildcard`; `configRuleName` by exact name, `prefix` or `wildcard`; for `request`, in `runbook` or `command`, each document that may be run. Of a `session` there are `target`, `owner` (an ARN), `documentName` and `reason`.",
			),
		),
		tags: z.optional(pattern("Event pattern over the node's tags.")),
		patchGroup: z.optional(
			conditions('Patch groups of nodes (tag `PatchGroup` or `Patch Group`), by conditions of an event pattern: `[prod]`.'),
		),
		platform: z.optional(
			z
				.array(z.enum(PLATFORMS), { error: 'must be a list of platforms; write [Linux]' })
				.check(z.describe('Platforms of nodes: `Linux`, `Windows`, `MacOS`.')),
		),
		source: z.optional(conditions("The event's sources, by conditions of an event pattern: `[aws.health]`. None may match `fleetkeeper`.")),
		'detail-type': z.optional(conditions("The event's detail-types, by conditions of an event pattern.")),
	})
	.check(z.describe('Which events: patterns in the language of EventBridge.'));

const then = z
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
					opsItem: z.optional(afterFailure),
				})
				.check(z.describe('What follows failure or timeout.')),
		),
	})
	.check(z.describe('What follows the work.'));

export const playbookSchema = z
	.strictObject({
		name: text('Name of the playbook, the same as its file: a-z, 0-9 and `-`.'),
		priority: z.int().check(z.gte(1), z.lte(10_000), z.describe('The lowest number that matches wins. Unique per `on`. 1 to 10000.')),
		on: z
			.enum(OCCASIONS)
			.check(
				z.describe(
					'The occasion: a lifecycle action of an Auto Scaling group; a CloudWatch `alarm` that goes off; a resource that AWS Config finds `noncompliant`; any other `event`; a `request` (`Run Automation Requested`, `Run Command Requested`); a `session` of Session Manager; the `inventory` of a node, whose rules all hold.',
				),
			),
		when,
		run: z.optional(run),
		then: z.optional(then),
		opsItem: z.optional(opsItem),
		calm: z.optional(duration('How long the alarm must be OK before its OpsItem is resolved. 1m to 1d.')),
		waitForOk: z.optional(
			duration('How long an operation waits for OK; a later OK still resolves the OpsItem. 10m to 7d, and not less than `run.timeout`.'),
		),
		insufficientData: z.optional(
			z.enum(['ignore', 'ok', 'alarm']).check(z.describe('What INSUFFICIENT_DATA means: nothing, the same as OK, or the same as ALARM.')),
		),
		flapping: z.optional(flapping),
		settle: z.optional(duration('From the end of the work to the look at what AWS Config finds. 1m to 1d.')),
		attempts: z.optional(
			z.int().check(z.gte(1), z.lte(10), z.describe('Remediations of one resource under one rule within 24 hours. 1 to 10.')),
		),
		about: z.optional(
			paths('Path, or list of paths, to what tells one subject from another: events that agree in it are about the same operation.'),
		),
		session: z.optional(session),
		software: z.optional(software),
		limits: z.optional(limits),
		calendar: z.optional(calendar),
		calendarClosed: z.optional(heldBack('What becomes of work while the calendar is closed; as `limits.beyond`.')),
		mode: z.optional(
			z
				.enum(['act', 'observe'])
				.check(
					z.describe(
						'`observe`: the dry run. What would be done is recorded and published; no work starts, no lifecycle action is completed or kept alive. Where an OpsItem is set, it says it too.',
					),
				),
		),
	})
	.check(z.describe('A Fleetkeeper playbook: what to do when.'));

export type PlaybookSource = z.infer<typeof playbookSchema>;
