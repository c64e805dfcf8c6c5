/**
 * What calls leave behind, attempt by attempt: which call it is that an answer or an error is of, and what AWS refuses for its rate alone,
 * most of which the SDK repeats by itself, so that nobody else sees it.
 */

import { callFailure } from '../errors.ts';

/** Takes note of a call that was throttled. @param service the SDK's name of it: `SSM`, `Auto Scaling`, `DynamoDB`. */
export type OnThrottled = (service: string) => void;

/** Where the SDK puts what it knows of the call. */
interface Answered {
	readonly $metadata?: object;
}

type Handler = (args: never) => Promise<{ readonly output: Answered }>;

/** What a client has, as far as it is used here. */
export interface Observable {
	readonly config: { readonly serviceId?: string };
	readonly middlewareStack: { add(middleware: never, options: object): void };
}

/**
 * Tells of every attempt of a client's calls that AWS throttles, the SDK's own retries included, and has every answer and error say of
 * which call it is: `SSM SendCommand`.
 */
export function tellThrottles<C extends Observable>(client: C, onThrottled: OnThrottled): C {
	const service = client.config.serviceId ?? 'unknown';
	const middleware =
		(next: Handler, { commandName = '' }: { readonly commandName?: string }) =>
		async (args: never) => {
			const name = ({ $metadata }: Answered) =>
				Object.assign($metadata ?? {}, { call: `${service} ${commandName.slice(0, -'Command'.length)}` });
			try {
				const answer = await next(args);
				name(answer.output);
				return answer;
			} catch (error) {
				name(error as Answered);
				if (callFailure(error) === 'throttled') onThrottled(service);
				throw error;
			}
		};
	// Innermost of its step, and so within what repeats and paces.
	client.middlewareStack.add(middleware as never, { step: 'finalizeRequest', priority: 'low', name: 'throttleMiddleware' });
	return client;
}
