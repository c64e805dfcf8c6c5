import { describe, expect, it } from 'vitest';
import { compileInForce } from '../../../shared/playbook/in-force.ts';
import { compileSet } from '../../../shared/playbook/set.ts';
import { isAllowedDocument, settingsFrom } from '../../../shared/settings.ts';
import { DRAIN, REQUEST } from './samples.ts';

const SHARED = 'arn:aws:ssm:eu-west-1:444455556666:document/theirs';
const settings = settingsFrom({ STAGE: 'prod', ALLOWED_DOCUMENTS: `AWS-RestartEC2Instance, ${SHARED}` });

describe('a document', () => {
	it.each([
		['drain-node', true],
		['AWS-RestartEC2Instance', true],
		['arn:aws:ssm:eu-west-1::document/AWS-RestartEC2Instance', true],
		['arn:aws:ssm:eu-west-1::automation-definition/AWS-RestartEC2Instance:$DEFAULT', true],
		[`${SHARED}:3`, true],
		['arn:aws:ssm:eu-west-1:111122223333:document/fleetkeeper-prod-drain-node', true],
		['AWS-RunShellScript', false],
		['AWS-RestartEC2InstanceNow', false],
		['arn:aws:ssm:eu-west-1:444455556666:document/others', false],
		['arn:aws:ssm:eu-west-1:444455556666:document/AWS-RestartEC2Instance', false],
	])('%s may be run: %s', (name, allowed) => {
		expect(isAllowedDocument(settings, name)).toBe(allowed);
	});

	it('may be any where the setting is not known, and none but our own where it is empty', () => {
		expect(isAllowedDocument(settingsFrom({ STAGE: 'prod' }), 'AWS-RunShellScript')).toBe(true);
		const none = settingsFrom({ STAGE: 'prod', ALLOWED_DOCUMENTS: '' });
		expect(isAllowedDocument(none, 'AWS-RunShellScript')).toBe(false);
		expect(isAllowedDocument(none, 'drain-node')).toBe(true);
	});
});

describe('a playbook that names a document which its stage does not allow', () => {
	const text = (name: string, source: string) => ({ name, source, parameterVersion: 2 });
	const shell = DRAIN.replace('command: drain-node', 'command: AWS-RunShellScript');
	const message = 'run.command: stage prod does not allow AWS-RunShellScript; name it in the stage';

	it('is refused with the line, and what to do', () => {
		const { playbooks, problems } = compileSet([text('drain-web', shell), text('may-restart', REQUEST)], settings);
		expect(playbooks.map(({ playbook }) => playbook.name)).toEqual(['may-restart']);
		expect(problems).toMatchObject([
			{ name: 'drain-web', severity: 'error', path: 'run.command', hint: expect.stringContaining('allowedDocuments') },
		]);
	});

	it('is told which of those it lets people ask for', () => {
		const more = REQUEST.replace('[restart-node, AWS-RestartEC2Instance]', '[restart-node, AWS-RunShellScript]');
		expect(compileSet([text('may-restart', more)], settings).problems).toMatchObject([
			{ path: 'when.detail.runbook', message: 'stage prod does not allow AWS-RunShellScript' },
		]);
	});

	it('leaves what was in force, and says so', async () => {
		const before = compileSet([{ ...text('drain-web', DRAIN), parameterVersion: 1 }], settings);
		const stored = {
			set: { playbooks: before.playbooks, compiledAt: '' },
			sources: { 'drain-web': { parameterVersion: 1, valid: true } },
		};
		const { playbooks, sources } = await compileInForce([text('drain-web', shell)], stored, async () => [], settings);
		expect(playbooks).toEqual(before.playbooks);
		expect(sources['drain-web']?.problem).toContain(message);
		expect(sources['drain-web']?.problem).toContain('Version 1 stays in force.');
	});
});
