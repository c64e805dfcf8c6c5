/**
 * What a deployment needs of IAM, as policies for `docs/policies`: `deployer` is what the framework itself calls, `cloudformation` and
 * `cloudformation-iam` what CloudFormation does for the stack, in the name of whoever deploys or of the role that is passed to it;
 * `cloudformation-parts` what it does besides where the parts `patching` and `state` are on.
 *
 * The framework's calls are recorded and held against `deployer` by `npm run deployment`. CloudFormation's are derived: see needs.ts.
 */

import { NEEDS, type TypeNeeds } from './needs.ts';
import type { Call } from './recorder.ts';

export interface Statement {
	readonly Sid?: string;
	readonly Effect: 'Allow';
	readonly Action: readonly string[];
	readonly Resource: readonly string[];
	readonly Condition?: object;
}

export interface Policy {
	readonly Version: '2012-10-17';
	readonly Statement: readonly Statement[];
}

const STACKS = 'arn:aws:cloudformation:*:*:stack/fleetkeeper-*/*';
/** The bucket that the framework uploads to; CloudFormation shortens its name where that of the stage is long. */
const UPLOADS = 'arn:aws:s3:::fleetkeeper-*-serverlessdeploy*';

const everywhere = ['*'];
const prefixed = (service: string, actions: readonly string[]) => actions.map((action) => `${service}:${action}`).sort();

const DEPLOYER: readonly Statement[] = [
	{
		Effect: 'Allow',
		Action: prefixed('cloudformation', [
			...['CreateChangeSet', 'DeleteChangeSet', 'DeleteStack', 'DescribeChangeSet', 'DescribeStackEvents', 'DescribeStackResource'],
			...['DescribeStacks', 'ExecuteChangeSet', 'ListStackResources'],
		]),
		Resource: [STACKS],
	},
	// IAM knows no resource for it.
	{ Effect: 'Allow', Action: ['cloudformation:ValidateTemplate'], Resource: everywhere },
	{ Effect: 'Allow', Action: ['s3:DeleteObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject'], Resource: [UPLOADS, `${UPLOADS}/*`] },
	{ Effect: 'Allow', Action: ['lambda:GetFunction'], Resource: ['arn:aws:lambda:*:*:function:fleetkeeper-*'] },
	// A removal asks whether the framework has ever made a repository of images.
	{ Effect: 'Allow', Action: ['ecr:DescribeRepositories'], Resource: ['arn:aws:ecr:*:*:repository/serverless-fleetkeeper-*'] },
];

/** Functions, tasks of maintenance windows and instance profiles get their roles from whoever creates them. */
const PASS_ROLE: Statement = {
	Effect: 'Allow',
	Action: ['iam:PassRole'],
	Resource: ['arn:aws:iam::*:role/fleetkeeper-*'],
	Condition: { StringEquals: { 'iam:PassedToService': ['ec2.amazonaws.com', 'lambda.amazonaws.com', 'ssm.amazonaws.com'] } },
};

/** Functions get their code from the framework's bucket. What has no data goes with its stack. */
const BESIDES: readonly Statement[] = [
	{ Effect: 'Allow', Action: ['s3:DeleteBucket', 's3:GetObject'], Resource: [UPLOADS, `${UPLOADS}/*`] },
	{ Effect: 'Allow', Action: ['logs:DeleteLogGroup'], Resource: ['arn:aws:logs:*:*:log-group:/aws/lambda/fleetkeeper-*'] },
];

/** Types that share their resources share a statement. */
function cloudFormation(is: (needs: TypeNeeds) => boolean): Statement[] {
	const statements = new Map<string, { actions: Set<string>; on: readonly string[]; condition: object | undefined }>();
	const add = (service: string, actions: readonly string[], on: readonly string[], condition?: object) => {
		if (actions.length === 0) return;
		const key = JSON.stringify([on, condition]);
		const statement = statements.get(key) ?? { actions: new Set<string>(), on, condition };
		statements.set(key, statement);
		for (const action of prefixed(service, actions)) statement.actions.add(action);
	};
	for (const { service, actions, on, anywhere = [], condition } of Object.values(NEEDS).filter(is)) {
		add(service, actions, on, condition);
		add(service, anywhere, everywhere);
	}
	return [...statements.values()].map(({ actions, on, condition }) => ({
		Effect: 'Allow',
		Action: [...actions].sort(),
		Resource: on,
		...(condition && { Condition: condition }),
	}));
}

const document = (Statement: readonly Statement[]): Policy => ({ Version: '2012-10-17', Statement });

/** By the name of the file in docs/policies. */
export const POLICIES: Readonly<Record<string, Policy>> = {
	deployer: document(DEPLOYER),
	cloudformation: document([...cloudFormation(({ service, ofParts }) => service !== 'iam' && !ofParts), ...BESIDES]),
	'cloudformation-parts': document(cloudFormation(({ ofParts }) => ofParts === true)),
	// Apart, for whoever has it can make roles that may do anything.
	'cloudformation-iam': document([...cloudFormation(({ service }) => service === 'iam'), PASS_ROLE]),
};

const PLACE = 'eu-west-1:111122223333';

/** What IAM is asked about a recorded call; nothing where it is not asked. @throws Error for a call of which nothing is known here. */
export function asked({ service, action, form }: Call): { readonly action: string; readonly resource: string } | undefined {
	switch (service) {
		// IAM lets everybody.
		case 'sts':
			return undefined;
		case 'cloudformation': {
			const stack = form
				.get('StackName')
				?.split('/')
				.at(form.get('StackName')?.startsWith('arn:') ? 1 : 0);
			return { action: `${service}:${action}`, resource: stack === undefined ? '*' : `arn:aws:${service}:${PLACE}:stack/${stack}/id` };
		}
		case 'ecr':
			return { action: `${service}:${action}`, resource: `arn:aws:ecr:${PLACE}:repository/serverless-fleetkeeper-ci` };
		case 'lambda':
			return { action: 'lambda:GetFunction', resource: `arn:aws:lambda:${PLACE}:function:${action.split('/').at(-1)}` };
		case 's3':
			return askedOfS3(action);
		default:
			throw new Error(`Nothing here says what ${action} of ${service} is to IAM.`);
	}
}

function askedOfS3(action: string) {
	const [method = '', url = ''] = action.split(' ');
	const { pathname, searchParams } = new URL(url, 'http://localhost');
	const [, bucket = '', key = ''] = /^\/([^/]+)\/?(.*)$/.exec(pathname) ?? [];
	const arn = `arn:aws:s3:::${bucket}`;
	if (key !== '') return { action: method === 'PUT' ? 's3:PutObject' : 's3:GetObject', resource: `${arn}/${decodeURIComponent(key)}` };
	return searchParams.has('delete') ? { action: 's3:DeleteObject', resource: `${arn}/any` } : { action: 's3:ListBucket', resource: arn };
}
