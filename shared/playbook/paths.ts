/** Whether the paths that a playbook writes can lead anywhere. */

import { type EventShape, SHAPES } from './fields.ts';
import { DIMENSION_START, PATH_START } from './parameters.ts';
import { type Finding, nearest, quote } from './problem.ts';
import { isLifecycle, type PlaybookOn } from './types.ts';

type Path = readonly (string | number)[];

/** A field of any name that an event has in practice: no blanks, no brackets. */
const STEP = /^[^\s.[\]{}()'"*?]+$/;
const INDEX = /^\d+$/;
const SCALARS = ['$.account', '$.region'];
const EVENT_SCALARS = ['$.source', '$.detail-type', '$.id', '$.time'];

/** What is wrong with a value that is a path; nothing where it is plain text. */
export function pathFindings(on: PlaybookOn, value: string, at: Path): Finding[] {
	if (!value.startsWith(PATH_START)) return [];
	const steps = value.slice(PATH_START.length).split('.');
	if (!value.startsWith(DIMENSION_START) && !steps.every((step) => STEP.test(step))) {
		return [
			{
				at,
				message: `${quote(value)} is not a path`,
				hint: 'write names with dots between them, the entry of a list by its number: $.resources.0',
			},
		];
	}
	const shape = SHAPES[on];
	const wrong = leads(on, steps, shape);
	if (wrong === 'nowhere')
		return [{ at, message: `${quote(value)} leads nowhere in ${shape?.event ?? 'an event'}`, hint: hintFor(on, value, shape) }];
	if (wrong === 'object')
		return [{ at, message: `${quote(value)} leads to an object, not to text`, hint: `name a field of it: ${value}.<field>` }];
	if (!shape?.sweep || shape.sweep.knows.has(value)) return [];
	const message = `${value} may be absent, and is unknown where the event was lost and the sweep found the ${shape.sweep.finds}: the work fails then`;
	return [{ at, message, severity: 'warning' }];
}

/** What is wrong with a text that must be a path. */
export function onlyPathFindings(on: PlaybookOn, value: string, at: Path, hint: string): Finding[] {
	return value.startsWith(PATH_START)
		? pathFindings(on, value, at)
		: [{ at, message: `${quote(value)} is not a path into the event`, hint }];
}

function leads(on: PlaybookOn, steps: readonly string[], shape: EventShape | undefined): 'nowhere' | 'object' | undefined {
	const [root = '', field, ...deeper] = steps;
	if (scalars(on).includes(PATH_START + root)) return field === undefined ? undefined : 'nowhere';
	if (root === 'resources' && hasEnvelope(on))
		return field === undefined || (INDEX.test(field) && deeper.length === 0) ? undefined : 'nowhere';
	if (root === 'dimensions' && on === 'alarm') return field ? undefined : 'object';
	if (root !== 'detail') return 'nowhere';
	if (field === undefined) return 'object';
	if (!shape) return undefined;
	if (shape.texts.includes(field)) return deeper.length === 0 ? undefined : 'nowhere';
	if (!shape.objects.includes(field)) return 'nowhere';
	return deeper.length === 0 ? 'object' : undefined;
}

/** Whether an event is kept with what there is around its detail. */
function hasEnvelope(on: PlaybookOn): boolean {
	return !isLifecycle(on) && on !== 'inventory';
}

function scalars(on: PlaybookOn): readonly string[] {
	return hasEnvelope(on) ? [...SCALARS, ...EVENT_SCALARS] : SCALARS;
}

function hintFor(on: PlaybookOn, value: string, shape: EventShape | undefined): string {
	const fields = [...(shape?.texts ?? []), ...(shape?.objects ?? [])];
	const around = [...scalars(on), ...(hasEnvelope(on) ? ['$.resources'] : []), ...(on === 'alarm' ? [`${DIMENSION_START}<name>`] : [])];
	// Only the first field is known: what is below it is left out of the comparison.
	const upToField = value.split('.').slice(0, 3).join('.');
	const meant = nearest(upToField, [...fields.map((known) => `$.detail.${known}`), ...around]);
	if (meant) return `did you mean ${meant}?`;
	return `there are ${around.join(', ')} and $.detail.${shape ? ` with ${fields.join(', ')}` : '<field>'}`;
}
