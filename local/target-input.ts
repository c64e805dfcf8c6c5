/** What a rule's target gets of an event: the event, a part of it, a constant, or a text made from it. */

import type { BusEvent } from './aws/eventbridge.ts';
import { isRecord } from './aws/schema.ts';
import type { Rule, RuleTarget } from './template.ts';

/** The input of a target as JSON text (or plain text, where a transformer's template is a plain string). */
export function targetInput(target: RuleTarget, event: BusEvent, rule: Pick<Rule, 'name' | 'arn'>): string {
	if (target.input !== undefined) return target.input;
	if (target.inputPath !== undefined) return JSON.stringify(valueAt(event, target.inputPath) ?? null);
	if (target.inputTransformer) return transformed(target.inputTransformer, event, rule);
	return JSON.stringify(event);
}

function transformed(transformer: NonNullable<RuleTarget['inputTransformer']>, event: BusEvent, rule: Pick<Rule, 'name' | 'arn'>): string {
	const variables = new Map<string, unknown>([
		['aws.events.rule-arn', rule.arn],
		['aws.events.rule-name', rule.name],
		['aws.events.event.ingestion-time', event.time],
		['aws.events.event', event],
		['aws.events.event.json', event],
	]);
	for (const [name, path] of Object.entries(transformer.paths)) variables.set(name, valueAt(event, path));
	return fillIn(transformer.template, variables);
}

/**
 * Replaces `<name>`: inside a JSON string by the text of the value, elsewhere by its JSON. A variable that the event does not
 * have is the empty string inside a string and `""` elsewhere.
 */
function fillIn(template: string, variables: ReadonlyMap<string, unknown>): string {
	let inString = false;
	return template.replaceAll(/\\.|"|<([\w.-]+)>/g, (match, name: string | undefined) => {
		if (match === '"') inString = !inString;
		if (name === undefined || !variables.has(name)) return match;
		const value = variables.get(name) ?? '';
		if (!inString) return JSON.stringify(value);
		const text = typeof value === 'string' ? value : JSON.stringify(value);
		return JSON.stringify(text).slice(1, -1);
	});
}

/** The value at a path such as `$.detail.items[0].id`, or undefined. */
function valueAt(event: unknown, path: string): unknown {
	const parts = path.replace(/^\$\.?/, '').match(/[^.[\]]+/g) ?? [];
	return parts.reduce<unknown>((value, part) => {
		if (Array.isArray(value)) return value[Number(part)];
		return isRecord(value) ? value[part] : undefined;
	}, event);
}
