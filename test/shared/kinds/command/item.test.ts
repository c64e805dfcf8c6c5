import { describe, expect, it } from 'vitest';
import { commandItem } from '../../../../shared/kinds/command/item.ts';
import { NONE } from '../../../../shared/kinds/command/nodes.ts';
import { aCommand, WEB_SERVERS } from '../../../support/operations.ts';

const FAILED = { state: 'failed', reason: '2 failed', then: { opsItem: { severity: '3' } }, pending: [] } as const;

describe('the OpsItem of a command on many nodes', () => {
	const notable = Array.from({ length: 30 }, (_, n) => ({
		node: `i-${n}`,
		commandId: 'command-1',
		status: 'Failed',
		output: 'x'.repeat(300),
	}));
	const operation = aCommand({ ending: FAILED, result: { reason: '2 failed', nodes: { ...NONE, failed: 2 } }, notable });

	it('says what did not succeed, who asked for it, and where its output is', () => {
		const item = commandItem(operation);
		expect(item.title).toBe('restart-service did not succeed on all nodes (commands-on-request)');
		expect(item.line).toBe(`restart-service on tag:service=nginx, asked for by anna: 2 failed [${operation.id}]`);
		expect(item.spec).toEqual({ severity: '3' });
		const [standing = ''] = Object.values(item.own);
		expect(JSON.parse(standing)).toMatchObject({
			requestReason: 'a new certificate',
			nodes: { failed: 2 },
			output: 's3://output/commands/1/',
		});
		expect(JSON.parse(standing).notable).toHaveLength(10);
	});

	it('is one for all commands of a document under a playbook', () => {
		const another = aCommand({ subject: { ...WEB_SERVERS, requestId: 'CHG-4712' }, ending: FAILED });
		expect(commandItem(another).key).toBe(commandItem(operation).key);
		const ofAnother = aCommand({ subject: { ...WEB_SERVERS, document: 'collect-logs' }, ending: FAILED });
		expect(commandItem(ofAnother).key).not.toBe(commandItem(operation).key);
	});
});
