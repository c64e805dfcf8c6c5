/** The roles of the template at work: who calls in which role, and what a service does in a function's role without a call. */

import { createIam, type Iam, type Role, type Session, userIdOf } from '../aws/iam/index.ts';
import { AWS_MANAGED_POLICIES } from '../aws/iam-managed-policies.ts';
import type { FleetOperator } from '../fleet-care.ts';
import type { FleetServices } from '../services.ts';
import type { FunctionDefinition, Template } from '../template.ts';
import { recordUse } from './recording.ts';

/**
 * IAM with the roles of a template, for its functions by their names and for the runbooks they start, and with those of operators, each
 * by the name of the access key. Everybody else may do anything.
 * @param services asked only once calls are made.
 * @throws Error for a role whose policies cannot be read.
 */
export function iamOf(
	template: Pick<Template, 'stack' | 'roles' | 'functions' | 'managedPolicies'>,
	services: () => FleetServices,
	operators: readonly FleetOperator[] = [],
): Promise<Iam> {
	const { stack, functions } = template;
	const theirs = operators.map((operator) => ({ operator, role: roleOf(operator, template) }));
	const roles = [...template.roles, ...theirs.map(({ role }) => role)];
	const sessions = new Map([
		...functions.map((definition) => [definition.name, sessionOf(definition)] as const),
		...theirs.map(({ operator: { name }, role }) => [name, { role: role.arn, name }] as const),
	]);
	return createIam({
		account: stack.account,
		region: stack.region,
		roles,
		sessionOf: (caller) => sessions.get(caller),
		facts: {
			runbook: (input) => services().ssm.runbook(input),
			instanceTags: (id) =>
				(
					services().ec2.instance(id) ??
					services()
						.ssm.hybridMachines()
						.find((machine) => machine.id === id)
				)?.tags,
			parameterKeys: (nameOrPath) => services().ssm.parameterKeys(nameOrPath),
			profileRole: (name) => services().iamApi.profileRole(name),
			sessionUserId: (id) => {
				const started = services()
					.ssm.sessionManager.all()
					.find((session) => session.id === id);
				const session = started && sessions.get(started.caller);
				return session && userIdOf(session);
			},
		},
		onUse: recordUse,
	});
}

/** @throws Error for a policy that is neither the stack's nor one of AWS's own that is known here. */
function roleOf({ name, policies }: FleetOperator, { stack, managedPolicies }: Pick<Template, 'stack' | 'managedPolicies'>): Role {
	const documents = policies.map((policy) => {
		const found = [...managedPolicies, ...AWS_MANAGED_POLICIES].find((each) => each.name === policy);
		if (!found) throw new Error(`There is no managed policy ${policy} for the operator ${name}.`);
		return found.document;
	});
	return { name: `operator-${name}`, arn: `arn:aws:iam::${stack.account}:role/operator-${name}`, policies: documents };
}

/** A function works in its role, in a session of its own name. */
function sessionOf({ name, roleArn }: FunctionDefinition): Session | undefined {
	return roleArn === undefined ? undefined : { role: roleArn, name };
}

/** What Lambda does in the roles of functions. */
export interface FunctionRights {
	/** Actions that reading this queue for the function takes and its role does not allow. */
	lackingToRead(queueArn: string): readonly string[];
	/** Whether Lambda may send there what failed. */
	sends(queueArn: string): boolean;
	/** Whether it may write the function's log. */
	logs(): boolean;
}

/** What Lambda does with a queue on a function's behalf (developer guide, "Using Lambda with Amazon SQS"). */
const READING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'] as const;
const LOGGING = ['logs:CreateLogStream', 'logs:PutLogEvents'] as const;

export function rightsOf(definition: FunctionDefinition, iam: Iam, { account, region }: Template['stack']): FunctionRights {
	const session = sessionOf(definition);
	const allows = (action: string, resource: string) => session === undefined || iam.allows(session, action, resource);
	const logStream = `arn:aws:logs:${region}:${account}:log-group:/aws/lambda/${definition.name}:log-stream:any`;
	return {
		lackingToRead: (queueArn) => READING.filter((action) => !allows(action, queueArn)),
		sends: (queueArn) => allows('sqs:SendMessage', queueArn),
		logs: () => LOGGING.every((action) => allows(action, logStream)),
	};
}
