/** `fleet -- resume`: lets work start again. */

import { jsonOf } from './pause.ts';
import { actor, BY } from './support/act.ts';
import { resumeStarting } from './support/pausing.ts';
import { printJson, readArguments, type Verb } from './support/verb.ts';

export const resume: Verb = {
	usage: 'resume [--by NAME] [--json]',
	summary: 'lets work start again',
	details:
		"Functions notice within a minute; the clock then starts what waits, each with its playbook's whole time as far as its hook lasts.",
	async run(args, desk) {
		const { values } = readArguments(args, BY, [0, 0]);
		const services = desk.services();
		const record = await resumeStarting(services, new Date(services.now()).toISOString(), actor(desk, values.by));
		if (values.json) printJson(desk, jsonOf(record));
		else if (record.changed)
			desk.io.out(`Work starts again in stage ${desk.stage}: functions notice within a minute, and the clock starts what waits.`);
		else desk.io.out(`Starting of work in stage ${desk.stage} is not paused: nothing to resume.`);
		return undefined;
	},
};
