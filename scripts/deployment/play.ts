/** The life of a deployment, from its first to its last: what is done, and what must be so afterwards. */

import { parseDocument } from 'yaml';
import type { RawTemplate } from '../../local/template/intrinsics.ts';
import { table } from '../table.ts';
import { Checks } from './checks.ts';
import type { Clients } from './clients.ts';
import { contents, fill, namesOf, type Place, standing } from './data.ts';
import { inspect, stackResources } from './inspect.ts';
import { IMPORTS, NOT_CREATED, NOT_REMOVED, VERSIONS } from './moto.ts';
import type { Call, Recorder } from './recorder.ts';
import type { Workspace } from './workspace.ts';

const FIRST = 'ci';
/** Beside it; its name begins like the first one's. */
const SECOND = 'ci2';
/** With these every condition of the template holds. */
const SETTINGS = ['alertEmail=ops@example.com', 'requesters=arn:aws:iam::111122223333:role/oncall'];
const WRONG_SETTING = 'retentionDays=45';
const PLAYBOOK = 'drain-web';
const RUNBOOK = 'drain-node';
const COMMENT = '# A comment more.';
const REMARK = 'Described once more.';

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
			await this.#update();
			await this.#remove();
			await this.#comeBack();
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
		await this.#sls('deploy', SECOND);
		await this.#isWhole(SECOND);
		await this.#isWhole(FIRST);
	}

	async #update(): Promise<void> {
		await fill(this.#clients, FIRST, this.#place);
		this.#workspace.edit(`playbooks/${PLAYBOOK}.yaml`, (text) => `${text}${COMMENT}\n`);
		this.#workspace.edit(`runbooks/${RUNBOOK}.yaml`, (text) => {
			const runbook = parseDocument(text);
			runbook.set('description', `${runbook.get('description')} ${REMARK}`);
			return String(runbook);
		});
		console.log(`\n# playbooks/${PLAYBOOK}.yaml and runbooks/${RUNBOOK}.yaml are changed`);
		const before = await standing(this.#clients, stackOf(FIRST));
		await this.#sls('deploy', FIRST);
		const after = await standing(this.#clients, stackOf(FIRST));
		const changed = { [`playbook ${PLAYBOOK}`]: COMMENT, [`document ${RUNBOOK}`]: REMARK };
		for (const [name, text] of Object.entries(changed))
			this.#checks.must(after.get(name)?.includes(text) === true, `${name} says what is new`);
		this.#checks.say(VERSIONS);
		this.#nothingElseChanged(before, after, Object.keys(changed));
		await this.#isWhole(FIRST);
		await this.#holdsAll();
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

	async #sls(command: string, stage: string, { ends = 'well', params = [] }: { ends?: 'well' | 'badly'; params?: string[] } = {}) {
		const args = [command, '--stage', stage, ...[...SETTINGS, ...params].flatMap((param) => ['--param', param])];
		console.log(`\n$ sls ${args.join(' ')}`);
		this.#recorder.taken();
		const { status, output } = await this.#workspace.sls(...args);
		for (const line of output.split('\n').filter((each) => each.trim())) console.log(`  | ${line}`);
		const isSo = (status === 0) === (ends === 'well');
		this.#checks.must(isSo, `it ends ${ends}`);
		if (!isSo) throw new Stopped();
		if (command === 'deploy' && ends === 'well') this.#templates.set(stage, this.#workspace.template());
		return { output, calls: this.#recorder.taken() };
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

	#nothingElseChanged(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, changed: readonly string[]): void {
		const names = [...new Set([...before.keys(), ...after.keys()])];
		const others = names.filter((name) => !changed.includes(name) && before.get(name) !== after.get(name));
		this.#checks.mustNot(
			others,
			`of ${before.size} documents, playbooks and functions ${changed.length === 0 ? 'none' : 'no other'} is touched`,
		);
	}
}

function mayChange({ action }: Call): boolean {
	return !/^(Get|Describe|List|Validate|GET |HEAD )/.test(action);
}
