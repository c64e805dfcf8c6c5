/** `fleet -- activate`: makes a hybrid activation, with which machines outside EC2 register as managed nodes. */

import { CreateActivationCommand, DeleteActivationCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { callFailure, describeError, requestIdOf } from '../shared/errors.ts';
import { calledBy } from '../shared/operation/history.ts';
import { DURATION, DURATION_FORMS, durationSeconds } from '../shared/playbook/duration.ts';
import { SERVICE } from '../shared/settings.ts';
import { actor, BY } from './support/act.ts';
import { instant, oneLine } from './support/format.ts';
import { type Desk, printJson, Refusal, readArguments, UsageError, type Verb } from './support/verb.ts';

/** What CreateActivation takes (API reference): registrations, seconds to the expiry, and characters. */
const MOST_MACHINES = 1_000;
const LONGEST = 30 * 86_400;
const DESCRIPTION = 256;
const ROLE = /^[\w+=,.@/-]{1,64}$/;
const NAME = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u;
/** Tags of one activation: keys and values as tags of AWS are. */
const TAGS = 50;
const TAG = /^(?!aws:)([\p{L}\p{Z}\p{N}_.:/+\-@]{1,128})=([\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256})$/iu;

const text = { type: 'string' } as const;
const OPTIONS = {
	...BY,
	role: text,
	limit: text,
	expires: text,
	name: text,
	tag: { type: 'string', multiple: true },
	reason: text,
} as const;
type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

export const activate: Verb = {
	usage: 'activate --reason TEXT [--role ROLE] [--limit N] [--expires 7d] [--name NAME] [--tag KEY=VALUE]… [--by NAME] [--json]',
	summary: 'lets machines outside EC2 register as managed nodes',
	details:
		'Machines register with the id and the code of the activation: --limit of them (default 1, at most 1000), until it --expires (default ' +
		"1d, at most 30d). They work in --role, by name (default: the stage's own), and get every --tag. The code is shown once, by this " +
		'command, and kept in a SecureString of Parameter Store until the activation expires. What is done is done with your own credentials.',
	async run(args, desk) {
		const { values } = readArguments(args, OPTIONS, [0, 0]);
		const { ssm } = desk.connect();
		const region = await ssm.config.region();
		const asked = wanted(values, desk, region);
		const made = await create(desk, asked);
		const parameter = `/${SERVICE}/${desk.stage}/activations/${made.id}`;
		const kept = await keep(desk, parameter, made, asked.ExpirationDate);
		const { IamRole: role, RegistrationLimit: limit, ExpirationDate } = asked;
		const expiresAt = instant(ExpirationDate.getTime());
		if (values.json) {
			const requestIds = [made.requestId, kept].filter((each) => each !== undefined);
			printJson(desk, { activationId: made.id, activationCode: made.code, parameter, role, limit, expiresAt, region, requestIds });
			return undefined;
		}
		const machines = limit === 1 ? '1 machine' : `${limit} machines`;
		desk.io.out(`Activation ${made.id}: until ${expiresAt} ${machines} may register, in role ${role} [${made.requestId}]`);
		desk.io.out(`Its code, which is shown this once: ${made.code}`);
		desk.io.out(`It is kept in the SecureString ${parameter} until then [${kept}]`);
		desk.io.out(
			`On a machine with the agent: sudo amazon-ssm-agent -register -id ${made.id} -code <code> -region ${region}, and restart the agent.`,
		);
		return undefined;
	},
};

/** @throws UsageError where AWS would refuse it. */
function wanted(values: Values, desk: Desk, region: string) {
	const reason = oneLine(values.reason ?? '');
	if (reason === '') throw new UsageError('takes a --reason: it is on record with the activation');
	const role = (values.role ?? `${SERVICE}-${desk.stage}-hybrid-${region}`).replace(/^arn:[^:]*:iam::\d{12}:role\//, '');
	if (!ROLE.test(role)) throw new UsageError(`takes --role as the name of a role that ssm.amazonaws.com may assume, not '${role}'`);
	const limit = Number(values.limit ?? '1');
	if (!Number.isInteger(limit) || limit < 1 || limit > MOST_MACHINES) {
		throw new UsageError(`takes --limit as a whole number of machines, 1 to ${MOST_MACHINES}, not '${values.limit}'`);
	}
	const expires = values.expires ?? '1d';
	if (!DURATION.test(expires) || durationSeconds(expires) > LONGEST) {
		throw new UsageError(`takes --expires as a duration such as ${DURATION_FORMS}, of 30d at most, not '${expires}'`);
	}
	const { name } = values;
	if (name !== undefined && !NAME.test(name)) throw new UsageError(`takes --name as letters, digits and _.:/=+-@, not '${oneLine(name)}'`);
	const Tags = tagsOf(values.tag ?? []);
	return {
		Description: `${reason} (${actor(desk, values.by)})`.slice(0, DESCRIPTION).toWellFormed(),
		IamRole: role,
		RegistrationLimit: limit,
		ExpirationDate: new Date(desk.services().now() + durationSeconds(expires) * 1_000),
		...(name !== undefined && { DefaultInstanceName: name }),
		...(Tags.length > 0 && { Tags }),
	};
}

function tagsOf(given: readonly string[]): { Key: string; Value: string }[] {
	const tags = given.map((each) => {
		const [, Key, Value] = TAG.exec(each) ?? [];
		if (Key === undefined || Value === undefined)
			throw new UsageError(`takes --tag as KEY=VALUE, whose key is not AWS's own, not '${each}'`);
		return { Key, Value };
	});
	const keys = new Set(tags.map(({ Key }) => Key));
	if (keys.size < tags.length) throw new UsageError('takes each key of a --tag once');
	if (tags.length > TAGS) throw new UsageError(`takes ${TAGS} tags at most`);
	return tags;
}

interface Made {
	readonly id: string;
	readonly code: string;
	readonly requestId: string | undefined;
}

/** The API has no idempotency token: the call is made once. @throws Refusal where nobody knows whether there is one now. */
async function create(desk: Desk, asked: ReturnType<typeof wanted>): Promise<Made> {
	try {
		const output = await desk.connect().ssmOnce.send(new CreateActivationCommand(asked));
		return { id: output.ActivationId ?? '', code: output.ActivationCode ?? '', requestId: calledBy(requestIdOf(output)).requestId };
	} catch (error) {
		if (callFailure(error) !== 'unknown') throw error;
		throw new Refusal(
			`AWS did not answer (${describeError(error)}): there may be an activation now whose code nobody knows. Look for '${asked.Description}' ` +
				'with aws ssm describe-activations, delete it with aws ssm delete-activation, and ask again.',
		);
	}
}

/**
 * Puts the code where those find it who may, for as long as it is good for something.
 * @returns the request id.
 * @throws Refusal where that cannot be done: the activation is deleted.
 */
async function keep(desk: Desk, Name: string, { id, code }: Made, expiresAt: Date): Promise<string | undefined> {
	const expiration = { Type: 'Expiration', Version: '1.0', Attributes: { Timestamp: expiresAt.toISOString() } };
	const { ssm } = desk.connect();
	try {
		const output = await ssm.send(
			new PutParameterCommand({
				Name,
				Value: code,
				Type: 'SecureString',
				Description: `Code of activation ${id}`,
				// Parameters of the standard tier do not expire.
				Tier: 'Advanced',
				Policies: JSON.stringify([expiration]),
				// Of the same call, which the SDK repeats where its reply is lost.
				Overwrite: true,
			}),
		);
		return calledBy(requestIdOf(output)).requestId;
	} catch (error) {
		const why = `The code of activation ${id} could not be kept in parameter ${Name}: ${describeError(error)}`;
		let deleted: string | undefined;
		try {
			const output = await ssm.send(new DeleteActivationCommand({ ActivationId: id }));
			deleted = calledBy(requestIdOf(output)).requestId;
		} catch (another) {
			const how = `aws ssm delete-activation --activation-id ${id}`;
			throw new Refusal(`${why}. The activation could not be deleted either (${describeError(another)}): ${how}`);
		}
		throw new Refusal(`${why}. The activation is deleted: nobody has its code [${deleted}]`);
	}
}
