/** What playbooks and stories of lifecycle actions can reach, told from the operations as they are written. */

import type { Scene } from '../flow.ts';
import type { Recorded } from '../ledger.ts';
import type { LifecycleText } from './claims.ts';

/** Each with how it shows that an operation has reached it, asked when it has closed. */
const REACHED = {
	'a command of ours': ({ run }) => run?.type === 'command' && !run.document.startsWith('AWS-'),
	"a command of AWS's": ({ run }) => run?.document.startsWith('AWS-') === true,
	'a runbook': ({ run }) => run?.type === 'automation',
	'a shared command': ({ work }) => work?.shared === true,
	'a launch': ({ subject }) => subject.kind === 'lifecycle' && subject.transition.endsWith('LAUNCHING'),
	'a termination': ({ subject }) => subject.kind === 'lifecycle' && subject.transition.endsWith('TERMINATING'),
	'the lower priority wins': ({ playbook }) => playbook.name.endsWith('-special'),
	'found by the sweep': said('opened', /sweep/),
	'the event comes after the sweep': said('lifecycle token learned', /sweep/),
	'completed with CONTINUE': ({ result }) => result?.lifecycle === 'CONTINUE',
	'completed with ABANDON': ({ result }) => result?.lifecycle === 'ABANDON',
	'over before we could': ({ result }) => result?.lifecycle === 'over',
	'an OpsItem opened': ({ result }) => result?.opsItem === 'opened',
	'added to an OpsItem': ({ result }) => result?.opsItem === 'added',
	timeout: ({ state }) => state === 'timed-out',
	deliverWithin: said('failed', /DeliveryTimedOut|Delivery Timed Out/),
	'registration awaited': said('waiting', /registered/),
	'registration in vain': said('failed', /does not manage it/),
	'an exit code': said('failed', /exit code/),
	'a node that vanished': said('failed', /vanished/),
	'limits wait': said('waiting', /at once are under way|within this hour|others have waited/),
	'limits skip': said('skipped', /at once are under way|within this hour/),
	'calendar waits': said('waiting', /calendar .* is CLOSED/),
	'calendar skips': said('skipped', /calendar .* is CLOSED/),
	observed: ({ result }) => result?.observed === true,
	paused: said('waiting', /paused by/),
	throttled: said('waiting', /rate limit/),
	'a heartbeat': said('heartbeat'),
	'a hook too short to be kept alive': said('opened', /under 180 s/),
	'no reply': said('no reply'),
	'work found by its name': said('command sent (found)'),
	'a runbook found by its tag': said('runbook started (found)'),
	'sent again': said('starting again', /lists no such work/),
	'a neighbour sent again': said('starting again', /never reached this node/),
	'work stopped': said('work stopped'),
	'a second occurrence': ({ occurrence }) => occurrence > 1,
	'to or from the warm pool': ({ subject }) =>
		subject.kind === 'lifecycle' && (subject.origin === 'WarmPool' || subject.destination === 'WarmPool'),
	'a stopped node of the warm pool': said('skipped', /warm pool/),
	'completed by somebody else': said('failed', /wait ended before/),
} as const satisfies Readonly<Record<string, (operation: Recorded) => boolean>>;

const TAGS = 'tags decide';

export const FEATURES: readonly string[] = [
	...Object.keys(REACHED),
	TAGS,
	'completed and not on record',
	'work that cannot know itself ran again',
];

function said(what: string, why = /./): (operation: Recorded) => boolean {
	return ({ history }) => history.some((line) => line.what === what && why.test(line.why));
}

/** Counts, once, what an operation has reached that closes. */
export function countFeatures(scene: Scene, playbooks: readonly LifecycleText[], after: Recorded, before: Recorded | undefined): void {
	if (after.kind !== 'lifecycle' || after.closedAt === undefined || before?.closedAt !== undefined) return;
	if (playbooks.find(({ name }) => name === after.playbook.name)?.when.tags) scene.reached(TAGS);
	for (const [name, shows] of Object.entries(REACHED)) if (shows(after)) scene.reached(name);
}
