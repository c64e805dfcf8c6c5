/** The roles of the template at work: who calls in which role, and what a service does in a function's role without a call. */

import { createIam, type Iam, type Session } from '../aws/iam/index.ts';
import type { FleetServices } from '../services.ts';
import type { FunctionDefinition, Template } from '../template.ts';
import { recordUse } from './recording.ts';

/**
 * IAM with the roles of a template, for its functions by their names and for the runbooks they start. Everybody else may do anything.
 * @param services asked only once calls are made.
 * @throws Error for a role whose policies cannot be read.
 */
export function iamOf(template: Pick<Template, 'stack' | 'roles' | 'functions'>, services: () => FleetServices): Promise<Iam> {
	const { stack, roles, functions } = template;
	const sessions = new Map(functions.flatMap((definition) => [[definition.name, sessionOf(definition)] as const]));
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
		},
		onUse: recordUse,
	});
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
