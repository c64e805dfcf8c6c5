import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sessionProblem } from '../../local/aws/ssm/sessions/document.ts';
import { ROOT } from '../../scripts/bundle.ts';
import { subjectFor } from '../../shared/kinds/session/event.ts';
import { transcriptOf } from '../../shared/kinds/session/rules.ts';
import { settingsFrom } from '../../shared/settings.ts';
import type { Resource } from './package.ts';

type Values = Readonly<Record<string, unknown>>;

const make = createRequire(import.meta.url)('../../infra/sessions.cjs') as (framework: {
	resolveVariable(name: string): Promise<unknown>;
}) => Promise<{ readonly Resources: Readonly<Record<string, Resource>> }>;

const { params } = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8')) as { params: { default: Values; local: Values } };

/** What stage local has for sessions, but for some settings. */
async function resources(changes: Values = {}) {
	const values: Values = { ...params.default, ...params.local, ...changes };
	return (await make({ resolveVariable: async (name) => values[name.replace('param:', '')] })).Resources;
}

const inputs = async (changes?: Values) => (await resources(changes))['SessionDocument']?.Properties.Content.inputs;

describe('what a stage has for sessions', () => {
	it('is nothing where the part is off, and nothing of the account by default', async () => {
		expect(await resources({ parts: 'lifecycle,state' })).toEqual({});
		expect(Object.keys(await resources())).toEqual(['SessionKey', 'SessionLogGroup', 'SessionDocument', 'SessionNodePolicy']);
	});

	it('is a document that keeps transcripts, encrypted, in two places', async () => {
		const { Properties } = (await resources())['SessionDocument'] as Resource;

		expect(Properties).toMatchObject({ Name: '${self:service}-${sls:stage}-session', DocumentType: 'Session', UpdateMethod: 'NewVersion' });
		const deployed = { s3BucketName: 'output', kmsKeyId: 'key' };
		expect(sessionProblem({ ...Properties.Content, inputs: { ...Properties.Content.inputs, ...deployed } })).toBeUndefined();
		expect(Properties.Content.inputs).toMatchObject({
			...{ s3BucketName: { Ref: 'OutputBucket' }, s3EncryptionEnabled: true },
			...{ cloudWatchEncryptionEnabled: true, cloudWatchStreamingEnabled: true, kmsKeyId: { 'Fn::GetAtt': ['SessionKey', 'Arn'] } },
			...{ idleSessionTimeout: '20', maxSessionDuration: '240', runAsEnabled: false },
		});
	});

	it('keeps them where the record of a session says', async () => {
		const { s3KeyPrefix, cloudWatchLogGroupName } = await inputs();
		const started = { sessionId: 'anna-1', owner: 'anna', node: 'i-1', startedAt: 0, account: '111122223333', region: 'eu-west-1' };
		const kept = transcriptOf(settingsFrom({ STAGE: 'prod' }), subjectFor({ ...started, document: 'fleetkeeper-prod-session' }));

		expect(kept?.s3).toBe(`s3://fleetkeeper-prod-output-111122223333-eu-west-1/${s3KeyPrefix}/anna-1.log`);
		expect(kept?.logGroup).toBe(cloudWatchLogGroupName.replace('${self:service}', 'fleetkeeper').replace('${sls:stage}', 'prod'));
	});

	it('has the times and the user of the settings, which --param gives as text', async () => {
		expect(await inputs({ sessionIdleMinutes: '5', sessionMaxMinutes: '60', sessionRunAs: 'ops' })).toMatchObject({
			...{ idleSessionTimeout: '5', maxSessionDuration: '60', runAsEnabled: true, runAsDefaultUser: 'ops' },
		});
	});

	it("makes them the account's preferences only where that is asked for", async () => {
		const { SessionPreferences, SessionDocument } = await resources({ sessionPreferences: 'on' });
		expect(SessionPreferences?.Properties).toEqual({ ...SessionDocument?.Properties, Name: 'SSM-SessionManagerRunShell' });
	});

	it('keeps what transcripts are read with when the stack goes, and lets CloudWatch Logs use it for the one log group', async () => {
		const { SessionKey, SessionLogGroup } = await resources();
		expect([SessionKey?.DeletionPolicy, SessionLogGroup?.DeletionPolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
		const [, logs] = SessionKey?.Properties.KeyPolicy.Statement ?? [];
		expect(logs.Condition.ArnEquals['kms:EncryptionContext:aws:logs:arn']['Fn::Sub']).toContain(
			`log-group:${SessionLogGroup?.Properties.LogGroupName}`,
		);
	});

	it('lets nodes write transcripts, and nothing else', async () => {
		const { Statement } = (await resources())['SessionNodePolicy']?.Properties.PolicyDocument ?? {};
		const [put, , , groups] = Statement;
		expect(put).toMatchObject({ Action: ['s3:PutObject'], Resource: { 'Fn::Sub': '${OutputBucket.Arn}/sessions/*' } });
		expect(Statement.filter(({ Resource }: { Resource: unknown }) => Resource === '*')).toEqual([groups]);
		expect(groups.Action).toEqual(['logs:DescribeLogGroups']);
	});
});
