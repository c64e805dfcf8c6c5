/** Whether the patterns under `when` are valid, can match, and name what the playbook is for. */

import { type PatternError, validatePattern } from '../event-pattern.ts';
import { type EventShape, SHAPES } from './fields.ts';
import { namingFindings, sourceFindings } from './naming.ts';
import { type Finding, nearest } from './problem.ts';
import type { PlaybookSource } from './schema.ts';
import type { PlaybookOn } from './types.ts';

type Path = readonly (string | number)[];
type Pattern = Readonly<Record<string, unknown>>;

export function patternFindings({ on, when }: PlaybookSource): Finding[] {
	const { detail, tags, source } = when;
	if (!detail && on !== 'event' && on !== 'session' && on !== 'inventory') return [{ at: ['when', 'detail'], message: 'is missing' }];
	const fields = Object.entries(when).filter(([, pattern]) => pattern !== undefined);
	const broken = fields.flatMap(([field, pattern]) => invalid(validatePattern({ [field]: pattern })));
	if (broken.length > 0) return broken;
	return [
		...(on === 'event' ? sourceFindings(source, ['when', 'source']) : detailFindings(on, detail ?? {}, ['when', 'detail'])),
		...(tags ? tagFindings(tags, ['when', 'tags']) : []),
	];
}

function detailFindings(on: Exclude<PlaybookOn, 'event'>, detail: Pattern, at: Path): Finding[] {
	// There is no event to ask about: that the key is not for it, is said with the other keys.
	if (on === 'inventory') return [];
	const shape = SHAPES[on];
	const unknown = shape ? fieldFindings(detail, at, shape) : [];
	return unknown.length > 0 || on === 'session' ? unknown : namingFindings(on, detail, at);
}

function invalid(error: PatternError | undefined): Finding[] {
	return error ? [{ at: ['when', ...error.segments], message: error.reason }] : [];
}

function fieldFindings(pattern: Pattern, at: Path, shape: EventShape): Finding[] {
	const { event, texts, objects } = shape;
	return Object.entries(pattern).flatMap(([field, value]): Finding[] => {
		const here = [...at, field];
		if (field === '$or' && Array.isArray(value)) return value.flatMap((branch, i) => fieldFindings(branch, [...here, i], shape));
		if (texts.includes(field)) {
			return Array.isArray(value) ? [] : [{ at: here, message: `is text in ${event}`, hint: `write ${field}: [value]` }];
		}
		if (objects.includes(field)) {
			const hint = `write ${field}: { <field>: [value] }`;
			return Array.isArray(value) ? [{ at: here, message: `has fields of its own in ${event}`, hint }] : [];
		}
		const meant = nearest(field, [...texts, ...objects]);
		const hint = meant ? `did you mean ${meant}?` : `there are ${[...texts, ...objects].join(', ')}`;
		return [{ at: here, message: `${event} has no such field`, hint, onKey: true }];
	});
}

/** Tags are a flat map of text to text. */
function tagFindings(pattern: Pattern, at: Path): Finding[] {
	return Object.entries(pattern).flatMap(([tag, value]): Finding[] => {
		const here = [...at, tag];
		if (tag === '$or' && Array.isArray(value)) return value.flatMap((branch, i) => tagFindings(branch, [...here, i]));
		if (!Array.isArray(value)) return [{ at: here, message: 'a tag has no fields of its own', hint: `write ${tag}: [value]` }];
		return value.flatMap((condition, i): Finding[] => {
			if (typeof condition === 'string' || (condition !== null && typeof condition === 'object' && !('numeric' in condition))) return [];
			return [{ at: [...here, i], message: 'the value of a tag is always text', hint: 'put it in quotes' }];
		});
	});
}
