/** What people do with sessions, each in a name of his own. What AWS refuses them is none of a story's business. */

import {
	ResumeSessionCommand,
	type SSMClient,
	StartSessionCommand,
	type StartSessionCommandInput,
	TerminateSessionCommand,
	UpdateOpsItemCommand,
} from '@aws-sdk/client-ssm';
import { createAws } from '../../../shared/aws/clients.ts';
import { inProcess } from '../../aws/http.ts';
import type { Session } from '../../aws/ssm/sessions/sessions.ts';
import { IN_PROCESS_CLIENT } from '../../environment.ts';
import type { World } from '../../world.ts';
import { tried } from '../people.ts';

/** Titles of OpsItems that tell of sessions. */
export const TELLS_OF = /^Sessions of (\S+) are outside the rules of (\S+)$/;

/** Ids of the sessions that a story's people have got, by the names that the story has for them. */
export class Shells {
	readonly #ids = new Map<string, string>();
	readonly #clients = new Map<string, SSMClient>();

	async start(world: World, name: string, person: string, input: StartSessionCommandInput): Promise<void> {
		const answer = this.#as(world, person)
			.send(new StartSessionCommand(input))
			.then(({ SessionId = '' }) => this.#ids.set(name, SessionId));
		await tried(answer);
	}

	async resume(world: World, name: string, person: string): Promise<void> {
		const SessionId = this.#ids.get(name);
		if (SessionId !== undefined) await tried(this.#as(world, person).send(new ResumeSessionCommand({ SessionId })));
	}

	async terminate(world: World, name: string, person: string): Promise<void> {
		const SessionId = this.#ids.get(name);
		if (SessionId !== undefined) await tried(this.#as(world, person).send(new TerminateSessionCommand({ SessionId })));
	}

	idOf(name: string): string | undefined {
		return this.#ids.get(name);
	}

	/** A session that is connected, or was and may be again. */
	open({ services }: World, name: string): Session | undefined {
		const id = this.#ids.get(name);
		return services.ssm.sessionManager.all().find((session) => session.id === id && session.endedAt === undefined);
	}

	/** The story's clients are of one world. */
	#as({ wire, context }: World, caller: string): SSMClient {
		const known = this.#clients.get(caller);
		if (known !== undefined) return known;
		const client = createAws({ region: context.region, ...IN_PROCESS_CLIENT, requestHandler: inProcess(wire, { caller }) }).ssmOnce;
		this.#clients.set(caller, client);
		return client;
	}
}

/** Somebody has looked into what was done: the OpsItems of sessions that are open are resolved. */
export async function resolveTold({ aws, services }: World): Promise<void> {
	for (const { id, title, status } of services.ssm.opsItems()) {
		if (!TELLS_OF.test(title) || status !== 'Open') continue;
		await tried(aws.ssm.send(new UpdateOpsItemCommand({ OpsItemId: id, Status: 'Resolved' })));
	}
}
