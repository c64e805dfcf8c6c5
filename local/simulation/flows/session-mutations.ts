/** Bugs in the audit of sessions that the simulation must notice. */

import type { Mutation } from '../mutations.ts';

export const SESSION_MUTATIONS: readonly Mutation[] = [
	{
		invariant: 1,
		breaks: 'sessions are not found that are over before any event of theirs came',
		flow: 'session',
		shownBy: 4,
		file: 'shared/sweeps/sessions.ts',
		find: '({ subject, over }) => over !== undefined || now - subject.startedAt >= ON_ITS_WAY',
		replace: '({ subject, over }) => over === undefined && now - subject.startedAt >= ON_ITS_WAY',
	},
	{
		invariant: 3,
		breaks: 'a session that somebody wants ended is over by then',
		flow: 'session',
		shownBy: 11,
		file: 'shared/opening/session.ts',
		find: "{ is: 'ending', how: `terminated by ${by}` }",
		replace: "{ is: 'over', at, how: `terminated by ${by}` }",
	},
	{
		invariant: 3,
		breaks: 'a session is too long by the clock alone, whether or not it goes on',
		flow: 'session',
		shownBy: 43,
		file: 'shared/kinds/session/next.ts',
		find: '	if (now >= deadlineAt) return leave(',
		replace:
			'	if (timeIsUpAt(operation) <= now) return outside(operation, tooLong(operation), now);\n	if (now >= deadlineAt) return leave(',
	},
	{
		invariant: 3,
		breaks: 'what is told while it is looked at is taken for the news of its end',
		flow: 'session',
		shownBy: 27,
		file: 'shared/kinds/session/next.ts',
		find: 'const telling = isDue ? nothing(operation) : stillToTell(operation);',
		replace: 'const telling = stillToTell(operation);',
	},
	{
		invariant: 3,
		breaks: 'a reason of blanks is one',
		flow: 'session',
		shownBy: 1,
		file: 'shared/kinds/session/event.ts',
		find: '		...(said && { reason: said }),',
		replace: "		...(reason && { reason: said || ' ' }),",
	},
	{
		invariant: 3,
		breaks: 'sessions are terminated while all is paused',
		flow: 'session',
		shownBy: 27,
		file: 'shared/outcomes/session.ts',
		find: 'export const terminateSessions: Perform = unlessPaused(async (services, operations) => {',
		replace: 'export const terminateSessions: Perform = ((perform: Perform) => perform ?? unlessPaused)(async (services, operations) => {',
	},
	{
		invariant: 5,
		breaks: 'a session that AWS has not taken the end of is left alone',
		flow: 'session',
		shownBy: 46,
		file: 'shared/kinds/session/next.ts',
		find: 'stop !== undefined && !stop.done && stop.tryAt <= now ? [TERMINATE]',
		replace: 'stop?.done === true && stop.tryAt <= now ? [TERMINATE]',
	},
	{
		invariant: 4,
		breaks: 'a late event of a session that is closed opens another record of it',
		flow: 'session',
		shownBy: 2,
		file: 'shared/opening/session.ts',
		find: "			if (last !== undefined) throw new Drop('old-news', `${last.id} was about this very session, and is closed`);\n",
		replace: '',
	},
];
