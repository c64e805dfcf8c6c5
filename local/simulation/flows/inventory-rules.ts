/** Rules for the software on nodes, and who breaks them: told from how the story has drawn them, not from what playbooks make of it. */

import type { Application } from '../../aws/ec2-machine.ts';
import type { Draw } from '../draw.ts';
import type { PlaybookText } from '../flow.ts';

export const REMEDY = 'remove-packages';
/** What a remedy removes, and what it cannot. */
export const TELNET: Application = { name: 'telnet', version: '0.17', release: '90.el9', epoch: '1' };
export const RSH: Application = { name: 'rsh-server', version: '0.17', release: '97.el9', epoch: '' };
export const AGENT: Application = { name: 'amazon-cloudwatch-agent', version: '1.300051.0', release: '1', epoch: '' };

/** The older first, of both platforms. */
const RPM = [
	['3.0.2', '1.el9'],
	['3.0.7', '2.el9'],
	['3.0.7', '18.el9'],
	['3.0.10', '1.el9'],
] as const;
const WINDOWS = ['1.0.9', '1.0.10', '1.2', '1.10'] as const;
export const AGES = [0, 1, 2, 3] as const;
type Age = (typeof AGES)[number];

/** The library of an age: all nodes have one. */
export function openssl(age: Age, platform: 'Linux' | 'Windows'): Application {
	if (platform === 'Windows') return { name: 'openssl', version: WINDOWS[age] };
	const [version, release] = RPM[age];
	return { name: 'openssl', version, release, epoch: '1' };
}

/** A program as inventory has it. */
export interface Listed {
	readonly Name: string;
	readonly Version?: string;
	readonly Release?: string;
}

function ageOf({ Version, Release }: Listed): number {
	const age = RPM.findIndex(([version, release]) => version === Version && release === Release);
	return age < 0 ? (WINDOWS as readonly (string | undefined)[]).indexOf(Version) : age;
}

export interface RuledNode {
	readonly platform: string;
	readonly tags: ReadonlyMap<string, string>;
}

export interface SoftwareRule {
	readonly name: string;
	readonly text: PlaybookText;
	/** Whether anything is done about it, besides telling people. */
	readonly acts: boolean;
	/** Nothing keeps it from acting at once. */
	readonly atOnce: boolean;
	isFor(node: RuledNode): boolean;
	isBrokenBy(programs: readonly Listed[]): boolean;
}

type Demand = readonly [software: object, isBrokenBy: SoftwareRule['isBrokenBy']];
type Scope = readonly [when: object, isFor: SoftwareRule['isFor']];

const has = (programs: readonly Listed[], name: RegExp) => programs.some(({ Name }) => name.test(Name));

function drawDemand(draw: Draw): Demand {
	const age = draw.one([1, 2, 3] as const);
	const version = { rpm: `1:${RPM[age].join('-')}`, windows: WINDOWS[age] };
	const isOld: SoftwareRule['isBrokenBy'] = (programs) => programs.some((each) => each.Name === 'openssl' && ageOf(each) < age);
	const below = [{ name: 'openssl', version }];
	return draw.weighted<Demand>([
		[4, [{ forbidden: ['telnet'] }, (programs) => has(programs, /^telnet$/)]],
		[2, [{ forbidden: ['telnet', { prefix: 'rsh' }] }, (programs) => has(programs, /^(telnet$|rsh)/)]],
		[3, [{ below }, isOld]],
		[2, [{ required: [AGENT.name] }, (programs) => !has(programs, /^amazon-cloudwatch-agent$/)]],
		[1, [{ forbidden: ['telnet'], below }, (programs) => has(programs, /^telnet$/) || isOld(programs)]],
	]);
}

function drawScope(draw: Draw): Scope {
	const isProd: SoftwareRule['isFor'] = ({ tags }) => tags.get('Environment') === 'prod';
	return draw.weighted<Scope>([
		[3, [{}, () => true]],
		[3, [{ tags: { Environment: ['prod'] } }, isProd]],
		[2, [{ patchGroup: [{ prefix: 'web' }] }, ({ tags }) => tags.get('PatchGroup')?.startsWith('web') === true]],
		[1, [{ tags: { Environment: ['prod'] }, platform: ['Linux'] }, (node) => isProd(node) && node.platform === 'Linux']],
	]);
}

export function drawRules(draw: Draw): SoftwareRule[] {
	return Array.from({ length: draw.whole(1, 3) }, (_, index) => {
		const own = draw.of(`rule ${index}`);
		const [software, isBrokenBy] = drawDemand(own);
		const [when, isFor] = drawScope(own);
		const runs = own.chance(0.65);
		const mode = own.weighted([
			[5, undefined],
			[1, 'act'],
			[1, 'observe'],
		]);
		const limits = own.chance(0.3) ? { concurrent: own.whole(1, 2), ...(own.chance(0.5) && { perHour: own.whole(1, 3) }) } : undefined;
		const name = `software-${index + 1}`;
		const run = { command: REMEDY, parameters: { Packages: 'telnet,rsh-server' }, timeout: own.one(['5m', '15m']) };
		const text: PlaybookText = {
			...{ name, priority: 100 + index, on: 'inventory', when, software },
			...(runs && { run, ...(mode && { mode }), ...(limits && { limits }) }),
			opsItem: { severity: own.one(['2', '3']) },
		};
		const acts = runs && mode !== 'observe';
		return { name, text, acts, atOnce: acts && limits === undefined, isFor, isBrokenBy };
	});
}
