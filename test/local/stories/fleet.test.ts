import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { FleetGroup } from '../../../local/fleet.ts';
import { ensureTemplate } from '../../../local/package-template.ts';
import { FLEET_STORY } from '../../../local/stories/fleet.ts';
import { PLAYBOOKS } from '../../../local/stories/fleet-estate.ts';
import { type Played, play } from '../../../local/stories/play.ts';
import { printStory } from '../../../local/stories/print.ts';
import type { Story } from '../../../local/stories/story.ts';
import { ROOT } from '../../../scripts/bundle.ts';

const broken = ({ verdicts }: Played) => verdicts.filter(({ holds }) => !holds).map(({ part }) => part);

/** `remove-packages` fails on all nodes of a group. */
const stuck = (group: FleetGroup): FleetGroup => ({
	...group,
	behaviours: { ...group.behaviours, 'remove-packages': { exitCode: 4, stdout: 'telnet could not be removed: remote-shell needs it\n' } },
});

/** Nothing helps: there is no such profile, and the software cannot be removed. */
const HELPLESS: Story = {
	...FLEET_STORY,
	minutes: 24 * 60 + 45,
	fleet: { ...FLEET_STORY.fleet, groups: FLEET_STORY.fleet.groups.map(stuck) },
	playbooks: {
		...PLAYBOOKS,
		'attach-profiles': PLAYBOOKS['attach-profiles'].replace('$.detail.node }', '$.detail.node, InstanceProfile: none }'),
	},
};

it('The story of a fleet under care ends as it says, and is printed with what people ask and are answered', {
	timeout: 120_000,
}, async () => {
	const played = await play(FLEET_STORY, { seed: 1, template: await ensureTemplate() });
	const lines: string[] = [];
	printStory(FLEET_STORY, played, (line) => lines.push(line));
	const printed = lines.join('\n');

	expect(broken(played)).toEqual([]);
	expect(played.typed.filter(({ status }) => status !== 0)).toEqual([]);
	expect(printed).toMatch(/anna +asks Systems Manager +StartSession .*[\s\S]*\(refused: AccessDeniedException\)/);
	expect(printed).toMatch(/\n\nMachines on premises\n.*fleet -- activate/);
	expect(printed).toMatch(/show no-profile\n +\| agent-[\s\S]*playbook +none \(agent-health\)/);
	expect(printed).toMatch(/report sessions[\s\S]* 32m +operator-anna\/anna /);
	expect(printed).toMatch(/press-2 +registers +as mi-[0-9a-f]{17}, with activation/);
});

it('is the same with another seed, and as JSON for other programs', { timeout: 120_000 }, async () => {
	const demo = [join(ROOT, 'local', 'demo.ts'), 'fleet', '--json', '--seed', '2'];
	const { stdout } = await promisify(execFile)(process.execPath, demo, { maxBuffer: 16 * 1024 * 1024 });
	const { fleet } = JSON.parse(stdout);

	expect(fleet.verdicts.filter(({ holds }: { holds: boolean }) => !holds)).toEqual([]);
	expect(fleet.operations.map(({ kind }: { kind: string }) => kind)).toContain('session');
	expect(fleet.typed).toContainEqual(expect.objectContaining({ args: expect.arrayContaining(['activate']), status: 0 }));
});

it('does not end as it says where no profile can be attached, and software cannot be removed', { timeout: 120_000 }, async () => {
	const played = await play(HELPLESS, { seed: 1, template: await ensureTemplate() });

	expect(broken(played)).toEqual(
		expect.arrayContaining([
			'one command has removed it from all of them',
			'software that must not be there: one OpsItem with all nodes that have it, resolved by the inventory of the last',
			'a playbook has attached one',
			'an instance that is not managed has no instance profile: an OpsItem says so until its agent has registered',
			'every instance is managed, and its agent answers',
		]),
	);
	const failed = played.operations.filter(({ state }) => state === 'failed');
	expect(failed.map(({ playbook }) => playbook.name)).toEqual(['sessions-in-production', 'forbidden-software', 'attach-profiles']);
});
