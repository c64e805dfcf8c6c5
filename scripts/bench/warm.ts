/** CPU time of one event in an environment that has handled others before: our code and the SDK's, without sockets and TLS. */

import { LOCAL_CREDENTIALS, loadHandlers } from '../../local/environment.ts';
import { ensureTemplate } from '../../local/package-template.ts';
import { loadTemplate } from '../../local/template.ts';
import { createAws } from '../../shared/aws/clients.ts';
import type { CreateHandler } from '../../shared/deps.ts';
import { settingsFrom } from '../../shared/settings.ts';
import { Answers, answering } from './answers.ts';
import type { Part } from './part.ts';
import { type Invocation, REGION, recordInvocations } from './recording.ts';
import { cpuMs, median } from './statistics.ts';

/** Nodes that go one after another. */
const NODES = 120;
/** Of a function's invocations this part comes first, to be warm, and is not counted. */
const WARMING = 0.5;
/** What is invoked less often has no steady state to speak of. */
const ENOUGH = 20;

interface Warm {
	readonly name: string;
	readonly events: number;
	readonly calls: number;
	/** Medians. */
	readonly cpuMs: number;
	readonly wallMs: number;
}

/** Asks one environment again what it was asked in the recording, with the same answers. */
async function repeat(create: CreateHandler, invocations: readonly Invocation[]): Promise<{ cpuMs: number; wallMs: number }[]> {
	let answers = new Answers([]);
	let now = 0;
	const nothing = () => {};
	const handler = create({
		aws: createAws({ region: REGION, credentials: LOCAL_CREDENTIALS, requestHandler: answering(() => answers) as never }),
		now: () => now,
		log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
		count: nothing,
		settings: settingsFrom({ STAGE: 'local' }),
	});
	const taken: { cpuMs: number; wallMs: number }[] = [];
	for (const { at, event, calls } of invocations) {
		answers = new Answers(calls);
		now = at;
		const began = { cpu: process.cpuUsage(), wall: performance.now() };
		await handler(event);
		taken.push({ cpuMs: cpuMs(process.cpuUsage(began.cpu)), wallMs: performance.now() - began.wall });
	}
	return taken;
}

export const warm: Part = {
	name: 'warm',
	async measure({ progress }) {
		progress(`recording a world in which ${NODES} nodes go`);
		const recorded = await recordInvocations('kept', NODES);
		const template = await loadTemplate(await ensureTemplate());
		const measured: Warm[] = [];
		for (const [name, create] of Object.entries(await loadHandlers(template.functions))) {
			const own = recorded.filter(({ functionName }) => name.endsWith(`-${functionName}`));
			if (own.length < ENOUGH) continue;
			progress(`warm events of ${name}`);
			const counted = (await repeat(create, own)).slice(Math.floor(own.length * WARMING));
			measured.push({
				name: own[0]?.functionName ?? name,
				events: counted.length,
				calls: median(own.map(({ calls }) => calls.length)),
				cpuMs: median(counted.map((each) => each.cpuMs)),
				wallMs: median(counted.map((each) => each.wallMs)),
			});
		}
		return {
			title: 'Warm: one event in an environment that has handled others',
			json: measured,
			rows: [
				['function', 'events', 'calls', 'CPU ms', 'ms'],
				...measured.map((each) => [each.name, String(each.events), String(each.calls), each.cpuMs.toFixed(2), each.wallMs.toFixed(2)]),
			],
			notes: ['Medians; the answers of AWS come from memory. CPU time includes garbage collection and compiling in other threads.'],
		};
	},
};
