/** Parameter Store: what is stored. */

import { type AwsContext, AwsError } from '../types.ts';
import { enforce, type ParameterPolicy, policiesFrom } from './parameter-policies.ts';

export interface ParameterVersion {
	readonly version: number;
	readonly value: string;
	readonly type: ParameterType;
	readonly tier: 'Standard' | 'Advanced';
	readonly description?: string;
	readonly allowedPattern?: string;
	readonly modifiedAt: number;
	/** The ARN of who has put it. */
	readonly modifiedBy: string;
	/** Of the key that encrypts a SecureString: an id, an ARN or an alias. */
	readonly keyId?: string;
	readonly policies: readonly ParameterPolicy[];
	readonly labels: Set<string>;
}

export type ParameterType = 'String' | 'StringList' | 'SecureString';

export interface StoredParameter {
	readonly name: string;
	readonly tags: Map<string, string>;
	/** The oldest first; at most 100. */
	readonly versions: ParameterVersion[];
}

export interface NewParameter {
	readonly name: string;
	readonly value: string;
	readonly type?: ParameterType | undefined;
	readonly overwrite?: boolean | undefined;
	readonly tier?: string | undefined;
	readonly description?: string | undefined;
	readonly allowedPattern?: string | undefined;
	readonly tags?: Readonly<Record<string, string>>;
	readonly keyId?: string | undefined;
	/** JSON, as PutParameter has it. */
	readonly policies?: string | undefined;
	/** The ARN of who puts it; default: whoever has made the world. */
	readonly by?: string;
}

/** The key of AWS's own, which every principal of the account may use. */
const DEFAULT_KEY = 'alias/aws/ssm';

const NAME = /^\/?[a-zA-Z0-9_.-]+(\/[a-zA-Z0-9_.-]+)*$/;
const MOST_LEVELS = 15;
const MOST_NAME = 1_011;
const MOST_BYTES = { Standard: 4_096, Advanced: 8_192 } as const;
const MOST_VERSIONS = 100;
const MOST_LABELS = 10;
const LABEL = /^(?!aws|ssm)[a-zA-Z_.-][a-zA-Z0-9_.-]{0,99}$/i;

export class Parameters {
	readonly #ctx: AwsContext;
	readonly #parameters = new Map<string, StoredParameter>();

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
	}

	all(): StoredParameter[] {
		return [...this.#parameters.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
	}

	find(name: string): StoredParameter | undefined {
		return this.#parameters.get(name);
	}

	/** The keys of the account's own that encrypt a parameter, or those whose names begin with a path. */
	keysOf(nameOrPath: string): string[] {
		const [name = ''] = nameOrPath.split(':');
		const under = this.all().filter(
			(each) => each.name === name || (name.startsWith('/') && each.name.startsWith(`${name.replace(/\/$/, '')}/`)),
		);
		const keys = under.flatMap(({ versions }) => versions.at(-1)?.keyId ?? []);
		return [...new Set(keys)].filter((key) => key !== DEFAULT_KEY);
	}

	/** @throws AwsError `ParameterNotFound`. */
	get(name: string): StoredParameter {
		const parameter = this.#parameters.get(name);
		if (!parameter) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
		return parameter;
	}

	/**
	 * A version of a parameter by `name`, `name:3` or `name:label`.
	 * @throws AwsError `ParameterNotFound`, `ParameterVersionNotFound`.
	 */
	select(reference: string): { parameter: StoredParameter; version: ParameterVersion; selector: string } {
		const [name = '', selector] = reference.split(':');
		const parameter = this.get(name);
		const version =
			selector === undefined
				? current(parameter)
				: parameter.versions.find((each) => String(each.version) === selector || each.labels.has(selector));
		if (!version) {
			throw new AwsError(
				'ParameterVersionNotFound',
				`Systems Manager could not find version ${selector} of ${name}. Verify the version and try again.`,
			);
		}
		return { parameter, version, selector: selector === undefined ? '' : `:${selector}` };
	}

	/** @throws AwsError for a name, value or tier that Parameter Store refuses. */
	put(spec: NewParameter): { version: number; tier: 'Standard' | 'Advanced' } {
		const existing = this.#parameters.get(spec.name);
		const before = existing && current(existing);
		if (existing && !spec.overwrite) {
			throw new AwsError(
				'ParameterAlreadyExists',
				'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
			);
		}
		const version = this.#checked(spec, before);
		if (existing) makeRoom(existing);
		const parameter = existing ?? { name: spec.name, tags: new Map(Object.entries(spec.tags ?? {})), versions: [] };
		parameter.versions.push(version);
		this.#parameters.set(spec.name, parameter);
		this.#announce(existing ? 'Update' : 'Create', parameter);
		enforce(
			this.#ctx,
			version,
			() => this.#parameters.get(spec.name)?.versions.at(-1) === version,
			(policy) => this.#carryOut(parameter, policy),
		);
		return { version: version.version, tier: version.tier };
	}

	delete(name: string): void {
		const parameter = this.get(name);
		this.#parameters.delete(name);
		this.#announce('Delete', parameter);
	}

	/** @returns the labels that Parameter Store does not accept. A label is on one version at a time. */
	label(name: string, wanted: number | undefined, labels: readonly string[]): { version: number; invalid: string[] } {
		const parameter = this.get(name);
		const version = wanted === undefined ? current(parameter) : parameter.versions.find((each) => each.version === wanted);
		if (!version)
			throw new AwsError(
				'ParameterVersionNotFound',
				`Systems Manager could not find version ${wanted} of ${name}. Verify the version and try again.`,
			);
		const valid = labels.filter((label) => LABEL.test(label));
		if (new Set([...version.labels, ...valid]).size > MOST_LABELS) {
			throw new AwsError('ParameterVersionLabelLimitExceeded', 'A parameter version can have maximum 10 labels.');
		}
		for (const label of valid) {
			for (const each of parameter.versions) each.labels.delete(label);
			version.labels.add(label);
		}
		if (valid.length > 0) this.#announce('LabelParameterVersion', parameter);
		return { version: version.version, invalid: labels.filter((label) => !LABEL.test(label)) };
	}

	/** @returns which labels were on the version and are no longer, and which were not on it. */
	unlabel(name: string, wanted: number | undefined, labels: readonly string[]): { removed: string[]; invalid: string[] } {
		const { version } = this.select(`${name}:${wanted}`);
		const removed = labels.filter((label) => version.labels.delete(label));
		return { removed, invalid: labels.filter((label) => !removed.includes(label)) };
	}

	/** Puts the value of `{{ ssm:name }}` into a command's parameter. @throws AwsError `InvalidParameters` where there is none. */
	substitute(text: string): string {
		return text.replace(/\{\{\s*ssm:([\w./:-]+)\s*\}\}/g, (_, reference: string) => {
			if (!this.#parameters.has(reference.split(':')[0] ?? '')) {
				throw new AwsError('InvalidParameters', `Parameters: [${reference}] could not be resolved.`);
			}
			return this.select(reference).version.value;
		});
	}

	#checked(spec: NewParameter, before: ParameterVersion | undefined): ParameterVersion {
		const refuse = (message: string, code = 'ValidationException') => new AwsError(code, message);
		if (!NAME.test(spec.name) || spec.name.length > MOST_NAME) {
			throw refuse('Parameter name must be a fully qualified name: letters, digits and the symbols . - _ in parts divided by /.');
		}
		const parts = spec.name.split('/').filter(Boolean);
		if (parts.length > 1 && !spec.name.startsWith('/')) throw refuse('Parameter name: a hierarchy must begin with /.');
		if (parts.length > MOST_LEVELS)
			throw refuse(`A hierarchy can have a maximum of ${MOST_LEVELS} levels.`, 'HierarchyLevelLimitExceededException');
		const [root = ''] = parts;
		if (/^aws/i.test(root) && parts.length > 1)
			throw refuse(`No access to reserved parameter name: ${spec.name}.`, 'AccessDeniedException');
		if (/^(aws|ssm)/i.test(root)) throw refuse('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
		const type = spec.type ?? before?.type;
		if (type === undefined) throw refuse('A parameter type is required when you create a parameter.');
		if (spec.value.length === 0)
			throw refuse("Value at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1");
		if (spec.value.includes('{{')) throw refuse('Parameter value can not contain nested parameters ({{ }}).');
		const pattern = spec.allowedPattern;
		if (pattern !== undefined && !new RegExp(pattern).test(spec.value)) {
			throw refuse(`Parameter value, cannot be validated against allowedPattern: ${pattern}`, 'ParameterPatternMismatchException');
		}
		if (spec.keyId !== undefined && type !== 'SecureString') throw refuse('KeyId is only for parameters of the type SecureString.');
		const now = this.#ctx.clock.now();
		const policies = policiesFrom(spec.policies, before, now);
		const bytes = Buffer.byteLength(spec.value);
		const wanted =
			spec.tier === 'Intelligent-Tiering'
				? bytes > MOST_BYTES.Standard || policies.length > 0
					? 'Advanced'
					: (before?.tier ?? 'Standard')
				: (spec.tier ?? before?.tier ?? 'Standard');
		const tier = wanted === 'Advanced' ? 'Advanced' : 'Standard';
		if (before?.tier === 'Advanced' && tier === 'Standard')
			throw refuse("This parameter uses the advanced-parameter tier. You can't downgrade it to the standard tier.");
		if (bytes > MOST_BYTES[tier]) {
			throw refuse(
				tier === 'Standard'
					? 'Standard tier parameters support a maximum parameter value of 4096 characters. Use the advanced tier for a larger one.'
					: 'Advanced tier parameters support a maximum parameter value of 8192 characters.',
			);
		}
		if (policies.length > 0 && tier === 'Standard') throw refuse('Parameter policies are for parameters of the advanced tier alone.');
		const description = spec.description ?? before?.description;
		const keyId = type === 'SecureString' ? (spec.keyId ?? before?.keyId ?? DEFAULT_KEY) : undefined;
		return {
			version: (before?.version ?? 0) + 1,
			value: spec.value,
			type,
			tier,
			...(description === undefined ? {} : { description }),
			...(pattern === undefined ? {} : { allowedPattern: pattern }),
			modifiedAt: now,
			modifiedBy: spec.by ?? `arn:aws:iam::${this.#ctx.account}:user/operator`,
			...(keyId === undefined ? {} : { keyId }),
			policies,
			labels: new Set(),
		};
	}

	/** What the event says beside these two is documented nowhere. */
	#carryOut(parameter: StoredParameter, { type }: ParameterPolicy): void {
		this.#ctx.emit({
			source: 'aws.ssm',
			detailType: 'Parameter Store Policy Action',
			resources: [parameterArn(this.#ctx, parameter.name)],
			detail: { 'parameter-name': parameter.name, 'policy-type': type },
		});
		if (type === 'Expiration') this.delete(parameter.name);
	}

	#announce(operation: string, parameter: StoredParameter): void {
		const { type, description } = current(parameter);
		this.#ctx.emit({
			source: 'aws.ssm',
			detailType: 'Parameter Store Change',
			resources: [parameterArn(this.#ctx, parameter.name)],
			detail: { operation, name: parameter.name, type, ...(description === undefined ? {} : { description }) },
		});
	}
}

export function current(parameter: StoredParameter): ParameterVersion {
	const version = parameter.versions.at(-1);
	if (!version) throw new Error(`Parameter ${parameter.name} has no version.`);
	return version;
}

export function parameterArn(ctx: Pick<AwsContext, 'account' | 'region'>, name: string): string {
	return `arn:aws:ssm:${ctx.region}:${ctx.account}:parameter/${name.replace(/^\//, '')}`;
}

/** The 101st version takes the place of the oldest, unless that one has a label. */
function makeRoom(parameter: StoredParameter): void {
	const [oldest] = parameter.versions;
	if (!oldest || parameter.versions.length < MOST_VERSIONS) return;
	if (oldest.labels.size > 0) {
		throw new AwsError(
			'ParameterMaxVersionLimitExceeded',
			`You attempted to create a new version of ${parameter.name} by calling the PutParameter API with the overwrite flag. ` +
				`Version ${oldest.version}, the oldest version, can't be deleted because it has a label associated with it. ` +
				'Move the label to another version of the parameter, and try again.',
		);
	}
	parameter.versions.shift();
}
