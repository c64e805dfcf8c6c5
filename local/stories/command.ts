/** The story of `npm run demo -- command`: commands on many nodes, one of which has to be stopped. */

import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { countsText, tally } from '../../shared/kinds/command/nodes.ts';
import type { CommandOperation, NodeCounts, Operation } from '../../shared/operation/types.ts';
import type { Outcome } from '../aws/ec2-machine.ts';
import type { Command } from '../aws/ssm/command-model.ts';
import type { Fleet } from '../fleet.ts';
import type { Expectation, Story } from './story.ts';
import type { Terminal } from './terminal.ts';

const START = '2026-03-04T09:00:00Z';
const MINUTE = 60_000;
const NODES = 120;
/** What one SendCommand takes of ids. */
const IDS = 50;

const RESTART = 'restart-service';
const CLEAN_UP = 'free-disk-space';
const TOPIC = 'fleetkeeper-local-commands';
const CERTIFICATE = '/web/certificate-serial';

/** Of the restart that is asked for first. */
const CONCURRENCY = 12;
const ERRORS = 5;

const ids = Array.from({ length: NODES }, (_, index) => `i-0c0a${String(index + 1).padStart(13, '0')}`);
/** Every fourth of a rack of theirs has the old certificate. */
const OUTDATED = ids.slice(32, 88).filter((_, index) => index % 4 === 0);
/** Their disks are full of what nobody may remove. */
const FULL = [ids[20], ids[70]] as readonly string[];

const WELL: Outcome = { durationSeconds: [8, 40], stdout: '{{ ServiceName }} is restarted and running.\n', oncePer: 'WorkId' };
const UNWELL: Outcome = {
	...WELL,
	exitCode: 5,
	stdout: '{{ ServiceName }} is not running: its certificate has expired\n',
};
const CLEAN: Outcome = { durationSeconds: [5, 25], stdout: '{{ Path }} is 61% full\n', oncePer: 'WorkId' };
const STILL_FULL: Outcome = { ...CLEAN, exitCode: 6, stdout: '{{ Path }} is 94% full, and nothing is left that may go\n' };

const FLEET: Fleet = {
	groups: [
		{
			name: 'web-blue',
			min: 0,
			max: NODES,
			tags: { service: 'nginx' },
			behaviours: { [RESTART]: WELL, [CLEAN_UP]: CLEAN },
			nodes: ids.map((id) => ({
				id,
				behaviours: { ...(OUTDATED.includes(id) && { [RESTART]: UNWELL }), ...(FULL.includes(id) && { [CLEAN_UP]: STILL_FULL }) },
			})),
		},
	],
};

const isCommand = (operation: Operation): operation is CommandOperation => operation.kind === 'command';
const byTag = (operation: Operation): operation is CommandOperation => isCommand(operation) && operation.subject.on === 'tag:service=nginx';
const counts = ({ result }: Operation): NodeCounts | undefined => result?.nodes;

const EXPECTATIONS: readonly Expectation[] = [
	{
		part: `a restart of ${NODES} nodes by tag, ${CONCURRENCY} at a time, is stopped once more than ${ERRORS} have failed, and an OpsItem says so`,
		about: byTag,
		state: 'failed',
		opsItem: true,
		also: (operation) => {
			const { succeeded = 0, failed = 0, unstarted = 0 } = counts(operation) ?? {};
			const isWhole = succeeded + failed + unstarted === NODES && succeeded > 0 && unstarted > 0;
			return (
				isWhole && failed > ERRORS && failed <= ERRORS + CONCURRENCY && /more errors than MaxErrors/.test(operation.result?.reason ?? '')
			);
		},
	},
	{
		part: 'once the certificate is put right, the same goes well on the nodes that failed or were never started',
		about: (operation) => isCommand(operation) && operation.subject.document === RESTART && !byTag(operation),
		state: 'succeeded',
		also: (operation) => isCommand(operation) && operation.commands > 1 && counts(operation)?.succeeded === operation.nodes.succeeded,
	},
	{
		part: `a command on ${NODES} nodes by their ids is three, and ends with all of them accounted for: two could not be helped`,
		about: (operation) => isCommand(operation) && operation.subject.document === CLEAN_UP,
		state: 'failed',
		opsItem: true,
		also: (operation) => counts(operation)?.succeeded === NODES - FULL.length && counts(operation)?.failed === FULL.length,
	},
];

/** One story for what a command on many nodes can meet. */
export const COMMAND_STORY: Story = {
	name: 'command',
	title: 'Many nodes are restarted, and a threshold is tripped',
	startAt: START,
	minutes: 40,
	fleet: FLEET,
	topics: [TOPIC],
	faults: {},
	script(world, terminal) {
		const minute = (minutes: number, what: () => Promise<unknown>) =>
			world.at(Date.parse(START) + minutes * MINUTE, async () => {
				await what();
			});
		let first = '';
		minute(2, async () => {
			const target = ['--target', 'tag:service=nginx', '--parameter', 'ServiceName=nginx'];
			first = await run(terminal, RESTART, ...target, ...rate(`${(CONCURRENCY * 100) / NODES}%`, ERRORS), '--reason', 'a new certificate');
		});
		minute(10, () => terminal('show', first));
		minute(15, async () => {
			await world.aws.ssm.send(new PutParameterCommand({ Name: CERTIFICATE, Type: 'String', Value: '4f:1a:07' }));
			for (const id of OUTDATED) world.services.ssm.behave(id, { [RESTART]: WELL });
		});
		minute(16, () =>
			run(terminal, RESTART, '--failed-of', first, '--parameter', 'ServiceName=nginx', ...rate('50%', 0), '--reason', 'it is put right'),
		);
		minute(25, () => run(terminal, CLEAN_UP, '--target', `InstanceIds=${ids.join()}`, ...rate('25%', 3), '--reason', 'before the sale'));
	},
	expectations: EXPECTATIONS,
	outcomes(world, operations) {
		const commands = world.services.ssm.commands().toReversed();
		const [tripped, ...others] = commands;
		const again = others.filter(({ document }) => document.name.endsWith(RESTART));
		const cleanUps = others.filter(({ document }) => document.name.endsWith(CLEAN_UP));
		const missed = tripped === undefined ? [] : endsIn(tripped, /^(?!Success)/);
		const told = world.services.sns.publications.filter(({ topicArn }) => topicArn.endsWith(TOPIC)).map(({ message }) => message);
		return [
			{
				part: 'what is told of it is what Systems Manager has: who ran, who failed, who was never started',
				holds: tripped !== undefined && told[0]?.includes(countsAtAws(tripped)) === true,
			},
			{
				part: 'the second time no node is restarted that was restarted already, and in the end each was, once',
				holds: sameNodes(again.flatMap(nodesOf), missed) && restartedOnce(commands),
			},
			{
				part: 'of several commands each begins when the one before is over',
				holds: isOneAfterAnother(again) && isOneAfterAnother(cleanUps),
			},
			{
				part: 'and has what is left of the errors that all may have: 3, then 2, then 1',
				holds: cleanUps.map(({ maxErrors }) => maxErrors).join() === '3,2,1' && cleanUps.every((command) => nodesOf(command).length <= IDS),
			},
			{
				part: 'every command writes its output where its operation says that it is',
				holds: commands.every((command) => operations.some((operation) => isCommand(operation) && writesTo(command, operation.output))),
			},
			{
				part: 'SNS tells of each end, with its counts',
				holds: told.length === 3 && told.every((message) => /\d+ succeeded/.test(message)),
			},
		];
	},
};

const rate = (concurrency: string, errors: number) => ['--max-concurrency', concurrency, '--max-errors', String(errors)];

/** Asks for a command. @returns the id of its operation, or nothing where it was refused. */
async function run(terminal: Terminal, ...args: readonly string[]): Promise<string> {
	const { answer } = await terminal('run', ...args);
	return /Its operation is (\S+)/.exec(answer.join('\n'))?.[1] ?? '';
}

/** Nodes by what became of them. */
function endsIn({ invocations }: Command, details: RegExp): string[] {
	return [...invocations.values()].filter((each) => details.test(each.details)).map(({ instanceId }) => instanceId);
}

function countsAtAws({ id, invocations }: Command): string {
	const results = [...invocations.values()].map(({ instanceId, details }) => ({ node: instanceId, commandId: id, status: details }));
	return countsText(tally(results, results.length).counts);
}

const nodesOf = ({ invocations }: Command) => [...invocations.keys()];
const sameNodes = (some: readonly string[], others: readonly string[]) => some.toSorted().join() === others.toSorted().join();

function restartedOnce(commands: readonly Command[]): boolean {
	const restarts = commands.filter(({ document }) => document.name.endsWith(RESTART));
	return sameNodes(
		restarts.flatMap((command) => endsIn(command, /^Success/)),
		ids,
	);
}

function isOneAfterAnother(commands: readonly Command[]): boolean {
	const over = ({ invocations }: Command) => Math.max(...[...invocations.values()].map(({ endedAt = Infinity }) => endedAt));
	return (
		commands.length > 1 && commands.every(({ requestedAt }, index) => commands.slice(0, index).every((each) => over(each) <= requestedAt))
	);
}

function writesTo({ output: { bucket, prefix, cloudWatch } }: Command, { s3, logGroup }: CommandOperation['output']): boolean {
	return s3 === `s3://${bucket}/${prefix}/` && cloudWatch?.CloudWatchLogGroupName === logGroup;
}
