/**
 * The settings of a stage: `params` in serverless.yml says what each is for, this file what each may be. As a plugin of the framework it
 * checks them before anything is packaged or uploaded.
 */

const { CALENDAR } = require('../shared/playbook/brakes.ts');
const { PARTS, STAGE } = require('../shared/settings.ts');
const { PATCH_SETTINGS, patchFindings } = require('./patch-settings.cjs');
const { associationProblem, scheduleProblem } = require('./schedules.cjs');

const LOG_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'];
/** What PutRetentionPolicy of CloudWatch Logs takes. Days. */
const LOG_DAYS = [...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096], ...[1827, 2192, 2557, 2922, 3288, 3653]];

const EMAIL = /^[^\s@,]+@[^\s@,]+\.[^\s@,.]+$/;
/** SNS takes no longer address. Characters. */
const MAX_EMAIL = 256;
const PRINCIPAL = /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/;
/** AWS's own documents by name, anybody else's by ARN. */
const DOCUMENT = /^((AWS|Amazon|AMZN)[A-Za-z0-9_.-]{0,123}|arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:document\/[A-Za-z0-9_.-]{3,128})$/;

/** The entries of a setting that is a list: separated by commas, for a value on the command line is one text. */
const listOf = (value) =>
	String(value)
		.split(',')
		.map((entry) => entry.trim())
		.filter(Boolean);

const oneOf = (values) => (value) =>
	values.some((each) => String(each) === String(value)) ? undefined : `use one of ${values.join(', ')}`;
const optional = (check) => (value) => (value === '' ? undefined : check(value));
const text = (fits, use) => (value) => (typeof value === 'string' && fits(value) ? undefined : use);
const list = (fits, use) => (value) => {
	if (typeof value !== 'string') return `${use}, in one text, separated by commas`;
	const [wrong] = listOf(value).filter((entry) => !fits(entry));
	return wrong === undefined ? undefined : `'${wrong}' does not fit; ${use}, separated by commas`;
};

const days = (value) => oneOf(LOG_DAYS)(value) && `use a number of days that CloudWatch Logs takes: ${LOG_DAYS.join(', ')}`;
const parts = (value) =>
	listOf(value).length === 0
		? `name what is to be on, of ${PARTS.join(', ')}; to stop all work for a while use fleet -- pause`
		: list((entry) => PARTS.includes(entry), `use ${PARTS.join(', ')}`)(value);

const principals = optional(
	list((entry) => PRINCIPAL.test(entry), 'use ARNs of roles and users, as arn:aws:iam::111122223333:role/oncall'),
);

/** A whole number of minutes, as session documents take it. */
const minutes = (most) => (value) =>
	/^[1-9]\d*$/.test(String(value)) && Number(value) <= most ? undefined : `use a whole number of minutes, 1 to ${most}`;
/** What useradd takes; of macOS and directories, letters of both cases, digits, and what joins a name to its domain. */
const OS_USER = /^[A-Za-z_][\w.@\\-]{0,99}$/;

const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/** What associations are for: all managed nodes, or those of a tag. */
const TARGETS = /^(\*|tag:[^=\s][^=]{0,126}=[^=]{1,256})$/;
/** A parameter's name or path, as the CloudWatch agent fetches it. */
const PARAMETER = /^[A-Za-z0-9_./-]{1,1011}$/;

/** By setting: gives what to write instead, or undefined where the value fits. */
const CHECKS = {
	logLevel: oneOf(LOG_LEVELS),
	retentionDays: days,
	auditRetentionDays: days,
	alertEmail: optional(text((value) => EMAIL.test(value) && value.length <= MAX_EMAIL, 'use one address, as ops@example.com')),
	requesters: principals,
	playbookAuthors: principals,
	deploymentRole: optional(text((value) => ROLE.test(value), 'use the ARN of one role, as arn:aws:iam::111122223333:role/deployment')),
	allowedDocuments: optional(
		list(
			(entry) => DOCUMENT.test(entry),
			'use names of AWS documents (AWS-RestartEC2Instance) and ARNs of others (arn:aws:ssm:eu-west-1:111122223333:document/name), each in full',
		),
	),
	oldestOpenHours: (value) => (Number.isInteger(Number(value)) && Number(value) > 0 ? undefined : 'use a whole number of hours, 1 or more'),
	calendar: optional(text((value) => CALENDAR.test(value), 'use the name of one Change Calendar, or the ARN of its document')),
	parts,
	patchScanSchedule: optional(associationProblem),
	agentUpdateSchedule: optional(associationProblem),
	inventorySchedule: optional(associationProblem),
	cloudWatchAgentSchedule: optional(associationProblem),
	cloudWatchAgentParameter: optional(text((value) => PARAMETER.test(value), 'use the name of one parameter, as AmazonCloudWatch-linux')),
	driverWindow: optional(scheduleProblem),
	sessionIdleMinutes: minutes(60),
	sessionMaxMinutes: minutes(1_440),
	sessionRunAs: optional(text((value) => OS_USER.test(value), "use the name of one user of the nodes' operating system")),
	staleNodeDays: (value) => (/^[1-9]\d{0,2}$/.test(String(value)) ? undefined : 'use a whole number of days, 1 to 999'),
	sessionPreferences: oneOf(['on', 'off']),
	stateTargets: text((value) => TARGETS.test(value), 'use * for all managed nodes, or tag:<key>=<value>'),
};

const written = (value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value);

/** What each is, in a word or two: docs/settings.md says what it is for. */
const TYPES = {
	logLevel: 'level',
	retentionDays: 'days',
	auditRetentionDays: 'days',
	alertEmail: 'address',
	requesters: 'list of ARNs',
	oldestOpenHours: 'hours',
	allowedDocuments: 'list of documents',
	playbookAuthors: 'list of ARNs',
	deploymentRole: 'ARN',
	calendar: 'name or ARN',
	parts: 'list of parts',
	patchGroups: 'map of groups',
	patchSuccessPercent: 'percent',
	patchRules: 'map of rules',
	approvedPatches: 'map of patches',
	rejectedPatches: 'map of patches',
	patchScanSchedule: 'schedule, UTC',
	stateTargets: 'target',
	agentUpdateSchedule: 'schedule, UTC',
	inventorySchedule: 'schedule, UTC',
	cloudWatchAgentParameter: 'parameter',
	cloudWatchAgentSchedule: 'schedule, UTC',
	sessionIdleMinutes: 'minutes',
	sessionMaxMinutes: 'minutes',
	sessionRunAs: 'user',
	sessionPreferences: 'on or off',
	staleNodeDays: 'days',
	driverWindow: 'schedule',
};

/**
 * What is wrong with values of settings.
 * @param values by setting, all of them.
 * @returns for each problem the setting that it is in, where in it, the value there, and what to write instead.
 */
function findings(values) {
	const simple = Object.keys(CHECKS);
	const settings = [...simple, ...PATCH_SETTINGS];
	const unknown = Object.keys(values).filter((name) => !settings.includes(name));
	return [
		...unknown.map((setting) => ({ setting, problem: `does not exist: use one of ${settings.join(', ')}` })),
		...simple.flatMap((setting) => {
			const advice = CHECKS[setting](values[setting] ?? '');
			return advice === undefined ? [] : [{ setting, problem: `is '${values[setting] ?? ''}': ${advice}` }];
		}),
		...patchFindings(values).map(({ at, is, advice }) => {
			const [setting] = at.split(/[.[]/);
			return { setting, at, problem: `is '${written(is)}': ${advice}` };
		}),
	];
}

/** What is wrong with the settings of a stage, one line each. */
function problems(stage, values) {
	return [
		...(STAGE.test(stage) ? [] : [`Stage '${stage}': use 1 to 20 of a-z, 0-9 and '-', beginning with a letter.`]),
		...findings(values).map(({ setting, at = setting, problem }) => `Setting '${at}' ${problem}.`),
	];
}

/** What holds for a stage, as the framework's `${param:...}` has it: the command line before the stage's block before the defaults. */
function valuesFor(stage, params, given) {
	const onCommandLine = given.map((param) => [param.slice(0, param.indexOf('=')), param.slice(param.indexOf('=') + 1)]);
	const inBlock = Object.entries(params[stage] ?? {}).filter(([, value]) => value !== null);
	return { ...params.default, ...Object.fromEntries([...inBlock, ...onCommandLine]) };
}

class Settings {
	constructor(serverless) {
		const stageOf = () => serverless.getProvider('aws').getStage();
		const values = () => valuesFor(stageOf(), serverless.configurationInput.params, serverless.processedInput.options.param ?? []);
		this.hooks = {
			// The framework's own setting cannot be left empty.
			initialize: () => {
				const { deploymentRole } = values();
				const { provider } = serverless.service;
				if (deploymentRole) provider.iam = { ...provider.iam, deploymentRole };
			},
			'before:package:cleanup': () => {
				const found = problems(stageOf(), values());
				if (found.length > 0) throw new serverless.classes.Error(['The settings do not fit:', ...found].join('\n'), 'SETTINGS');
			},
		};
	}
}

module.exports = Settings;
module.exports.listOf = listOf;
module.exports.findings = findings;
module.exports.problems = problems;
module.exports.TYPES = TYPES;
module.exports.valuesFor = valuesFor;
