import { describe, expect, it } from 'vitest';
import { alarmUrl, commandUrl, executionUrl } from '../../../shared/context/console.ts';

describe('A link to an alarm', () => {
	it('names the Region twice and the alarm once', () => {
		expect(alarmUrl('eu-west-1', 'cpu-high')).toBe(
			'https://eu-west-1.console.aws.amazon.com/cloudwatch/deeplink.js?region=eu-west-1#alarmsV2:alarm/cpu-high',
		);
	});

	it('has no character that ends a link in a text, whatever the name has', () => {
		const name = "TargetTracking-table/orders (50%) 'now'!*";

		const url = alarmUrl('eu-west-1', name);
		const [, written = ''] = url.split('#alarmsV2:alarm/');

		expect(written).toMatch(/^[\w.%-]+$/);
		expect(decodeURIComponent(written)).toBe(name);
	});

	it('goes to the console of the partition', () => {
		expect(alarmUrl('cn-north-1', 'a')).toMatch(/^https:\/\/cn-north-1\.console\.amazonaws\.cn\/cloudwatch\//);
		expect(alarmUrl('us-gov-west-1', 'a')).toMatch(/^https:\/\/us-gov-west-1\.console\.amazonaws-us-gov\.com\/cloudwatch\//);
	});
});

describe('A link to work', () => {
	it('leads to the execution of a runbook, or to a command', () => {
		expect(executionUrl('eu-west-1', 'e-1')).toBe(
			'https://eu-west-1.console.aws.amazon.com/systems-manager/automation/execution/e-1?region=eu-west-1',
		);
		expect(commandUrl('eu-west-1', 'c-1')).toBe(
			'https://eu-west-1.console.aws.amazon.com/systems-manager/run-command/c-1?region=eu-west-1',
		);
	});
});
