import { describe, expect, it } from 'vitest';
import { deployedDocument, outputBucket, PARTS, SettingsError, settingsFrom } from '../../shared/settings.ts';

const settings = settingsFrom({ STAGE: 'dev' });

describe('settings', () => {
	it('are names made of service and stage', () => {
		expect(settings).toMatchObject({
			stage: 'dev',
			tableName: 'fleetkeeper-dev',
			playbookPath: '/fleetkeeper/dev/playbooks/',
			documentPrefix: 'fleetkeeper-dev-',
			outputLogGroup: '/fleetkeeper/dev/command-output',
			retentionDays: 90,
		});
		expect(outputBucket(settings, '111122223333', 'eu-west-1')).toBe('fleetkeeper-dev-output-111122223333-eu-west-1');
	});

	it.each([undefined, ''])('need a stage (%j is none)', (STAGE) => {
		expect(() => settingsFrom(STAGE === undefined ? {} : { STAGE })).toThrow(/STAGE is missing.*STAGE=local/);
	});

	it.each(['Dev', '1dev', 'dev_1', 'a'.repeat(21)])('refuse the stage %j', (STAGE) => {
		expect(() => settingsFrom({ STAGE })).toThrow(SettingsError);
	});

	it.each(['0', '-1', '1.5', 'ninety'])('refuse %j days of retention', (RETENTION_DAYS) => {
		expect(() => settingsFrom({ STAGE: 'dev', RETENTION_DAYS })).toThrow(`RETENTION_DAYS is '${RETENTION_DAYS}'`);
	});

	it('name the parts that are on, where one is off', () => {
		const partsOf = (PARTS: string) => settingsFrom({ STAGE: 'dev', PARTS }).parts;
		expect(partsOf('events, alarms')).toEqual(['alarms', 'events']);
		for (const all of ['', PARTS.join()]) expect(partsOf(all)).toBeUndefined();
	});

	it('have a calendar where one is named', () => {
		expect(settingsFrom({ STAGE: 'dev', CALENDAR: 'freeze' }).calendar).toBe('freeze');
		expect(settingsFrom({ STAGE: 'dev', CALENDAR: '' })).not.toHaveProperty('calendar');
	});

	it('have patch groups where a function is told of them', () => {
		const patching = { successPercent: 95, groups: [] };
		expect(settingsFrom({ STAGE: 'dev', PATCHING: JSON.stringify(patching) }).patching).toEqual(patching);
		expect(settingsFrom({ STAGE: 'dev', PATCHING: '' })).not.toHaveProperty('patching');
	});

	it('take another retention', () => {
		expect(settingsFrom({ STAGE: 'dev', RETENTION_DAYS: '7' }).retentionDays).toBe(7);
	});
});

it('documents of our own are deployed under the stage, those of others stand as given', () => {
	expect(deployedDocument(settings, 'drain-node')).toBe('fleetkeeper-dev-drain-node');
	const shared = 'arn:aws:ssm:eu-west-1:444455556666:document/shared';
	for (const name of ['AWS-RunShellScript', 'AWSEC2-CreateVssSnapshot', 'AmazonCloudWatch-ManageAgent', shared]) {
		expect(deployedDocument(settings, name)).toBe(name);
	}
});
