import { describe, expect, it } from 'vitest';
import { changed, compiled, problemsOf, tells } from './problems.ts';
import { REQUEST } from './samples.ts';

describe('a playbook for requests', () => {
	const RUNBOOK = 'runbook: [restart-node, AWS-RestartEC2Instance]';
	const LOOSE = 'whoever may send requests could start documents that nobody meant';

	describe('is told what is wrong', () => {
		tells(REQUEST, [
			[
				RUNBOOK,
				'requestedBy: [ana]',
				'6:5 when.detail: names no runbook or command: whoever may send requests could start any document; write each runbook',
			],
			[RUNBOOK, 'runbook: [{ prefix: restart- }]', `6:15 when.detail.runbook[0]: prefix does not name runbooks: ${LOOSE}`],
			[
				RUNBOOK,
				'runbook: [restart-node, { anything-but: AWS-RunShellScript }]',
				`6:29 when.detail.runbook[1]: anything-but does not name runbooks: ${LOOSE}`,
			],
			[RUNBOOK, 'runbook: [{ equals-ignore-case: restart-node }]', 'equals-ignore-case does not name runbooks'],
			[RUNBOOK, 'runbook: [{ wildcard: "restart-*" }]', 'wildcard does not name runbooks'],
			[RUNBOOK, 'runbook: [{ exists: true }]', 'exists does not name runbooks'],
			[RUNBOOK, 'runbook: [null]', 'null is not the name of a runbook'],
			[RUNBOOK, 'runbook: ["restart node"]', "'restart node' is not the name of a runbook; write the name of a file of runbooks/"],
			[RUNBOOK, 'runbook: { name: [restart-node] }', '6:14 when.detail.runbook: is text, and has no fields of its own; write each runbook'],
			[RUNBOOK, 'runbook.name: [restart-node]', 'names no runbook'],
			[RUNBOOK, 'parameters: { runbook: [restart-node] }', 'names no runbook'],
			[RUNBOOK, 'command: [{ prefix: restart- }]', `6:15 when.detail.command[0]: prefix does not name commands: ${LOOSE}`],
			[RUNBOOK, 'command: ["restart service"]', "'restart service' is not the name of a command"],
			[
				RUNBOOK,
				'runbook: [restart-node]\n    command: [restart-service]',
				'6:5 when.detail: asks for runbook and command, and a request has one of them: nothing matches; write $or: [{ runbook: [...] }, { command: [...] }]',
			],
			[
				RUNBOOK,
				'command: [restart-service]\n    $or: [{ runbook: [restart-node] }, { requestedBy: [ana] }]',
				'when.detail.$or[0]: asks for command and runbook',
			],
			['  timeout: 1h', '  timeout: 1h\n  deliverWithin: 2h', '9:18 run.deliverWithin: 2h is longer than the timeout of 1h'],
			[
				RUNBOOK,
				'$or: [{ runbook: [restart-node] }, { requestedBy: [ana] }]',
				'6:40 when.detail.$or[1]: this branch names no runbook or command, and none is named beside $or',
			],
			[
				'  timeout: 1h',
				'  timeout: 1h\n  automation: restart-node',
				'9:3 run.automation: is for instance-terminating, instance-launching, alarm, noncompliant, event, not for request; leave it out',
			],
			['  timeout: 1h', '  timeout: 1h\n  parameters: { A: b }', '9:3 run.parameters: is for'],
			['  timeout: 1h', '  timeout: 1h\n  node: i-0fee1dead', '9:3 run.node: is for alarm, noncompliant, event, not for request'],
			['run:\n  timeout: 1h\n', '', '1:1 run: is missing'],
			['timeout: 1h', 'timeout: 5s', '8:12 run.timeout: 5s is impossible: reaching a node takes up to 30s'],
		]);
	});

	it.each([
		'runbook: ["arn:aws:ssm:eu-west-1:111122223333:document/Restart"]',
		'$or: [{ runbook: [restart-node], requestedBy: [ana] }, { runbook: [AWS-RestartEC2Instance] }]',
		'runbook: [restart-node]\n    $or: [{ requestedBy: [ana] }, { requestedBy: [{ prefix: "ops-" }] }]',
		'command: [restart-service, AWS-ConfigureAWSPackage]',
		'$or: [{ runbook: [restart-node] }, { command: [restart-service], maxErrors: ["0"] }]',
	])('is named by %s', (by) => {
		expect(problemsOf(changed(REQUEST, RUNBOOK, by))).toEqual([]);
	});

	it('is compiled: document and parameters come with the request', () => {
		expect(compiled(REQUEST)).toEqual({
			name: 'may-restart',
			priority: 100,
			on: 'request',
			when: { detail: { runbook: ['restart-node', 'AWS-RestartEC2Instance'] } },
			run: { timeoutSeconds: 3_600 },
			then: { onFailure: { opsItem: { severity: '3' } } },
		});
	});
});
