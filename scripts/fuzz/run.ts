/** Gives a function what a scenario says, and keeps what came of it. */

import { sqsRecord } from '../../local/event-source.ts';
import { installGlobals, turn } from '../../local/globals.ts';
import { putItem, tableOf } from '../../shared/aws/table.ts';
import type { CreateHandler, Deps } from '../../shared/deps.ts';
import { settingsFrom } from '../../shared/settings.ts';
import { Account, clientsOf, type Fault, NOW } from './account.ts';
import { type FuzzedFunction, functionsWith } from './functions.ts';
import type { Ground } from './ground.ts';
import type { Message, Scenario, Trouble } from './messages.ts';
import { mutated } from './mutations.ts';

export interface Line {
	readonly message: string;
	readonly fields: Readonly<Record<string, unknown>>;
}

/** What came of a scenario. */
export interface Ran {
	readonly scenario: Scenario;
	readonly account: Account;
	/** By message, in the order of the scenario's. */
	readonly messageIds: readonly string[];
	readonly log: readonly Line[];
	/** Reasons of `EventsDropped`. */
	readonly drops: readonly (string | undefined)[];
	/** Items of the table that were written, by their keys. */
	readonly written: ReadonlySet<string>;
	readonly result?: unknown;
	/** What the function threw. */
	readonly error?: unknown;
	/** It has not come to an end. */
	readonly hangs?: true;
	/** Of this thread. */
	readonly cpuMs: number;
}

/** The clock looks when something is due. Milliseconds. */
const LATER = 20 * 60_000;
/** All that a batch waits for comes with a turn of the event loop: what has not ended after so many never does. */
const HANGS_AFTER = 5_000;

/** A function by name, as it is fuzzed. */
export type Functions = ReadonlyMap<string, FuzzedFunction>;

/** Functions in accounts of their own, one batch at a time. */
export class Bench {
	readonly functions: Functions;
	readonly #ground: Ground;
	readonly #deps: Deps;
	#account: Account;
	#log: Line[] = [];
	#drops: (string | undefined)[] = [];

	private constructor(ground: Ground, functions: readonly FuzzedFunction[]) {
		this.#ground = ground;
		this.#account = new Account(ground);
		this.functions = new Map(functions.map((each) => [each.name, each]));
		const log = (message: string, fields: Line['fields'] = {}) => void this.#log.push({ message, fields });
		this.#deps = {
			aws: clientsOf(() => this.#account),
			now: () => this.#account.now,
			log: { debug: () => {}, info: log, warn: log, error: log },
			count: (name, { reason } = {}) => {
				if (name === 'EventsDropped') this.#drops.push(reason);
			},
			settings: settingsFrom({ STAGE: 'local' }),
		};
	}

	static async on(ground: Ground): Promise<Bench> {
		const rehearsal = new Bench(ground, functionsWith(new Map()));
		const workIds = new Map<string, string>();
		for (const target of rehearsal.functions.values()) {
			const account = await rehearsal.#inItsTime(() => rehearsal.#prepared(target));
			for (const [node, id] of account.workIds()) workIds.set(node, id);
		}
		return new Bench(ground, functionsWith(workIds));
	}

	/** Waiting takes no time, and moves the account's. */
	async #inItsTime<T>(task: () => Promise<T>): Promise<T> {
		const after = (delayMs: number, what: () => void) => {
			this.#account.now += delayMs;
			const handle = setImmediate(what);
			return () => clearImmediate(handle);
		};
		const random = () => 0.5;
		const restore = installGlobals({ now: () => this.#account.now, after, random }, random);
		try {
			return await task();
		} finally {
			restore();
		}
	}

	/** An account with playbooks in force and, where the function needs it, operations that are open. */
	async #prepared({ name, before }: FuzzedFunction): Promise<Account> {
		const account = new Account(this.#ground);
		this.#account = account;
		const { playbooks: set } = this.#ground;
		const compiled = { pk: 'playbooks', sk: 'compiled', set, sources: '{}', revision: 1 };
		if (name !== 'playbook-change') await putItem(tableOf(this.#deps), compiled);
		for (const [sender, create, events] of before) {
			const messages = events.map((event): Message => ({ body: JSON.stringify(event), event, receives: 1 }));
			await create(this.#deps)(batchOf(account, sender, messages));
		}
		return account;
	}

	/** @param create in the place of the function's own: a broken one must be noticed. */
	run(target: FuzzedFunction, scenario: Scenario, create: CreateHandler = target.create): Promise<Ran> {
		return this.#inItsTime(() => this.#run(target, scenario, create));
	}

	async #run(target: FuzzedFunction, scenario: Scenario, create: CreateHandler): Promise<Ran> {
		const { way, messages, trouble, spoiling } = scenario;
		const account = await this.#prepared(target);
		const before = new Map(account.table.items);
		this.#log = [];
		this.#drops = [];
		account.begin(target.name === 'reconcile' ? NOW + LATER : NOW, trouble && faultOf(trouble));
		const batch = batchOf(account, target.name, messages);
		const messageIds = batch.Records.map(({ messageId }) => messageId);
		const input = way === 'direct' ? messages[0]?.event : way === 'batch' ? batch : mutated(batch, spoiling);
		const began = process.threadCpuUsage();
		const ended = await inTime(async () => create(this.#deps)(input));
		const { user, system } = process.threadCpuUsage(began);
		const written = new Set([...account.table.items].filter(([key, item]) => before.get(key) !== item).map(([key]) => key));
		return { scenario, account, messageIds, log: this.#log, drops: this.#drops, written, ...ended, cpuMs: (user + system) / 1_000 };
	}
}

async function inTime(run: () => Promise<unknown>): Promise<Pick<Ran, 'result' | 'error' | 'hangs'>> {
	let ended: Pick<Ran, 'result' | 'error'> | undefined;
	run().then(
		(result) => {
			ended = { result };
		},
		(error: unknown) => {
			ended = { error };
		},
	);
	for (let turns = 0; turns < HANGS_AFTER && ended === undefined; turns += 1) await turn();
	return ended ?? { hangs: true };
}

/** A batch, as Lambda takes it from the queue of a function. */
function batchOf(account: Account, name: string, messages: readonly Message[]) {
	const queue = account.queue(name);
	for (const { body } of messages) queue.send(body);
	const records = queue.receive(messages.length).map((message, index) => {
		return sqsRecord({ ...message, receiveCount: messages[index]?.receives ?? 1 }, queue.settings.arn, 'eu-west-1');
	});
	return { Records: records };
}

const ERRORS: Readonly<Record<Trouble['error'], () => Error>> = {
	throttled: () => Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }),
	'server error': () => Object.assign(new Error('Please try again.'), { name: 'InternalServerError', $metadata: { httpStatusCode: 500 } }),
	'no reply': () => Object.assign(new Error('socket hang up'), { name: 'TimeoutError' }),
};

function faultOf({ error, from, lasts }: Trouble): Fault {
	return (nth) => (nth > from && nth <= from + lasts ? { error: ERRORS[error](), after: error === 'no reply' } : undefined);
}
