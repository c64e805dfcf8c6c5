/** `fleet -- report parameters`: everything that can be configured, what it is, and who has changed it. */

import { type ParameterInlinePolicy, type ParameterMetadata, paginateDescribeParameters } from '@aws-sdk/client-ssm';
import { getItem, tableOf } from '../../shared/aws/table.ts';
import { COMPILED_KEY, readCompiledItem, type SourceState } from '../../shared/playbook/compiled-item.ts';
import { readPlaybookParameters } from '../../shared/playbook/parameter-store.ts';
import { parameterPath } from '../../shared/settings.ts';
import { instant, oneLine, shortened } from '../support/format.ts';
import type { Desk } from '../support/verb.ts';
import { playbookFiles, type Setting, settingsOf } from './parameters-local.ts';
import { print, type Report, readOptions } from './report.ts';

const PAGE = 50;
/** Characters of a value that a terminal gets; --csv and --json have all of it. */
const SHOWN = 60;
const SECRET = '***';

const COLUMNS = [
	...(['name', 'kind', 'type', 'value', 'default', 'state', 'problem', 'version', 'tier'] as const),
	...(['changed_at', 'changed_by', 'policies', 'next_at'] as const),
];

export const parameters: Report = {
	usage: '[--csv | --json]',
	details:
		'what is configured, and what is default: the parameters of the stage with version, last change and policies, and the settings of ' +
		'serverless.yml in this checkout. Values given by --param at a deployment are not known here. No value is read but those of playbooks.',
	async run(args, desk) {
		const { values } = readOptions(args, {});
		const stored = await readParameters(desk);
		const { stage, io } = desk;
		const settings = settingsOf(io.cwd, stage);
		print(desk, values, {
			tables: [
				[['PARAMETER', 'KIND', 'TYPE', 'STATE', 'VERSION', 'TIER', 'CHANGED', 'BY', 'POLICIES'], ...stored.map(parameterRow)],
				[['SETTING', 'TYPE', 'VALUE', 'DEFAULT', 'STATE'], ...settings.map(settingRow)],
			],
			none: `Stage ${stage} has no parameters, and this folder no serverless.yml.`,
			csv: [COLUMNS, ...stored.map(parameterFields), ...settings.map(settingFields)],
			json: { stage, parameters: stored, settings },
		});
		return undefined;
	},
};

interface Policy {
	readonly type: string;
	/** `Pending`, `Finished` … */
	readonly status: string;
	/** In words: `expires`, `5 Days before it expires`. */
	readonly what: string;
	/** When it is due: ISO 8601, UTC. */
	readonly at?: string;
}

interface Parameter {
	readonly name: string;
	/** `unknown`: nothing of Fleetkeeper reads it. */
	readonly kind: 'playbook' | 'activation code' | 'unknown';
	readonly type: string;
	/** Of playbooks alone. */
	readonly value?: string;
	/** The file that it is deployed from. */
	readonly default?: string;
	/** Whether it is as deployed, and in force. */
	readonly state: string;
	readonly problem?: string;
	readonly version: number;
	readonly tier: string;
	readonly changedAt?: string;
	readonly changedBy?: string;
	readonly policies: readonly Policy[];
}

async function readParameters(desk: Desk): Promise<Parameter[]> {
	const services = desk.services();
	const path = parameterPath(services.settings);
	const filter = { Key: 'Path', Option: 'Recursive', Values: [path.slice(0, -1)] };
	const described: ParameterMetadata[] = [];
	for await (const { Parameters = [] } of paginateDescribeParameters(
		{ client: services.aws.ssm, pageSize: PAGE },
		{ ParameterFilters: [filter] },
	)) {
		described.push(...Parameters);
	}
	const texts = new Map((await readPlaybookParameters(services)).map(({ file, source }) => [file, source]));
	const { sources } = readCompiledItem(await getItem(tableOf(services), COMPILED_KEY));
	const files = playbookFiles(desk.io.cwd);
	const { playbookPath } = services.settings;
	const found = described.map((each) => parameterOf(each, { path, playbookPath, texts, sources, files }));
	const missing = [...files.keys()].filter((name) => !described.some(({ Name }) => Name === `${playbookPath}${name}`));
	const absent = missing.map(
		(name): Parameter => ({
			...{ name: `${playbookPath}${name}`, kind: 'playbook', type: 'String', default: `playbooks/${name}.yaml` },
			...{ state: 'not there: deploy, or it was deleted', version: 0, tier: '-', policies: [] },
		}),
	);
	return [...found, ...absent].sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Known {
	readonly path: string;
	readonly playbookPath: string;
	/** Of playbooks, by the parameter's name. */
	readonly texts: ReadonlyMap<string | undefined, string>;
	readonly sources: Readonly<Record<string, SourceState>>;
	/** Of this checkout, by the playbook's name. */
	readonly files: ReadonlyMap<string, string>;
}

function parameterOf(each: ParameterMetadata, known: Known): Parameter {
	const {
		Name: name = '',
		Type: type = '',
		Version: version = 0,
		Tier: tier = '',
		LastModifiedDate,
		LastModifiedUser,
		Policies = [],
	} = each;
	return {
		...{ name, type, ...standing(name, known), version, tier },
		...(type === 'SecureString' && { value: SECRET }),
		...(LastModifiedDate && { changedAt: LastModifiedDate.toISOString() }),
		...(LastModifiedUser && { changedBy: LastModifiedUser }),
		policies: policiesOf(Policies, LastModifiedDate),
	};
}

function standing(name: string, known: Known): Pick<Parameter, 'kind' | 'value' | 'default' | 'state' | 'problem'> {
	const { path, playbookPath, texts, sources, files } = known;
	if (name.startsWith(`${path}activations/`)) return { kind: 'activation code', state: 'set' };
	if (!name.startsWith(playbookPath)) return { kind: 'unknown', state: 'nothing of Fleetkeeper reads it' };
	const playbook = name.slice(playbookPath.length);
	const value = texts.get(name);
	const file = files.get(playbook);
	const { problem } = sources[playbook] ?? {};
	const set = file === undefined ? 'set, and no file of this checkout' : file === value ? 'default' : 'set: differs from its file';
	return {
		kind: 'playbook',
		...(value !== undefined && { value }),
		...(file !== undefined && { default: `playbooks/${playbook}.yaml` }),
		state: problem === undefined ? set : `NOT VALID (${set})`,
		...(problem !== undefined && { problem }),
	};
}

interface PolicyText {
	readonly Attributes?: Readonly<Record<string, string>>;
}

const UNITS: Readonly<Record<string, number>> = { Hours: 3_600_000, Days: 86_400_000 };

/** What is due when: a notice counts from the expiry, or from the last change. */
function policiesOf(policies: readonly ParameterInlinePolicy[], changedAt: Date | undefined): Policy[] {
	const attributes = policies.map(({ PolicyText: text = '{}' }) => (JSON.parse(text) as PolicyText).Attributes ?? {});
	const expiresAt = Date.parse(attributes.find(({ Timestamp }) => Timestamp !== undefined)?.['Timestamp'] ?? '');
	return policies.map(({ PolicyType: type = '', PolicyStatus: status = '' }, index) => {
		const { Before, After, Unit = '' } = attributes[index] ?? {};
		const span = Number(Before ?? After) * (UNITS[Unit] ?? Number.NaN);
		const at =
			type === 'Expiration' ? expiresAt : type === 'ExpirationNotification' ? expiresAt - span : (changedAt?.getTime() ?? NaN) + span;
		const what =
			type === 'Expiration'
				? 'expires'
				: Before === undefined
					? `told when not changed for ${After} ${Unit}`
					: `told ${Before} ${Unit} before`;
		return { type, status, what, ...(!Number.isNaN(at) && { at: new Date(at).toISOString() }) };
	});
}

function policyText({ what, at, status }: Policy): string {
	return `${what}${at === undefined ? '' : ` (${instant(at)})`}${status === 'Pending' || status === '' ? '' : `: ${status}`}`;
}

function parameterRow({ name, kind, type, state, problem, version, tier, changedAt, changedBy = '-', policies }: Parameter): string[] {
	const stands = problem === undefined ? state : `${state}: ${shortened(oneLine(problem), SHOWN)}`;
	const changed = changedAt === undefined ? '-' : instant(changedAt);
	return [name, kind, type, stands, String(version), tier, changed, changedBy, policies.map(policyText).join('; ') || '-'];
}

function parameterFields(parameter: Parameter): string[] {
	const { name, kind, type, value = '', state, problem = '', version, tier, changedAt = '', changedBy = '', policies } = parameter;
	const next = policies.flatMap(({ at = [], status }) => (status === 'Finished' ? [] : at)).sort()[0] ?? '';
	return [
		...[name, kind, type, value, parameter.default ?? '', state, problem, String(version), tier],
		...[changedAt, changedBy, policies.map(policyText).join('; '), next],
	];
}

function settingRow({ name, type, value, state, problem, ...setting }: Setting): string[] {
	const stands = problem === undefined ? state : `NOT VALID (${state}): ${problem}`;
	return [name, type, shortened(value, SHOWN), shortened(setting.default, SHOWN), stands];
}

function settingFields({ name, type, value, state, problem = '', ...setting }: Setting): string[] {
	return [name, 'setting', type, value, setting.default, state, problem, '', '', '', '', '', ''];
}
