/** An AWS with a ledger table, playbooks in Parameter Store and OpsItems, for what keeps the compiled playbooks. */

import * as schemas from '@aws-sdk/client-ssm';
import { vi } from 'vitest';
import { createDynamoDb } from '../../../local/aws/dynamodb.ts';
import { inProcess } from '../../../local/aws/http.ts';
import { RequestLog } from '../../../local/aws/request-log.ts';
import { defineService, PROTOCOLS } from '../../../local/aws/service.ts';
import { AwsError } from '../../../local/aws/types.ts';
import { type Call, createWire } from '../../../local/aws/wire.ts';
import { createAws } from '../../../shared/aws/clients.ts';
import { settingsFrom } from '../../../shared/settings.ts';

const settings = settingsFrom({ STAGE: 'test' });

interface OpsItem {
	readonly id: string;
	readonly dedup: string;
	title: string;
	description: string;
	status: string;
}

/** Parameter Store and OpsCenter as far as playbooks use them. */
function fakeSsm() {
	const versions = new Map<string, string[]>();
	/** By parameter and label: the version that has it. */
	const labels = new Map<string, Map<string, number>>();
	const opsItems: OpsItem[] = [];
	const operations = {
		GetParametersByPath({ Path = '', NextToken }: schemas.GetParametersByPathCommandInput) {
			const all = [...versions]
				.filter(([name]) => name.startsWith(Path))
				.map(([Name, values]) => ({ Name, Value: values.at(-1), Version: values.length }));
			const from = Number(NextToken ?? 0);
			return { Parameters: all.slice(from, from + 10), ...(from + 10 < all.length && { NextToken: String(from + 10) }) };
		},
		GetParameterHistory({ Name = '' }: schemas.GetParameterHistoryCommandInput) {
			const labelled = [...(labels.get(Name) ?? [])];
			const Parameters = (versions.get(Name) ?? []).map((Value, i) => {
				const Labels = labelled.filter(([, version]) => version === i + 1).map(([label]) => label);
				return { Name, Value, Version: i + 1, Labels };
			});
			return { Parameters };
		},
		LabelParameterVersion({ Name = '', ParameterVersion = 0, Labels = [] }: schemas.LabelParameterVersionCommandInput) {
			labels.set(Name, new Map([...(labels.get(Name) ?? []), ...Labels.map((label) => [label, ParameterVersion] as const)]));
			return { InvalidLabels: [], ParameterVersion };
		},
		UnlabelParameterVersion({ Name = '', Labels = [] }: schemas.UnlabelParameterVersionCommandInput) {
			for (const label of Labels) labels.get(Name)?.delete(label);
			return { RemovedLabels: Labels, InvalidLabels: [] };
		},
		CreateOpsItem({ Title = '', Description = '', OperationalData }: schemas.CreateOpsItemCommandInput) {
			const dedup = OperationalData?.['/aws/dedup']?.Value ?? '';
			const open = opsItems.find((item) => item.dedup === dedup && item.status === 'Open');
			if (open) throw new AwsError('OpsItemAlreadyExistsException', 'exists', { fields: { OpsItemId: open.id } });
			const id = `oi-${String(opsItems.length + 1).padStart(12, '0')}`;
			opsItems.push({ id, dedup, title: Title, description: Description, status: 'Open' });
			return { OpsItemId: id };
		},
		UpdateOpsItem({ OpsItemId, Title, Description, Status }: schemas.UpdateOpsItemCommandInput) {
			const item = opsItems.find(({ id }) => id === OpsItemId);
			if (!item) throw new AwsError('OpsItemNotFoundException', 'not found');
			item.title = Title ?? item.title;
			item.description = Description ?? item.description;
			item.status = Status ?? item.status;
			return {};
		},
	};
	return { definition: defineService({ name: 'ssm', protocol: PROTOCOLS.ssm, schemas, operations }), versions, labels, opsItems };
}

export async function createTestAws(options: { table?: false } = {}) {
	const ssm = fakeSsm();
	const log = new RequestLog();
	const dynamodb = createDynamoDb({ account: '111122223333', region: 'eu-west-1' });
	let at = Date.UTC(2026, 2, 2, 9);
	let fault: (call: Call) => AwsError | undefined = () => undefined;
	let ids = 0;
	const clock = { now: () => at, after: () => () => undefined, random: () => 0.5 };
	const wire = createWire({
		context: { clock, uuid: () => `request-${++ids}` },
		log,
		services: [ssm.definition],
		passthrough: [dynamodb],
		fault: (call) => fault(call),
		onDefect: (error) => {
			throw error;
		},
	});
	if (options.table !== false) {
		await dynamodb.createTables([
			{
				TableName: settings.tableName,
				BillingMode: 'PAY_PER_REQUEST',
				AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
				KeySchema: [
					{ AttributeName: 'pk', KeyType: 'HASH' },
					{ AttributeName: 'sk', KeyType: 'RANGE' },
				],
			},
		]);
	}
	const aws = createAws({
		region: 'eu-west-1',
		endpoint: 'http://127.0.0.1:4566',
		credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
		requestHandler: inProcess(wire) as never,
	});
	return {
		deps: {
			aws,
			now: () => at,
			log: { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() },
			count: vi.fn(),
			settings,
		},
		opsItems: ssm.opsItems,
		/** Stores a new version of a playbook. */
		put(name: string, source: string) {
			const parameter = `${settings.playbookPath}${name}`;
			ssm.versions.set(parameter, [...(ssm.versions.get(parameter) ?? []), source]);
		},
		/** Has an old version say something else. */
		rewrite: (name: string, version: number, source: string) =>
			ssm.versions.get(`${settings.playbookPath}${name}`)?.splice(version - 1, 1, source),
		remove: (name: string) => ssm.versions.delete(`${settings.playbookPath}${name}`),
		/** The version of a playbook that has the label `valid`. */
		valid: (name: string) => ssm.labels.get(`${settings.playbookPath}${name}`)?.get('valid'),
		/** Calls since the last time this was asked, as `ssm:CreateOpsItem`. */
		calls: (() => {
			let seen = 0;
			return () => {
				const entries = log.entries.slice(seen);
				seen = log.entries.length;
				return entries.map(({ service, operation }) => `${service}:${operation}`);
			};
		})(),
		pass(milliseconds: number) {
			at += milliseconds;
		},
		/** From now on calls end as `answer` says. */
		fail(answer: typeof fault) {
			fault = answer;
		},
	};
}
