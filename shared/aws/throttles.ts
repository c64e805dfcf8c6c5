/** What AWS refuses for its rate alone, attempt by attempt: most of it the SDK repeats by itself, so that nobody else sees it. */

import { callFailure } from '../errors.ts';

/** Takes note of a call that was throttled. @param service the SDK's name of it: `SSM`, `Auto Scaling`, `DynamoDB`. */
export type OnThrottled = (service: string) => void;

type Handler = (args: never) => Promise<unknown>;

/** What a client has, as far as it is used here. */
export interface Observable {
	readonly config: { readonly serviceId?: string };
	readonly middlewareStack: { add(middleware: never, options: object): void };
}

/** Tells of every attempt of a client's calls that AWS throttles, the SDK's own retries included. */
export function tellThrottles<C extends Observable>(client: C, onThrottled: OnThrottled): C {
	const service = client.config.serviceId ?? 'unknown';
	const middleware = (next: Handler) => async (args: never) => {
		try {
			return await next(args);
		} catch (error) {
			if (callFailure(error) === 'throttled') onThrottled(service);
			throw error;
		}
	};
	// Innermost of its step, and so within what repeats and paces.
	client.middlewareStack.add(middleware as never, { step: 'finalizeRequest', priority: 'low', name: 'throttleMiddleware' });
	return client;
}
