/** `--burst N [--runbook] [--seed S] [--json]`: N terminations at once. */

import { parseArgs } from 'node:util';
import { ensureTemplate } from '../../package-template.ts';
import { burst } from './burst.ts';
import { printBurst } from './print.ts';

const OPTIONS = {
	burst: { type: 'string', default: '10000' },
	runbook: { type: 'boolean', default: false },
	seed: { type: 'string', default: '1' },
	json: { type: 'boolean', default: false },
	template: { type: 'string' },
} as const;

/** Plays the burst that the arguments ask for. @returns the exit status: 1 where anything was lost. */
export async function main(args: readonly string[]): Promise<number> {
	const { values } = parseArgs({ args: [...args], options: OPTIONS });
	const report = await burst({
		actions: whole('burst', values.burst),
		work: values.runbook ? 'runbook' : 'command',
		seed: whole('seed', values.seed),
		template: values.template ?? (await ensureTemplate()),
		onMinute: (minute, completed) => process.stderr.write(`minute ${minute}: ${completed} completed\n`),
	});
	if (values.json) process.stdout.write(`${JSON.stringify(report, null, '\t')}\n`);
	else printBurst(report, (line) => process.stdout.write(`${line}\n`));
	return report.problems.length === 0 ? 0 : 1;
}

function whole(name: string, value: string): number {
	const number = Number(value);
	if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} is '${value}': use a whole number, 1 or more.`);
	return number;
}
