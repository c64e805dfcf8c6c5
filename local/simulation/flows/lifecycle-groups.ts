/** The groups of a lifecycle story: their hooks, their nodes, and how documents end on those. */

import type { Behaviours, Outcome } from '../../aws/ec2-machine.ts';
import type { FleetGroup, FleetHook, FleetNode } from '../../fleet.ts';
import type { Draw } from '../draw.ts';

export const DRAIN = 'fleetkeeper-drain';
const BOOTSTRAP = 'fleetkeeper-bootstrap';
/** Somebody else's, on the same transitions. */
export const FOREIGN = 'backup-agent';

const NAMES = ['web-blue', 'batch-red', 'api-green'] as const;

export function drawGroup(draw: Draw, index: number, size: number): FleetGroup {
	const heartbeat = draw.weighted([
		[1, 30],
		[1, 60],
		[1, 120],
		[3, 180],
		[4, 300],
		[4, 600],
		[3, 1_800],
		[3, 3_600],
	]);
	const hook = (name: string, on: FleetHook['on']): FleetHook => ({
		name,
		on,
		heartbeatTimeoutSeconds: heartbeat,
		defaultResult: draw.one(['CONTINUE', 'ABANDON']),
	});
	const foreign: FleetHook = { ...hook(FOREIGN, draw.one(['terminate', 'terminate', 'launch'])), heartbeatTimeoutSeconds: 300 };
	const launches = draw.chance(0.5);
	const warm = draw.chance(0.25);
	const nodes = Array.from({ length: size }, (_, number): FleetNode => drawNode(draw.of(`node ${number}`), index, number, warm));
	return {
		name: NAMES[index] ?? `group-${index}`,
		min: 0,
		max: 40,
		bootSeconds: draw.whole(2, 20),
		registerSeconds: draw.whole(2, 60),
		tags: { service: draw.one(['nginx', 'nginx', 'batch']), team: 'web' },
		behaviours: drawBehaviours(draw.of('behaviours'), 0),
		hooks: [hook(DRAIN, 'terminate'), ...(launches ? [hook(BOOTSTRAP, 'launch')] : []), ...(draw.chance(0.15) ? [foreign] : [])],
		...(warm && { warmPool: { minSize: draw.whole(0, 1), maxPrepared: size, poolState: 'Stopped', reuseOnScaleIn: draw.chance(0.5) } }),
		...(draw.chance(0.1) && { retainOnAbandon: true }),
		// Those that come later do well: a group would go on launching.
		launches: Array.from({ length: 3 }, (_, number) => {
			const each = draw.of(`launch ${number}`);
			return {
				behaviours: drawBehaviours(each, 0.4),
				registerSeconds: each.weighted([
					[6, each.whole(2, 60)],
					[2, each.whole(60, 400)],
					[1, null],
				]),
			};
		}),
		nodes,
	};
}

function drawNode(draw: Draw, group: number, number: number, warm: boolean): FleetNode {
	return {
		id: `i-0${group + 1}${String(number + 1).padStart(15, '0')}`,
		...(warm && draw.chance(0.3) && { state: 'Warmed:Stopped' }),
		agent: draw.weighted([
			[24, 'online'],
			[2, 'lost'],
			[3, 'deaf'],
			[1, 'none'],
		]),
		behaviours: draw.chance(0.3) ? drawBehaviours(draw.of('behaviours'), 0.5) : {},
	};
}

/** @param badly in which share of all draws a document does not end well. */
function drawBehaviours(draw: Draw, badly: number): Behaviours {
	const outcome = (once: boolean): Outcome => ({
		durationSeconds: draw.weighted([
			[5, draw.whole(2, 60)],
			[3, draw.whole(60, 400)],
			[1, draw.whole(400, 1_500)],
		]),
		stdout: 'done\n',
		...(draw.chance(badly) && (draw.chance(0.3) ? { hangs: true } : { exitCode: draw.one([1, 3, 42]), stdout: 'stuck\n' })),
		...(once && { oncePer: 'WorkId' }),
	});
	return {
		'drain-node': outcome(true),
		'bootstrap-node': outcome(true),
		'collect-logs': { ...outcome(true), durationSeconds: draw.whole(2, 30) },
		'AWS-RunShellScript': outcome(false),
	};
}
