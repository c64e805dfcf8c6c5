/** OpsCenter: OpsItems, their checks, and the one open item per deduplication string and resource. */

import type { CreateOpsItemCommandInput, OpsItemDataValue, UpdateOpsItemCommandInput } from '@aws-sdk/client-ssm';
import { type AwsContext, AwsError } from '../types.ts';

export interface OpsItem {
	readonly id: string;
	readonly source: string;
	readonly type: string;
	readonly createdAt: number;
	readonly createdBy: string;
	/** Hash key of what makes two items the same; absent: this one is like no other. */
	readonly dedupKey?: string;
	readonly data: Map<string, OpsItemDataValue>;
	readonly tags: Map<string, string>;
	title: string;
	description: string;
	status: string;
	modifiedAt: number;
	version: number;
	severity?: string;
	category?: string;
	priority?: number;
}

const STATUSES = new Set(['Open', 'InProgress', 'Resolved', 'Pending', 'TimedOut', 'Cancelling', 'Cancelled', 'Failed', 'Closed']);
/** Items in these states keep a second one of the same deduplication string from being created. */
const BLOCKING = new Set(['Open', 'InProgress']);
const OWN_KEYS = new Set(['/aws/dedup', '/aws/resources', '/aws/automations']);
const RESERVED = /^\/?(amazon|aws|amzn|ssm)/i;
/** OpsCenter quotas: a month's items (taken as 30 days), characters of a text, bytes of a data value. */
const LIMITS = {
	perMonth: 10_000,
	title: 1_024,
	description: 2_048,
	source: 128,
	label: 64,
	dataKey: 128,
	dataBytes: 20_480,
	dedup: 512,
} as const;
const MONTH_MS = 30 * 86_400_000;

export class OpsItems {
	readonly #ctx: AwsContext;
	readonly #items = new Map<string, OpsItem>();
	readonly #blocking = new Map<string, OpsItem>();
	#createdThisMonth: number[] = [];

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
	}

	/** The newest first. */
	all(): OpsItem[] {
		return [...this.#items.values()].reverse();
	}

	/** @throws AwsError `OpsItemNotFoundException`. */
	get(id: string | undefined): OpsItem {
		const item = this.#items.get(id ?? '');
		if (!item) throw new AwsError('OpsItemNotFoundException', `OpsItem ID ${id} not found`);
		return item;
	}

	/**
	 * @throws AwsError `OpsItemAlreadyExistsException` with the id of the open item, `OpsItemLimitExceededException`,
	 * `OpsItemInvalidParameterException`.
	 */
	create(input: CreateOpsItemCommandInput): OpsItem {
		const now = this.#ctx.clock.now();
		const title = input.Title ?? '';
		const description = input.Description ?? '';
		const source = input.Source ?? '';
		if (source.length < 1 || source.length > LIMITS.source || /aws|amazon|amzn/i.test(source))
			throw refused('Source', `must have 1 to ${LIMITS.source} characters and none of aws, amazon, amzn.`);
		if (title.length < 1) throw refused('Title', 'must not be empty.');
		if (description.length < 1) throw refused('Description', 'must not be empty.');
		checkTexts(input);
		const dedupKey = dedupKeyOf(input.OperationalData ?? {});
		const open = dedupKey === undefined ? undefined : this.#blocking.get(dedupKey);
		if (open) {
			throw new AwsError('OpsItemAlreadyExistsException', `OpsItem with the same deduplication string already exists: ${open.id}`, {
				fields: { OpsItemId: open.id },
			});
		}
		this.#createdThisMonth = this.#createdThisMonth.filter((at) => now - at < MONTH_MS);
		if (this.#createdThisMonth.length >= LIMITS.perMonth) {
			throw new AwsError('OpsItemLimitExceededException', 'The request caused OpsItems to exceed one or more quotas.', {
				fields: { ResourceTypes: ['OpsItem'], Limit: LIMITS.perMonth, LimitType: 'OpsItemsPerMonth' },
			});
		}
		this.#createdThisMonth.push(now);
		const item: OpsItem = {
			id: `oi-${this.#ctx.id(12)}`,
			source,
			type: input.OpsItemType ?? '/aws/issue',
			createdAt: now,
			createdBy: `arn:aws:iam::${this.#ctx.account}:user/operator`,
			...(dedupKey === undefined ? {} : { dedupKey }),
			data: new Map(Object.entries(input.OperationalData ?? {})),
			tags: new Map((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
			title,
			description,
			status: 'Open',
			modifiedAt: now,
			version: 1,
			...labels(input),
		};
		this.#items.set(item.id, item);
		if (dedupKey !== undefined) this.#blocking.set(dedupKey, item);
		this.#announce('OpsItem Create', item);
		return item;
	}

	/**
	 * Operational data is merged by key.
	 * @throws AwsError `OpsItemNotFoundException`, `OpsItemInvalidParameterException`, and `OpsItemAlreadyExistsException` where it
	 * would be the second open item of its deduplication string.
	 */
	update(input: UpdateOpsItemCommandInput): OpsItem {
		const item = this.get(input.OpsItemId);
		checkTexts(input);
		const dedup = input.OperationalData?.['/aws/dedup'];
		if (dedup && dedup.Value !== item.data.get('/aws/dedup')?.Value) throw refused('OperationalData', '/aws/dedup cannot be changed.');
		if (input.Status !== undefined && !STATUSES.has(input.Status)) throw refused('Status', `has no value ${input.Status}.`);
		this.#setStatus(item, input.Status ?? item.status);
		item.title = input.Title ?? item.title;
		item.description = input.Description ?? item.description;
		Object.assign(item, labels(input));
		for (const key of input.OperationalDataToDelete ?? []) item.data.delete(key);
		for (const [key, value] of Object.entries(input.OperationalData ?? {})) item.data.set(key, value);
		item.modifiedAt = this.#ctx.clock.now();
		item.version += 1;
		this.#announce('OpsItem Update', item);
		return item;
	}

	#setStatus(item: OpsItem, status: string): void {
		const key = item.dedupKey;
		if (key !== undefined && BLOCKING.has(status)) {
			const other = this.#blocking.get(key);
			if (other && other !== item) {
				throw new AwsError('OpsItemAlreadyExistsException', `OpsItem with the same deduplication string already exists: ${other.id}`, {
					fields: { OpsItemId: other.id },
				});
			}
			this.#blocking.set(key, item);
		} else if (key !== undefined && this.#blocking.get(key) === item) {
			this.#blocking.delete(key);
		}
		item.status = status;
	}

	#announce(detailType: 'OpsItem Create' | 'OpsItem Update', item: OpsItem): void {
		this.#ctx.emit({
			source: 'aws.ssm',
			detailType,
			resources: [opsItemArn(this.#ctx, item.id)],
			detail: {
				'created-by': item.createdBy,
				'created-time': microseconds(item.createdAt),
				...(detailType === 'OpsItem Update' ? { 'modified-by': item.createdBy, 'modified-time': microseconds(item.modifiedAt) } : {}),
				source: item.source,
				status: item.status,
				'ops-item-id': item.id,
				title: item.title,
				'ops-item-type': item.type,
				description: item.description,
			},
		});
	}
}

export function opsItemArn(ctx: Pick<AwsContext, 'account' | 'region'>, id: string): string {
	return `arn:aws:ssm:${ctx.region}:${ctx.account}:opsitem/${id}`;
}

/** OpsCenter hashes the deduplication string and the resource that the item is about: the first of `/aws/resources`. */
function dedupKeyOf(data: Readonly<Record<string, OpsItemDataValue>>): string | undefined {
	const dedup = data['/aws/dedup']?.Value;
	if (dedup === undefined) return undefined;
	const dedupString = (json('/aws/dedup', dedup) as { dedupString?: unknown }).dedupString;
	if (typeof dedupString !== 'string' || dedupString === '')
		throw refused('OperationalData', '/aws/dedup must hold {"dedupString":"..."}.');
	if (dedupString.length > LIMITS.dedup) throw refused('OperationalData', `a deduplication string has at most ${LIMITS.dedup} characters.`);
	const resources = data['/aws/resources']?.Value;
	const [first] = resources === undefined ? [] : (json('/aws/resources', resources) as { arn?: string }[]);
	return JSON.stringify([dedupString, first?.arn ?? '']);
}

function checkTexts(input: Partial<CreateOpsItemCommandInput> | UpdateOpsItemCommandInput): void {
	const { Title: title = '', Description: description = '', Priority: priority } = input;
	if (title.length > LIMITS.title) throw refused('Title', `has at most ${LIMITS.title} characters.`);
	if (description.length > LIMITS.description) throw refused('Description', `has at most ${LIMITS.description} characters.`);
	if (priority !== undefined && (priority < 1 || priority > 5)) throw refused('Priority', 'is 1 to 5.');
	if ((input.Severity?.length ?? 0) > LIMITS.label) throw refused('Severity', `has at most ${LIMITS.label} characters.`);
	if ((input.Category?.length ?? 0) > LIMITS.label) throw refused('Category', `has at most ${LIMITS.label} characters.`);
	for (const [key, { Value: value = '', Type: type }] of Object.entries(input.OperationalData ?? {})) {
		if (key.length > LIMITS.dataKey) throw refused('OperationalData', `a key has at most ${LIMITS.dataKey} characters.`);
		if (RESERVED.test(key) && !OWN_KEYS.has(key)) throw refused('OperationalData', `the key ${key} begins with a reserved word.`);
		if (Buffer.byteLength(value) > LIMITS.dataBytes) throw refused('OperationalData', `the value of ${key} is longer than 20 KB.`);
		if (type !== undefined && type !== 'String' && type !== 'SearchableString')
			throw refused('OperationalData', `${key} has the unknown type ${type}.`);
		if (OWN_KEYS.has(key)) json(key, value);
	}
}

function labels(
	input: Partial<CreateOpsItemCommandInput> | UpdateOpsItemCommandInput,
): Pick<OpsItem, 'severity' | 'category' | 'priority'> {
	return {
		...(input.Severity === undefined ? {} : { severity: input.Severity }),
		...(input.Category === undefined ? {} : { category: input.Category }),
		...(input.Priority === undefined ? {} : { priority: input.Priority }),
	};
}

function json(key: string, value: string): unknown {
	try {
		return JSON.parse(value);
	} catch {
		throw refused('OperationalData', `the value of ${key} must be JSON.`);
	}
}

function refused(parameter: string, why: string): AwsError {
	return new AwsError('OpsItemInvalidParameterException', `${parameter} ${why}`, { fields: { ParameterNames: [parameter] } });
}

/** OpsItem events carry microseconds. */
function microseconds(at: number): string {
	return new Date(at).toISOString().replace('Z', '000Z');
}
