/** The life of a deployment, from its first to its last: what is done, and what must be so afterwards. */

import { parseDocument } from 'yaml';
import type { RawTemplate } from '../../local/template/intrinsics.ts';
import { table } from '../table.ts';
import { Checks } from './checks.ts';
import type { Clients } from './clients.ts';
import { contents, edit, fill, namesOf, type Place, type Standing, standing } from './data.ts';
import { inspect, stackResources } from './inspect.ts';
import { IMPORTS, NOT_CREATED, NOT_REMOVED, VERSIONS } from './moto.ts';
import type { Call, Recorder } from './recorder.ts';
import { Rights } from './rights.ts';
import type { Workspace } from './workspace.ts';

const FIRST = 'ci';
/** Beside it; its name begins like the first one's. */
const SECOND = 'ci2';
/** With these every condition of the template holds. */
const SETTINGS = [
	...['alertEmail=ops@example.com', 'requesters=arn:aws:iam::111122223333:role/oncall', 'cloudWatchAgentParameter=AmazonCloudWatch-linux'],
	'parts=lifecycle,alarms,compliance,events,patching,state',
];
const WRONG_SETTING = 'retentionDays=45';
/** Given to the second stage alone. */
const DEPLOYMENT_ROLE = 'arn:aws:iam::111122223333:role/deployment';
const PLAYBOOK = 'drain-web';
/** Of a file that does not change. */
const OTHER_PLAYBOOK = 'bootstrap-web';
const RUNBOOK = 'drain-node';
const FUNCTION = 'reconcile';
const COMMENT = '# A comment more.';
const REMARK = 'Described once more.';
const CONSOLE = '# Written in the console.';

type Standings = ReadonlyMap<string, Standing>;

interface Options {
	readonly ends?: 'well' | 'badly';
	readonly params?: readonly string[];
	readonly args?: readonly string[];
}

const stackOf = (stage: string) => `fleetkeeper-${stage}`;

/** The framework ended otherwise than it must: nothing that comes after would say anything. */
class Stopped extends Error {
	override readonly name = 'Stopped';
}

export class Play {
	readonly #workspace: Workspace;
	readonly #recorder: Recorder;
	readonly #clients: Clients;
	readonly #place: Place;
	readonly #checks = new Checks();
	readonly #rights = new Rights();
	/** By stage, as it was deployed. */
	readonly #templates = new Map<string, RawTemplate>();

	constructor(workspace: Workspace, recorder: Recorder, clients: Clients, place: Place) {
		this.#workspace = workspace;
		this.#recorder = recorder;
		this.#clients = clients;
		this.#place = place;
	}

	/** Whether all was as it must be. */
	async run(): Promise<boolean> {
		try {
			await this.#refuse();
			await this.#deploy();
			await this.#deployAgain();
			await this.#deployAnother();
			await this.#upgrade();
			await this.#remove();
			await this.#comeBack();
			this.#checks.mustNot(this.#rights.unused(), 'the policy `deployer` allows nothing that was not called');
		} catch (error) {
			if (!(error instanceof Stopped)) throw error;
		}
		console.log(`\n${this.#checks.passed} passed, ${this.#checks.failed} failed`);
		return this.#checks.failed === 0;
	}

	async #refuse(): Promise<void> {
		const { output, calls } = await this.#sls('deploy', FIRST, { ends: 'badly', params: [WRONG_SETTING] });
		this.#checks.must(output.includes("Setting 'retentionDays' is '45': use a number of days"), 'it says what to write instead');
		this.#checks.mustNot(
			calls.map(({ action }) => action).filter((action) => action !== 'GetCallerIdentity'),
			'AWS was asked nothing but whose the credentials are',
		);
	}

	async #deploy(): Promise<void> {
		const { calls } = await this.#sls('deploy', FIRST);
		this.#checks.say(`${calls.length} calls`);
		const counts = await this.#isWhole(FIRST);
		const rows = [...counts].sort().map(([type, { wanted, found }]) => {
			const reason = NOT_CREATED[type];
			return [`  ${type}`, String(wanted), reason === undefined ? String(found) : '-', reason ?? ''];
		});
		console.log(table([['  type', 'template', 'found', ''], ...rows]));
	}

	async #deployAgain(): Promise<void> {
		const before = await standing(this.#clients, stackOf(FIRST));
		const { output, calls } = await this.#sls('deploy', FIRST);
		this.#checks.must(output.includes('No changes to deploy'), 'it finds no changes');
		this.#checks.mustNot(
			calls.filter(mayChange).map(({ action }) => action),
			'no call changes anything',
		);
		this.#nothingElseChanged(before, await standing(this.#clients, stackOf(FIRST)), []);
	}

	async #deployAnother(): Promise<void> {
		const { calls } = await this.#sls('deploy', SECOND, { params: [`deploymentRole=${DEPLOYMENT_ROLE}`] });
		const sets = calls.filter(({ action }) => action === 'CreateChangeSet');
		const passing = sets.filter(({ form }) => form.get('RoleARN') === DEPLOYMENT_ROLE);
		this.#checks.must(sets.length > 0 && passing.length === sets.length, 'each change set is for the role that the settings name');
		await this.#isWhole(SECOND);
		await this.#isWhole(FIRST);
	}

	/** Another version, with playbooks that were edited in the console meanwhile; and back. */
	async #upgrade(): Promise<void> {
		const [stack, template] = [stackOf(FIRST), this.#templates.get(FIRST) as RawTemplate];
		await fill(this.#clients, FIRST, this.#place);
		const first = await standing(this.#clients, stack);
		for (const name of [PLAYBOOK, OTHER_PLAYBOOK]) {
			await edit(this.#clients, stack, name, `${first.get(`playbook ${name}`)?.what}${CONSOLE}\n`);
		}
		const edited = await standing(this.#clients, stack);
		this.#change();
		await this.#sls('deploy', FIRST);
		const second = await standing(this.#clients, stack);
		const changed = { [`playbook ${PLAYBOOK}`]: COMMENT, [`document ${RUNBOOK}`]: REMARK };
		for (const [name, text] of Object.entries(changed))
			this.#checks.must(second.get(name)?.what.includes(text) === true, `${name} says what is new`);
		const codeOf = (standings: Standings) => standings.get(`function ${FUNCTION}`)?.what;
		this.#checks.must(codeOf(second) !== codeOf(first), `function ${FUNCTION} has new code`);
		this.#checks.say(VERSIONS);
		const isConsoles = (name: string) => second.get(`playbook ${name}`)?.what.includes(CONSOLE) === true;
		this.#checks.must(!isConsoles(PLAYBOOK), `what the console said of ${PLAYBOOK} is gone, for its file has changed`);
		this.#checks.must(isConsoles(OTHER_PLAYBOOK), `what it said of ${OTHER_PLAYBOOK} stays, for its file has not`);
		this.#nothingElseChanged(edited, second, [...Object.keys(changed), `function ${FUNCTION}`]);
		await edit(this.#clients, stack, OTHER_PLAYBOOK, first.get(`playbook ${OTHER_PLAYBOOK}`)?.what ?? '');
		await this.#isWhole(FIRST);
		await this.#holdsAll();

		const { output } = await this.#sls('deploy list', FIRST);
		const [, oldest = ''] = /Timestamp: (\d+)/.exec(output) ?? [];
		this.#templates.set(FIRST, template);
		await this.#sls('rollback', FIRST, { args: ['--timestamp', oldest] });
		const third = await standing(this.#clients, stack);
		const other = [...first].filter(([name, { what }]) => third.get(name)?.what !== what).map(([name]) => name);
		this.#checks.mustNot(other, `all ${first.size} documents, playbooks and functions are what they were at first`);
		await this.#isWhole(FIRST);
		await this.#holdsAll();
	}

	#change(): void {
		this.#workspace.edit(`playbooks/${PLAYBOOK}.yaml`, (text) => `${text}${COMMENT}\n`);
		this.#workspace.edit(`runbooks/${RUNBOOK}.yaml`, (text) => {
			const runbook = parseDocument(text);
			runbook.set('description', `${runbook.get('description')} ${REMARK}`);
			return String(runbook);
		});
		this.#workspace.edit(`functions/${FUNCTION}.ts`, (text) => `${text}export const version = 2;\n`);
		console.log(`\n# playbooks/${PLAYBOOK}.yaml, runbooks/${RUNBOOK}.yaml and functions/${FUNCTION}.ts are changed`);
	}

	async #remove(): Promise<void> {
		const before = await stackResources(this.#clients, stackOf(SECOND));
		const notRemoved = await this.#notRemoved();
		const { output } = await this.#sls('remove', FIRST);
		const told = [...output.matchAll(/^ {2}AWS::\S+ +(\S+)$/gm)].map(([, name = '']) => name);
		const names = await namesOf(this.#clients, FIRST);
		const left = names.filter((name) => !notRemoved.includes(name));
		this.#checks.must(told.length > 0, 'it says what is kept');
		this.#checks.mustNot(
			told.filter((name) => !left.includes(name)),
			'what it says is kept is there',
		);
		this.#checks.mustNot(
			left.filter((name) => !told.includes(name)),
			'nothing else is left',
		);
		for (const name of notRemoved) this.#checks.say(`${name}: ${Object.values(NOT_REMOVED)}`);
		await this.#holdsAll();
		const after = await stackResources(this.#clients, stackOf(SECOND));
		this.#checks.must(after.size === before.size, `stage ${SECOND} has all its resources`);
		await this.#isWhole(SECOND);
	}

	/** A deployment after the stack was removed asks CloudFormation to import what was kept. */
	async #comeBack(): Promise<void> {
		const { calls } = await this.#sls('deploy', FIRST, { ends: 'badly' });
		const sets = calls.filter(({ action }) => action === 'CreateChangeSet');
		const importing = sets.filter(({ form }) => form.get('ImportExistingResources') === 'true');
		this.#checks.must(sets.length > 0 && importing.length === sets.length, 'each change set is to import what exists');
		this.#checks.say(IMPORTS);
		await this.#holdsAll();
	}

	async #sls(command: string, stage: string, { ends = 'well', params = [], args = [] }: Options = {}) {
		const settings = [...SETTINGS, ...params].flatMap((param) => ['--param', param]);
		const line = [...command.split(' '), '--stage', stage, ...args, ...settings];
		console.log(`\n$ sls ${line.join(' ')}`);
		this.#recorder.taken();
		const { status, output } = await this.#workspace.sls(...line);
		for (const line of output.split('\n').filter((each) => each.trim())) console.log(`  | ${line}`);
		const isSo = (status === 0) === (ends === 'well');
		this.#checks.must(isSo, `it ends ${ends}`);
		if (!isSo) throw new Stopped();
		if (command === 'deploy' && ends === 'well') this.#templates.set(stage, this.#workspace.template());
		const calls = this.#recorder.taken();
		this.#checks.mustNot(await this.#rights.lackingFor(calls), 'the policy `deployer` allows what the framework called');
		return { output, calls };
	}

	/** The names of what moto will leave behind. */
	async #notRemoved(): Promise<string[]> {
		const { Resources } = this.#templates.get(FIRST) as RawTemplate;
		const found = await stackResources(this.#clients, stackOf(FIRST));
		const ids = Object.keys(Resources).filter((id) => Resources[id]?.Type && Resources[id].Type in NOT_REMOVED);
		return ids.map((id) => found.get(id)?.split('/').at(-1) ?? id);
	}

	async #isWhole(stage: string) {
		const { counts, problems } = await inspect(this.#clients, this.#templates.get(stage) as RawTemplate, stackOf(stage), this.#place);
		this.#checks.mustNot(problems, `everything of stage ${stage} is as its template wants it`);
		return counts;
	}

	async #holdsAll(): Promise<void> {
		const { holding, empty } = await contents(this.#clients, FIRST, this.#place);
		this.#checks.mustNot(empty, `${holding.join(', ')} hold what was put there`);
	}

	#nothingElseChanged(before: Standings, after: Standings, changed: readonly string[]): void {
		const names = [...new Set([...before.keys(), ...after.keys()])];
		const textOf = (standings: Standings, name: string) => JSON.stringify(standings.get(name));
		const others = names.filter((name) => !changed.includes(name) && textOf(before, name) !== textOf(after, name));
		this.#checks.mustNot(
			others,
			`of ${before.size} documents, playbooks and functions ${changed.length === 0 ? 'none' : 'no other'} is touched`,
		);
	}
}

function mayChange({ action }: Call): boolean {
	return !/^(Get|Describe|List|Validate|GET |HEAD )/.test(action);
}
