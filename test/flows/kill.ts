/** Functions that die at a call of theirs, as an execution environment does that Lambda takes away. */

import { inProcess } from '../../local/aws/http.ts';
import { AwsError } from '../../local/aws/types.ts';
import type { Call, CallFault } from '../../local/aws/wire.ts';
import { type Handlers, LOCAL_CREDENTIALS, loadHandlers } from '../../local/environment.ts';
import type { Template } from '../../local/template.ts';
import type { World } from '../../local/world.ts';
import { createAws } from '../../shared/aws/clients.ts';
import type { CreateHandler } from '../../shared/deps.ts';

export interface Kill {
	readonly operation: string;
	/** Before the call has its effect, or after it; the reply is never heard. */
	readonly when: 'before' | 'after';
}

/** Kills, once, the function that makes a call. */
export class Killer {
	readonly #kill: Kill;
	readonly #running = new Map<string, () => void>();
	#done = false;

	constructor(kill: Kill) {
		this.#kill = kill;
	}

	/** The template's functions, made mortal. `world` is asked for once they are invoked. */
	async handlers(template: Template, world: () => World): Promise<Handlers> {
		const immortal = await loadHandlers(template.functions);
		return Object.fromEntries(Object.entries(immortal).map(([name, create]) => [name, this.#mortal(name, create, world)]));
	}

	fault({ operation, caller = '' }: Call): CallFault | undefined {
		const die = this.#running.get(caller);
		if (this.#done || die === undefined || operation !== this.#kill.operation || caller.endsWith('playbook-change')) return undefined;
		this.#done = true;
		die();
		return this.#kill.when === 'before' ? new AwsError('Unheard', 'The caller is dead.') : undefined;
	}

	#mortal(name: string, create: CreateHandler, world: () => World): CreateHandler {
		return (deps) => {
			const start = () => {
				const life = { alive: true };
				const requestHandler = inProcess(world().wire, { caller: name, isAlive: () => life.alive });
				const aws = createAws({ region: 'eu-west-1', credentials: LOCAL_CREDENTIALS, requestHandler });
				return { life, handler: create({ ...deps, aws }) };
			};
			let environment: ReturnType<typeof start> | undefined;
			return (event, context) => {
				environment ??= start();
				const { life, handler } = environment;
				return new Promise((resolve, reject) => {
					this.#running.set(name, () => {
						life.alive = false;
						environment = undefined;
						reject(Object.assign(new Error('Runtime exited'), { name: 'Runtime.ExitError' }));
					});
					handler(event, context).then(resolve, reject);
				});
			};
		};
	}
}
