import { describe, expect, it } from 'vitest';
import { UsageError, wantedBy } from '../../local/simulation/arguments.ts';

const FLOWS = ['lifecycle', 'alarm'];

const refusal = (...args: string[]) => {
	try {
		wantedBy(args, FLOWS);
	} catch (error) {
		if (error instanceof UsageError) return error.message;
		throw error;
	}
	throw new Error('They were taken.');
};

describe('The arguments of a simulation', () => {
	it('ask for 400 seeds from 1 on where they say nothing', () => {
		expect(wantedBy([], FLOWS)).toMatchObject({ first: 1, count: 400, single: false, flows: undefined, mask: {}, json: false });
	});

	it('ask for other seeds, and for one alone as a violation prints it', () => {
		expect(wantedBy(['--seeds', '300', '--from', '201', '--json'], FLOWS)).toMatchObject({ first: 201, count: 300, json: true });

		const mask = { without: ['web-blue 1'], faults: ['reply lost @ reconcile PutItem 3'] };
		const again = wantedBy(['--seed', '7', '--flows', 'alarm,lifecycle', '--mask', JSON.stringify(mask)], FLOWS);
		expect(again).toMatchObject({ first: 7, count: 1, single: true, flows: ['alarm', 'lifecycle'], mask });
	});

	it.for([
		[['--seeds', 'many'], "--seeds is 'many': use a whole number, 1 or more."],
		[['--seeds', '0'], "--seeds is '0'"],
		[['--seeds', ''], "--seeds is ''"],
		[['--from', '-3'], '--from'],
		[['--seed', '1.5'], "--seed is '1.5': use a whole number, 0 or more."],
		[['--sed', '1'], "Unknown option '--sed'"],
		[['7'], "Unexpected argument '7'"],
		[['--seed', '7', '--from', '3'], 'leave out --seeds and --from'],
		[['--mask', '{}'], 'say which with --seed'],
		[['--seed', '7', '--mask', '{without'], '--mask is no JSON'],
		[['--seed', '7', '--mask', '{"without":"i-1"}'], 'give it as the violation prints it'],
		[['--seed', '7', '--mask', '[]'], 'give it as the violation prints it'],
		[['--seed', '7', '--mask', 'null'], 'give it as the violation prints it'],
		[['--flows', 'alarms'], "--flows has 'alarms': use some of lifecycle,alarm."],
		[['--mutations', '--seed', '3'], 'leave out --seed'],
	] as const)('are refused with what to do: %j', ([args, problem]) => {
		const said = refusal(...args);

		expect(said).toContain(problem);
		expect(said).toContain('Use: npm run simulate -- [--seeds N]');
	});
});
