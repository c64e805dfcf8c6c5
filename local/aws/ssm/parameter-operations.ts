/** The Parameter Store operations. */

import type {
	DeleteParameterCommandInput,
	DeleteParametersCommandInput,
	DeleteParametersCommandOutput,
	DescribeParametersCommandInput,
	DescribeParametersCommandOutput,
	GetParameterCommandInput,
	GetParameterCommandOutput,
	GetParameterHistoryCommandInput,
	GetParameterHistoryCommandOutput,
	GetParametersByPathCommandInput,
	GetParametersByPathCommandOutput,
	GetParametersCommandInput,
	GetParametersCommandOutput,
	LabelParameterVersionCommandInput,
	LabelParameterVersionCommandOutput,
	ParameterStringFilter,
	PutParameterCommandInput,
	PutParameterCommandOutput,
	UnlabelParameterVersionCommandInput,
	UnlabelParameterVersionCommandOutput,
	Parameter as WireParameter,
} from '@aws-sdk/client-ssm';
import { callerArn, type RoleOf } from '../identity.ts';
import { nextToken, page } from '../paging.ts';
import { type AwsContext, AwsError, type Caller, type Output } from '../types.ts';
import { current, type Parameters, type ParameterVersion, parameterArn, type StoredParameter } from './parameters.ts';

/** Most names of GetParameters; most results of GetParametersByPath, and of the lists of metadata. */
const MOST_NAMES = 10;
const PATH_PAGE = 10;
const LIST_PAGE = 50;

export function parameterOperations(ctx: AwsContext, parameters: Parameters, roleOf: RoleOf) {
	function wire(parameter: StoredParameter, version: ParameterVersion, decrypt: boolean | undefined, selector = ''): WireParameter {
		const secret = version.type === 'SecureString' && !decrypt;
		return {
			Name: parameter.name,
			Type: version.type,
			// Nothing is encrypted here; without decryption the value is not readable either.
			Value: secret ? Buffer.from(version.value).toString('base64') : version.value,
			Version: version.version,
			...(selector ? { Selector: selector } : {}),
			LastModifiedDate: new Date(version.modifiedAt),
			ARN: parameterArn(ctx, parameter.name),
			DataType: 'text',
		};
	}

	return {
		PutParameter(input: PutParameterCommandInput, by?: Caller): Output<PutParameterCommandOutput> {
			if (input.Overwrite && input.Tags) throw new AwsError('ValidationException', 'Tags and overwrite cannot be used together.');
			const { version, tier } = parameters.put({
				name: input.Name ?? '',
				value: input.Value ?? '',
				type: input.Type,
				overwrite: input.Overwrite,
				tier: input.Tier,
				description: input.Description,
				allowedPattern: input.AllowedPattern,
				keyId: input.KeyId,
				policies: input.Policies,
				...(by?.caller === undefined ? {} : { by: callerArn(ctx, by.caller, roleOf) }),
				tags: Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
			});
			return { Version: version, Tier: tier };
		},

		GetParameter(input: GetParameterCommandInput): Output<GetParameterCommandOutput> {
			const { parameter, version, selector } = parameters.select(nameOf(input.Name));
			return { Parameter: wire(parameter, version, input.WithDecryption, selector) };
		},

		GetParameters(input: GetParametersCommandInput): Output<GetParametersCommandOutput> {
			const names = input.Names ?? [];
			if (names.length > MOST_NAMES) throw new AwsError('ValidationException', `GetParameters takes at most ${MOST_NAMES} names.`);
			const missing = names.filter((name) => !exists(parameters, nameOf(name)));
			const found = names.filter((name) => !missing.includes(name)).map((name) => parameters.select(nameOf(name)));
			return {
				Parameters: found.map(({ parameter, version, selector }) => wire(parameter, version, input.WithDecryption, selector)),
				InvalidParameters: missing,
			};
		},

		GetParametersByPath(input: GetParametersByPathCommandInput): Output<GetParametersByPathCommandOutput> {
			const path = input.Path ?? '';
			if (!path.startsWith('/')) throw new AwsError('ValidationException', 'The parameter path must begin with a forward slash.');
			const under = path.endsWith('/') ? path : `${path}/`;
			const matching = parameters
				.all()
				.filter(({ name }) => name.startsWith(under) && (input.Recursive || !name.slice(under.length).includes('/')));
			const size = input.MaxResults ?? PATH_PAGE;
			if (size < 1 || size > PATH_PAGE) throw new AwsError('ValidationException', `MaxResults must be between 1 and ${PATH_PAGE}.`);
			const found = page(matching, input.NextToken, size);
			return { Parameters: found.items.map((parameter) => wire(parameter, current(parameter), input.WithDecryption)), ...nextToken(found) };
		},

		DescribeParameters(input: DescribeParametersCommandInput): Output<DescribeParametersCommandOutput> {
			const matching = parameters.all().filter((parameter) => (input.ParameterFilters ?? []).every((filter) => passes(parameter, filter)));
			const found = page(matching, input.NextToken, input.MaxResults ?? LIST_PAGE);
			return { Parameters: found.items.map((parameter) => metadata(ctx, parameter, current(parameter))), ...nextToken(found) };
		},

		GetParameterHistory(input: GetParameterHistoryCommandInput): Output<GetParameterHistoryCommandOutput> {
			const parameter = parameters.get(nameOf(input.Name));
			const found = page(parameter.versions, input.NextToken, input.MaxResults ?? LIST_PAGE);
			return {
				Parameters: found.items.map((version) => ({
					...metadata(ctx, parameter, version),
					Value: wire(parameter, version, input.WithDecryption).Value,
					Labels: [...version.labels],
				})),
				...nextToken(found),
			};
		},

		LabelParameterVersion(input: LabelParameterVersionCommandInput): Output<LabelParameterVersionCommandOutput> {
			const { version, invalid } = parameters.label(nameOf(input.Name), input.ParameterVersion, input.Labels ?? []);
			return { InvalidLabels: invalid, ParameterVersion: version };
		},

		UnlabelParameterVersion(input: UnlabelParameterVersionCommandInput): Output<UnlabelParameterVersionCommandOutput> {
			const { removed, invalid } = parameters.unlabel(nameOf(input.Name), input.ParameterVersion, input.Labels ?? []);
			return { RemovedLabels: removed, InvalidLabels: invalid };
		},

		DeleteParameter(input: DeleteParameterCommandInput): object {
			parameters.delete(nameOf(input.Name));
			return {};
		},

		DeleteParameters(input: DeleteParametersCommandInput): Output<DeleteParametersCommandOutput> {
			const names = input.Names ?? [];
			if (names.length > MOST_NAMES) throw new AwsError('ValidationException', `DeleteParameters takes at most ${MOST_NAMES} names.`);
			const known = names.filter((name) => parameters.find(name));
			for (const name of known) parameters.delete(name);
			return { DeletedParameters: known, InvalidParameters: names.filter((name) => !known.includes(name)) };
		},
	};
}

/** A parameter may be named by its ARN, where a name without a hierarchy has no slash of its own. */
function nameOf(reference = ''): string {
	const name = /^arn:[^:]*:ssm:[^:]*:[^:]*:parameter\/(.+)$/.exec(reference)?.[1];
	if (name === undefined) return reference;
	return name.includes('/') ? `/${name}` : name;
}

function exists(parameters: Parameters, reference: string): boolean {
	const [name = '', selector] = reference.split(':');
	const parameter = parameters.find(name);
	return (
		!!parameter &&
		(selector === undefined || parameter.versions.some((each) => String(each.version) === selector || each.labels.has(selector)))
	);
}

function metadata(ctx: AwsContext, parameter: StoredParameter, version: ParameterVersion) {
	return {
		Name: parameter.name,
		ARN: parameterArn(ctx, parameter.name),
		Type: version.type,
		LastModifiedDate: new Date(version.modifiedAt),
		LastModifiedUser: version.modifiedBy,
		...(version.keyId === undefined ? {} : { KeyId: version.keyId }),
		...(version.description === undefined ? {} : { Description: version.description }),
		...(version.allowedPattern === undefined ? {} : { AllowedPattern: version.allowedPattern }),
		Version: version.version,
		Tier: version.tier,
		Policies: version.policies.map(({ type, text, status }) => ({ PolicyText: text, PolicyType: type, PolicyStatus: status })),
		DataType: 'text',
	};
}

function passes(parameter: StoredParameter, { Key: key = '', Option: option, Values: values = [] }: ParameterStringFilter): boolean {
	const { type, tier, keyId } = current(parameter);
	if (key === 'Name') {
		const compare = {
			Equals: (v: string) => parameter.name === v,
			BeginsWith: (v: string) => parameter.name.startsWith(v),
			Contains: (v: string) => parameter.name.includes(v),
		};
		const test = compare[(option ?? 'Equals') as keyof typeof compare];
		if (!test) throw new AwsError('InvalidFilterOption', `The filter option ${option} is not valid for Name.`);
		return values.some(test);
	}
	if (key === 'Type') return values.includes(type);
	if (key === 'Tier') return values.includes(tier);
	if (key === 'KeyId') return keyId !== undefined && values.includes(keyId);
	if (key === 'Path') {
		return values.some((path) => {
			const under = path.endsWith('/') ? path : `${path}/`;
			return parameter.name.startsWith(under) && (option === 'Recursive' || !parameter.name.slice(under.length).includes('/'));
		});
	}
	if (key.startsWith('tag:')) return values.includes(parameter.tags.get(key.slice('tag:'.length)) ?? '');
	throw new AwsError('InvalidFilterKey', `The filter key ${key} is not valid.`);
}
