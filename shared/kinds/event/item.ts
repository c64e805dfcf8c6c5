/**
 * How OpsCenter is told of an event: by an OpsItem of its subject's own where the playbook opens one for every event, or else by one
 * a playbook and source that failures share while it is open. Pure.
 */

import type { EventOperation } from '../../operation/types.ts';
import { withoutSecretFields } from '../../playbook/secrets.ts';
import { isArn } from '../envelope.ts';
import type { OpsItemText } from '../kind.ts';
import { PLACES, placeOf, placeOfOccurrence } from '../places.ts';
import { subjectOf } from '../subjects.ts';

/** What an OpsItem takes of an event's detail: a few KB. Characters. */
const DETAIL = 3_000;
/** What an OpsItem takes of ARNs, of at most 20 KB. Characters. */
const ARNS = 12_000;
/** Of a value in a title. Characters. */
const NAME = 120;

export function eventItem(operation: EventOperation): OpsItemText {
	const { playbook, subject, opsItem, ending, result } = operation;
	const shared = opsItem === undefined;
	const observed = result?.observed === true;
	const key = `event:${playbook.name}:${shared ? subject.source : subjectHash(operation)}${observed ? ':observed' : ''}`;
	const raisedTo = shared ? undefined : ending?.then.opsItem?.severity;
	return {
		key,
		...(shared ? sharedText(operation) : ownText(operation)),
		spec: opsItem ?? ending?.then.opsItem ?? {},
		own: { [`operation/${shared ? placeOf(operation) : placeOfOccurrence(operation)}`]: JSON.stringify(standing(operation)) },
		...(raisedTo !== undefined && { raisedTo }),
	};
}

/** `event-3f2a9c1b7d4e5f60` of `event-3f2a9c1b7d4e5f60-2`: the same for all occurrences. */
function subjectHash({ id }: EventOperation): string {
	return id.slice(0, id.lastIndexOf('-'));
}

type Text = Pick<OpsItemText, 'title' | 'intro' | 'line' | 'resources' | 'data'>;

/** All that is known of the event. */
function ownText(operation: EventOperation): Text {
	const { id, subject, occasion, run, ending, eventId, request } = operation;
	const { source, detailType, resources } = subject;
	const time = occasion.time === undefined ? '' : ` of ${occasion.time}`;
	return {
		title: `${detailType}${named(operation)}`,
		intro: `Event ${detailType} from ${source}${time}; its detail is in the operational data.`,
		line: `${ending ? ending.reason : run ? `${run.type} ${run.document} is run` : 'Nothing is run'} [${id}]`,
		resources: arns(operation),
		data: {
			source,
			'detail-type': detailType,
			eventId: eventId ?? '',
			...(resources.length > 0 && { resources: resources.join(', ') }),
			...asked(request),
			detail: JSON.stringify(occasion.detail, withoutSecretFields).slice(0, DETAIL),
		},
	};
}

/** What failures on events of one source have in common. */
function sharedText({ id, playbook, subject, run, ending, result, request }: EventOperation): Text {
	const observed = result?.observed === true;
	const who = request?.by === undefined ? '' : `, asked for by ${oneLine(request.by)}`;
	return {
		title: observed
			? `Would act on events of ${subject.source} (observed by ${playbook.name})`
			: `${playbook.name} fails on events of ${subject.source}`,
		intro:
			`${observed ? 'What would have been done for each event' : 'What failed for each event'}: here the first, ` +
			`up to ${PLACES} of the latest in the operational data, and all of a day by: fleet -- list --closed --day <YYYY-MM-DD>.`,
		line: `${subjectOf(subject).about(subject)}, ${run?.document ?? 'nothing to run'}${who}: ${ending?.reason ?? ''} [${id}]`,
		resources: [],
		data: { source: subject.source },
	};
}

function standing({ id, subject, run, events, ending, request, result }: EventOperation) {
	return {
		operation: id,
		about: subjectOf(subject).name(subject),
		events,
		...(run && !result?.observed && { ran: `${run.type} ${run.document}` }),
		...(ending && { outcome: ending.state, reason: ending.reason }),
		...asked(request),
	};
}

function asked(request: EventOperation['request']): Record<string, string> {
	const { by, reason } = request ?? {};
	return { ...(by !== undefined && { requestedBy: by }), ...(reason !== undefined && { requestReason: reason }) };
}

/** What the event is about: its resources, or else what tells it from others; an event that is alone has no name. */
function named({ subject, eventId }: EventOperation): string {
	const { resources, key } = subject;
	const [first, ...more] =
		resources.length > 0 ? resources.map((arn) => arn.split(/[/:]/).at(-1) || arn) : key.filter((each) => each !== eventId);
	if (first === undefined) return '';
	return `: ${oneLine(first).slice(0, NAME)}${more.length > 0 ? ` and ${more.length} more` : ''}`;
}

function oneLine(text: string): string {
	return text.replaceAll(/\s+/g, ' ');
}

/** Those that every event about the subject names: deduplication hashes them too. An event that is alone may name any. */
function arns({ subject, eventId }: EventOperation): string[] {
	const { resources, key } = subject;
	const alone = key.every((each) => each === eventId);
	let length = 0;
	return resources.filter((arn) => {
		// OpsCenter takes no text that is no ARN; EC2's own events of Spot Instances have one without an account.
		if (!isArn(arn) || !(alone || key.some((each) => arn.includes(each)))) return false;
		length += arn.length;
		return length <= ARNS;
	});
}
