/** `aws:sleep`: waits for an ISO 8601 duration, or until an instant. */

import { type Action, required } from '../action.ts';

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

export const sleep: Action = ({ ctx, inputs, done }) => {
	const timestamp = inputs['Timestamp'];
	const ms = typeof timestamp === 'string' ? Date.parse(timestamp) - ctx.clock.now() : milliseconds(String(required(inputs, 'Duration')));
	if (Number.isNaN(ms)) throw new Error(`The Timestamp ${timestamp} is not valid.`);
	return ctx.clock.after(Math.max(0, ms), () => done({ status: 'Success' }));
};

function milliseconds(duration: string): number {
	const match = DURATION.exec(duration);
	if (!match || !/\d/.test(duration)) throw new Error(`The Duration ${duration} is not an ISO 8601 duration such as PT5M.`);
	const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
	return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000;
}
