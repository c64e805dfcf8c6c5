/** Who may send to what, by the policies of the packaged template: evaluated, not read. */

import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { admits } from '../../local/aws/iam/evaluation.ts';
import type { RequestContext } from '../../local/aws/iam/need.ts';
import type { PolicyDocument, Statement } from '../../local/aws/iam/policy.ts';
import { ensureTemplate } from '../../local/package-template.ts';
import { Resolver } from '../../local/template/intrinsics.ts';
import { readTemplate, type Template } from '../../local/template.ts';

const ACCOUNT = '111122223333';
const EVENTS = 'events.amazonaws.com';
const ONCALL = `arn:aws:iam::${ACCOUNT}:role/oncall`;
const PARTNER = 'arn:aws:iam::444455556666:role/pipeline';

let raw: { readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>> };
let template: Template;

/** Whether the policies of one resource let somebody do something. */
function allowed(resource: string, action: string, principal: string, context: RequestContext, on = resource): Promise<boolean> {
	const own = template.resourcePolicies.filter((policy) => policy.resource === undefined || policy.resource === resource);
	const documents = own.map(({ document }) => document);
	return admits(documents, { action, resource: on, principal, account: ACCOUNT, context: { 'aws:SourceAccount': ACCOUNT, ...context } });
}

beforeAll(async () => {
	raw = JSON.parse(await readFile(await ensureTemplate(), 'utf8'));
	template = readTemplate(raw);
}, 60_000);

describe('The policy of each queue', () => {
	it('admits the rules that lead to it, and no other', async () => {
		for (const queue of template.queues) {
			const admitted = [];
			for (const { name, arn } of template.rules) {
				if (await allowed(queue.arn, 'sqs:SendMessage', EVENTS, { 'aws:SourceArn': arn })) admitted.push(name);
			}
			const leading = template.rules.filter(({ targets }) =>
				targets.some(({ arn, deadLetterArn }) => arn === queue.arn || deadLetterArn === queue.arn),
			);
			expect([queue.name, admitted]).toEqual([queue.name, leading.map(({ name }) => name)]);
		}
	});

	it('lets nobody but EventBridge send, and nobody receive', async () => {
		for (const { arn } of template.queues) {
			const rule = template.rules.find(({ targets }) => targets.some((target) => target.arn === arn || target.deadLetterArn === arn));
			const context = { 'aws:SourceArn': rule?.arn ?? '' };
			expect(await allowed(arn, 'sqs:SendMessage', 'sns.amazonaws.com', context)).toBe(false);
			expect(await allowed(arn, 'sqs:ReceiveMessage', EVENTS, context)).toBe(false);
		}
	});
});

describe('What a clock calls', () => {
	it('is called by that clock alone', async () => {
		for (const { arn: functionArn } of template.functions) {
			const admitted = [];
			for (const { arn } of template.rules) {
				if (await allowed(functionArn, 'lambda:InvokeFunction', EVENTS, { 'aws:SourceArn': arn })) admitted.push(arn);
			}
			const leading = template.rules.filter(({ targets }) => targets.some(({ arn }) => arn === functionArn));
			expect(admitted).toEqual(leading.map(({ arn }) => arn));
		}
	});
});

describe('What is told', () => {
	it('reaches the topic from EventBridge, and from the alarms that watch this stage', async () => {
		const topic = template.topics[0]?.arn ?? '';
		const alarm = (name: string) => ({ 'aws:SourceArn': `arn:aws:cloudwatch:eu-west-1:${ACCOUNT}:alarm:${name}` });
		expect(await allowed(topic, 'sns:Publish', EVENTS, {})).toBe(true);
		expect(await allowed(topic, 'sns:Publish', 'cloudwatch.amazonaws.com', alarm('fleetkeeper-watch-local-errors'))).toBe(true);
		expect(await allowed(topic, 'sns:Publish', 'cloudwatch.amazonaws.com', alarm('web-cpu-high'))).toBe(false);
		expect(await allowed(topic, 'sns:Publish', 's3.amazonaws.com', {})).toBe(false);
	});

	it('reaches the audit trail, and no log group of another stage', async () => {
		const stream = (stage: string) =>
			`arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:/aws/events/fleetkeeper/${stage}/operations:log-stream:any`;
		for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) {
			expect(await allowed(stream('local'), action, EVENTS, {})).toBe(true);
			expect(await allowed(stream('prod'), action, EVENTS, {})).toBe(false);
		}
	});
});

describe('The request bus', () => {
	const bus = `arn:aws:events:eu-west-1:${ACCOUNT}:event-bus/fleetkeeper-local-requests`;

	/** Whether somebody without policies of his own may put a request on the bus. */
	function asks(requesters: string, principal: string): Promise<boolean> {
		const parameters = { Requesters: requesters };
		const resolver = new Resolver(raw, { account: ACCOUNT, region: 'eu-west-1', name: 'fleetkeeper-local', parameters });
		const statements = Object.entries(raw.Resources)
			.filter(([, resource]) => resource.Type === 'AWS::Events::EventBusPolicy' && resolver.isDeployed(resource))
			.map(([id, { Properties }]) => resolver.resolve(Properties['Statement'], id) as Statement);
		const context = { 'events:detail-type': ['Run Automation Requested'], 'aws:PrincipalArn': principal };
		const document: PolicyDocument = { Version: '2012-10-17', Statement: statements };
		return admits([document], { action: 'events:PutEvents', resource: bus, principal, account: ACCOUNT, context });
	}

	it('is closed to those who are not listed, of this account and of others', async () => {
		expect(await asks('', PARTNER)).toBe(false);
		expect(await asks(ONCALL, PARTNER)).toBe(false);
		expect(await asks(ONCALL, `arn:aws:iam::${ACCOUNT}:role/other`)).toBe(false);
	});

	it('is open to those who are listed', async () => {
		expect(await asks(`${ONCALL},${PARTNER}`, ONCALL)).toBe(true);
	});
});
