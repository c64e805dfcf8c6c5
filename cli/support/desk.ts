/** From the command line to the stage it means: environment, clients, ledger. */

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type Aws, createAws } from '../../shared/aws/clients.ts';
import type { Deps, Log } from '../../shared/deps.ts';
import { agent } from '../../shared/parts/agent.ts';
import { alarmAtAws } from '../../shared/parts/alarm.ts';
import { association } from '../../shared/parts/association.ts';
import { commandAtAws } from '../../shared/parts/command.ts';
import { complianceAtAws } from '../../shared/parts/compliance.ts';
import { event } from '../../shared/parts/event.ts';
import { inventory } from '../../shared/parts/inventory.ts';
import { type LifecycleServices, lifecycleServices } from '../../shared/parts/lifecycle.ts';
import { patch } from '../../shared/parts/patch.ts';
import { session } from '../../shared/parts/session.ts';
import { state } from '../../shared/parts/state.ts';
import { type Settings, settingsFrom } from '../../shared/settings.ts';
import { type Desk, type Io, Refusal, UsageError } from './verb.ts';

export type Env = Record<string, string | undefined>;

export interface Surroundings {
	readonly io: Io;
	/** Changed for stage `local`: what `.env.local` says is added. The SDK reads the process's own. */
	readonly env: Env;
	/** In place of clients made from the environment. */
	readonly connect?: () => Aws;
	/** Epoch milliseconds. */
	readonly now?: () => number;
	readonly user?: string;
	/** In place of random ids. */
	readonly newId?: () => string;
}

/** @throws UsageError where the stage has no possible name. */
export function openDesk(stage: string, surroundings: Surroundings): Desk {
	const { io, env, connect: given, now = Date.now, user = callerName(), newId = randomUUID } = surroundings;
	const settings = settingsOf(stage, env);
	if (stage === 'local') loadLocalEnvironment(io.cwd, env);
	const connect = given ?? (() => connectTo(stage, env));
	let services: LifecycleServices | undefined;
	return {
		io,
		stage,
		user,
		newId,
		connect,
		services() {
			services ??= servicesOf({ aws: connect(), now, log: logTo(io, Boolean(env['DEBUG'])), count: () => undefined, settings });
			return services;
		},
	};
}

/** A person may act on operations of every kind. */
function servicesOf(deps: Deps): LifecycleServices {
	return lifecycleServices(deps, [
		alarmAtAws(deps),
		complianceAtAws(deps),
		event,
		commandAtAws(),
		association,
		state,
		inventory,
		patch,
		session,
		agent,
	]);
}

function settingsOf(stage: string, env: Env): Settings {
	try {
		settingsFrom({ STAGE: stage });
	} catch {
		throw new UsageError(`--stage '${stage}' is not a stage: use 1 to 20 of a-z, 0-9 and '-', beginning with a letter`);
	}
	return settingsFrom({ STAGE: stage, RETENTION_DAYS: env['RETENTION_DAYS'] });
}

/** What is set already stays as it is. */
function loadLocalEnvironment(root: string, env: Env): void {
	const file = join(root, '.env.local');
	if (!existsSync(file)) return;
	for (const [name, value] of Object.entries(parseEnv(readFileSync(file, 'utf8')))) env[name] ??= value;
}

function connectTo(stage: string, env: Env): Aws {
	if (stage !== 'local') return createAws();
	const { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
	if (!endpoint || !accessKeyId || !secretAccessKey) {
		throw new Refusal(
			'Stage local is the AWS of this machine, and AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY do not say where: ' +
				'restore .env.local, or name another stage with --stage.',
		);
	}
	// Given outright: an AWS_PROFILE of the shell would come first otherwise.
	return createAws({ endpoint, credentials: { accessKeyId, secretAccessKey } });
}

function callerName(): string {
	try {
		return userInfo().username;
	} catch {
		// A container may run under a user id that has no name.
		return `uid ${process.getuid?.() ?? 'unknown'}`;
	}
}

function logTo(io: Io, all: boolean): Log {
	const line =
		(level: string) =>
		(message: string, fields: Record<string, unknown> = {}) =>
			io.err(`${level} ${message} ${JSON.stringify(fields)}`);
	const silent = () => undefined;
	return { debug: all ? line('DEBUG') : silent, info: all ? line('INFO') : silent, warn: line('WARN'), error: line('ERROR') };
}
