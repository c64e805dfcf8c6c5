import { beforeEach, describe, expect, it } from 'vitest';
import { ALARM, DRAIN, drainAs, EVENT, REQUEST } from '../shared/playbook/samples.ts';
import { aProject, RUNBOOK } from './checking.ts';

const { remove, run, write } = aProject();

describe('check', () => {
	it('says how many playbooks there are, and ends with 0 where all are right', async () => {
		expect(await run()).toEqual({ status: 0, out: ['1 playbook, no errors'], err: [] });
	});

	it('warns of a playbook that only observes: nobody may complete its hook', async () => {
		write('playbooks/drain-web.yaml', `${DRAIN}mode: observe\n`);
		const { status, err } = await run();
		expect([status, err]).toEqual([0, [expect.stringMatching(/^playbooks\/drain-web\.yaml:16:7 warning: mode: .*own timeout/)]]);
	});

	it('prints every problem with its line, and ends with 1', async () => {
		write('playbooks/drain-web.yaml', DRAIN.replace('2h', '15 min'));
		write('playbooks/other.yaml', drainAs('other', 100));
		write('playbooks/third.yaml', drainAs('third', 100));
		const { status, out, err } = await run();
		expect(err).toEqual([
			"playbooks/drain-web.yaml:15:12 run.timeout: '15 min' is not a duration; write 90s, 15m, 2h or 1d",
			'playbooks/other.yaml:2:11 priority: 100 is the priority of both other and third for instance-terminating',
			'playbooks/third.yaml:2:11 priority: 100 is the priority of both third and other for instance-terminating',
		]);
		expect([status, out]).toEqual([1, ['3 playbooks, 3 errors']]);
	});

	it('ends with 0 where there are only warnings', async () => {
		write('playbooks/drain-web.yaml', DRAIN.replace('"120"', '"$.detail.Origin"'));
		const { status, out, err } = await run();
		expect([status, out, err.length]).toEqual([0, ['1 playbook, no errors, 1 warning'], 1]);
	});

	it('warns of a document that the settings of the stage do not allow', async () => {
		write('serverless.yml', 'params: { default: { allowedDocuments: "" }, prod: { allowedDocuments: AWS-RunShellScript } }');
		write('playbooks/drain-web.yaml', DRAIN.replace('command: drain-node', 'command: AWS-RunShellScript'));
		const { status, err } = await run();
		expect([status, err]).toEqual([
			0,
			[
				expect.stringMatching(
					/^playbooks\/drain-web\.yaml:\d+:\d+ warning: run\.command: stage local does not allow AWS-RunShellScript; name it/,
				),
			],
		]);
		expect((await run(['--stage', 'prod'])).err).toEqual([]);
	});

	it.each([
		['command: drain-node', 'command: drain-nodes', 'run.command: there is no file runbooks/drain-nodes.yaml'],
		[
			'command: drain-node',
			'automation: drain-node',
			'run.automation: runbooks/drain-node.yaml is Command, not Automation; write command: drain-node',
		],
		[
			'GraceSeconds',
			'GracSeconds',
			'run.parameters.GracSeconds: runbooks/drain-node.yaml has no parameter GracSeconds; did you mean GraceSeconds?',
		],
		['"120"', '"two"', "run.parameters.GraceSeconds: runbooks/drain-node.yaml does not take 'two': it must match ^[0-9]{1,4}$"],
	])('holds a playbook with %s -> %s against the runbook', async (what, by, message) => {
		write('playbooks/drain-web.yaml', DRAIN.replace(what, by));
		const { status, err } = await run();
		expect([status, err.length]).toEqual([1, 1]);
		expect(err[0]).toContain(message);
	});

	it.each([
		['source: [aws.ec2]\n  detail-type: [EC2 Instance State-change Notification]', 1],
		['source: [aws.ec2]\n  detail-type: [{ prefix: EC2 Spot }]', 0],
		['source: [aws.ec2]\n  detail-type: [EC2 Spot Instance Interruption Warning]\n  detail: { instance-action: [stop] }', 0],
		['source: [aws.guardduty]', 1],
		['$or: [{ source: [aws.ec2] }, { source: [aws.health] }]', 0],
	])('warns of a playbook whose events never come: with the pattern %j it warns %i times', async (pattern, warnings) => {
		remove('playbooks/drain-web.yaml');
		write('playbooks/spot-drain.yaml', EVENT);
		write('infra/event-patterns.yml', `spot:\n  ${pattern}\n`);
		const { status, err } = await run();
		const warning = 'no pattern of infra/event-patterns.yml lets such events in: nothing happens; add one there, and deploy';
		expect([status, err]).toEqual([0, Array(warnings).fill(`playbooks/spot-drain.yaml:5:3 warning: when: ${warning}`)]);
	});

	it('misses a parameter that the runbook needs', async () => {
		write('runbooks/drain-node.yaml', RUNBOOK.replace('nginx }', 'nginx }\n  Bucket: { type: String }'));
		expect((await run()).err).toEqual([
			'playbooks/drain-web.yaml:13:5 run.parameters: runbooks/drain-node.yaml needs the parameter Bucket',
		]);
	});

	describe('looks for every document that a playbook names', () => {
		const AUTOMATION = 'schemaVersion: "0.3"\nparameters:\n  InstanceId: { type: String }\nmainSteps: []\n';
		beforeEach(() => {
			write('runbooks/restart-service.yaml', RUNBOOK);
			write('runbooks/restart-node.yaml', AUTOMATION);
			write('playbooks/web-cpu.yaml', ALARM);
			write('playbooks/may-restart.yaml', REQUEST);
			write('playbooks/spot-drain.yaml', EVENT);
		});

		it('and finds nothing wrong where all are there: operators and requests give parameters themselves', async () => {
			expect(await run()).toEqual({ status: 0, out: ['4 playbooks, no errors'], err: [] });
		});

		it('those of work, of operators and of requests', async () => {
			remove('runbooks/restart-service.yaml');
			remove('runbooks/restart-node.yaml');
			expect((await run()).err).toEqual([
				'playbooks/may-restart.yaml:6:14 when.detail.runbook: there is no file runbooks/restart-node.yaml',
				'playbooks/web-cpu.yaml:8:12 run.command: there is no file runbooks/restart-service.yaml',
				'playbooks/web-cpu.yaml:15:14 opsItem.runbooks[0]: there is no file runbooks/restart-node.yaml',
			]);
		});

		it('which are Automation runbooks where nobody but SSM Automation could start them', async () => {
			write('runbooks/restart-node.yaml', RUNBOOK);
			expect((await run()).err).toEqual([
				'playbooks/may-restart.yaml:6:14 when.detail.runbook: runbooks/restart-node.yaml is Command, not Automation',
				'playbooks/web-cpu.yaml:15:14 opsItem.runbooks[0]: runbooks/restart-node.yaml is Command, not Automation',
			]);
		});
	});

	it('refuses a file that would not be deployed', async () => {
		write('playbooks/late.yml', drainAs('late', 5));
		expect((await run()).err).toEqual(['playbooks/late.yml:1:1 is passed over: the file of a playbook ends in .yaml']);
	});

	it('takes another folder, and says where there is none', async () => {
		write('draft/drain-web.yaml', DRAIN.replace('2h', 'soon'));
		expect((await run(['draft'])).err[0]).toContain('draft/drain-web.yaml:15:12');
		expect(await run(['nowhere'])).toMatchObject({
			status: 1,
			err: ["check: there is no folder 'nowhere' to check; name the folder of your playbooks"],
		});
		expect((await run(['--wrong'])).err.join()).toContain('usage: fleet -- check [folder]');
	});
});
