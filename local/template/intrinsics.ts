/** Resolves a CloudFormation template's intrinsic functions, as a deployment to one account and Region would. */

import { attributeOf, physicalName, reference } from './physical.ts';

export class TemplateError extends Error {
	override readonly name = 'TemplateError';
}

export interface Stack {
	readonly account: string;
	readonly region: string;
	readonly name: string;
	/** Values of the template's parameters that have no default, or another than their default. */
	readonly parameters?: Readonly<Record<string, string>>;
}

export interface Resource {
	readonly Type: string;
	readonly Properties?: Readonly<Record<string, unknown>>;
	readonly Condition?: string;
}

export interface RawTemplate {
	readonly Resources: Readonly<Record<string, Resource>>;
	readonly Parameters?: Readonly<Record<string, { readonly Type?: string; readonly Default?: unknown }>>;
	readonly Conditions?: Readonly<Record<string, unknown>>;
	readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
}

/** What `AWS::NoValue` resolves to: the property or list entry that holds it is left out. */
const NO_VALUE = Symbol('AWS::NoValue');

export class Resolver {
	readonly #template: RawTemplate;
	readonly #stack: Stack;
	readonly #names = new Map<string, string>();
	readonly #naming = new Set<string>();

	constructor(template: RawTemplate, stack: Stack) {
		this.#template = template;
		this.#stack = stack;
	}

	/**
	 * The value with every function resolved.
	 * @param at where the value stands, for messages.
	 * @throws TemplateError naming the place and what cannot be resolved.
	 */
	resolve(value: unknown, at: string): unknown {
		const resolved = this.#resolve(value, at);
		return resolved === NO_VALUE ? undefined : resolved;
	}

	/** Whether a resource is part of the stack: it has no condition, or its condition holds. */
	isDeployed(resource: Resource): boolean {
		return resource.Condition === undefined || this.#condition(resource.Condition);
	}

	/** The name a resource has once deployed. */
	nameOf(logicalId: string): string {
		const known = this.#names.get(logicalId);
		if (known !== undefined) return known;
		if (this.#naming.has(logicalId)) throw new TemplateError(`The name of resource ${logicalId} depends on itself.`);
		this.#naming.add(logicalId);
		const name = physicalName(logicalId, this.#resource(logicalId, 'its name'), this.#stack, this.#resolveAt);
		this.#naming.delete(logicalId);
		this.#names.set(logicalId, name);
		return name;
	}

	/** The value of an attribute of a resource: `Arn`, `QueueName`. */
	attribute(logicalId: string, attribute: string, at = logicalId): string {
		const value = attributeOf(this.#resource(logicalId, at), this.nameOf(logicalId), attribute, this.#stack, this.#resolveAt);
		if (value === undefined) throw new TemplateError(`${at}: attribute ${logicalId}.${attribute} is not known here.`);
		return value;
	}

	readonly #resolveAt = (value: unknown, at: string) => this.resolve(value, at);

	#resource(logicalId: string, at: string): Resource {
		const resource = this.#template.Resources[logicalId];
		if (!resource) throw new TemplateError(`${at}: there is no resource or parameter '${logicalId}'.`);
		return resource;
	}

	#resolve(value: unknown, at: string): unknown {
		if (Array.isArray(value)) return value.map((item, index) => this.#resolve(item, `${at}[${index}]`)).filter(isValue);
		if (typeof value !== 'object' || value === null) return value;
		const [entry, ...others] = Object.entries(value);
		if (entry && others.length === 0) {
			const [name, argument] = entry;
			if (name === 'Ref') return this.#ref(String(argument), at);
			if (name.startsWith('Fn::')) return this.#function(name, argument, at);
			if (name === 'Condition' && typeof argument === 'string' && argument in (this.#template.Conditions ?? {})) {
				return this.#condition(argument);
			}
		}
		return Object.fromEntries(
			Object.entries(value)
				.map(([key, item]) => [key, this.#resolve(item, `${at}.${key}`)] as const)
				.filter(([, item]) => isValue(item)),
		);
	}

	#ref(name: string, at: string): unknown {
		if (name.startsWith('AWS::')) return this.#pseudo(name, at);
		const parameter = this.#template.Parameters?.[name];
		if (parameter) {
			const value = this.#stack.parameters?.[name] ?? parameter.Default;
			return parameter.Type === 'CommaDelimitedList' ? String(value).split(',') : value;
		}
		return reference(this.#resource(name, at).Type, this.nameOf(name), this.#stack);
	}

	#pseudo(name: string, at: string): unknown {
		const { account, region, name: stackName } = this.#stack;
		switch (name) {
			case 'AWS::AccountId':
				return account;
			case 'AWS::Region':
				return region;
			case 'AWS::Partition':
				return 'aws';
			case 'AWS::URLSuffix':
				return 'amazonaws.com';
			case 'AWS::StackName':
				return stackName;
			case 'AWS::StackId':
				return `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/00000000-0000-0000-0000-000000000000`;
			case 'AWS::NoValue':
				return NO_VALUE;
			default:
				throw new TemplateError(`${at}: pseudo parameter ${name} is not known here.`);
		}
	}

	#function(name: string, argument: unknown, at: string): unknown {
		const list = () => (Array.isArray(argument) ? argument : [argument]);
		const resolved = (index: number) => this.resolve(list()[index], at);
		switch (name) {
			case 'Fn::GetAtt': {
				const [id = '', ...path] = typeof argument === 'string' ? argument.split('.') : list().map(String);
				return this.attribute(id, path.join('.'), at);
			}
			case 'Fn::Sub':
				return this.#sub(argument, at);
			case 'Fn::Join':
				return (resolved(1) as unknown[]).map(String).join(String(resolved(0)));
			case 'Fn::Split':
				return String(resolved(1)).split(String(resolved(0)));
			case 'Fn::Select':
				return (resolved(1) as unknown[])[Number(resolved(0))];
			case 'Fn::FindInMap':
				return this.#template.Mappings?.[String(resolved(0))]?.[String(resolved(1))]?.[String(resolved(2))];
			case 'Fn::Base64':
				return Buffer.from(String(this.resolve(argument, at))).toString('base64');
			case 'Fn::If':
				return this.#resolve(list()[this.#condition(String(list()[0])) ? 1 : 2], at);
			case 'Fn::Equals':
				return resolved(0) === resolved(1);
			case 'Fn::Not':
				return !resolved(0);
			case 'Fn::And':
				return list().every((_, index) => resolved(index) === true);
			case 'Fn::Or':
				return list().some((_, index) => resolved(index) === true);
			default:
				throw new TemplateError(`${at}: ${name} cannot be resolved locally.`);
		}
	}

	/** `${Name}`, `${Name.Attribute}` and `${!Literal}` of a text, with the variables of the two-argument form. */
	#sub(argument: unknown, at: string): string {
		const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
		const own = this.resolve(variables, at) as Record<string, unknown>;
		return String(text).replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
			if (literal) return `\${${name}}`;
			if (name in own) return String(own[name]);
			const dot = name.indexOf('.');
			return dot > 0 ? this.attribute(name.slice(0, dot), name.slice(dot + 1), at) : String(this.#ref(name, at));
		});
	}

	#condition(name: string): boolean {
		const condition = this.#template.Conditions?.[name];
		if (condition === undefined) throw new TemplateError(`Condition '${name}' is not defined.`);
		return this.resolve(condition, `Conditions.${name}`) === true;
	}
}

function isValue(value: unknown): boolean {
	return value !== NO_VALUE;
}
