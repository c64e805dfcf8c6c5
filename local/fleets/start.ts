/** The fleet of `npm start`: small, quick, and with one instance that already waits and whose event was never delivered. */

import type { Application, Behaviours, Patching } from '../aws/ec2-machine.ts';
import type { Fleet } from '../fleet.ts';
import type { FleetPatch } from '../fleet-patches.ts';

/**
 * Work on a node is short here, so that a drain takes 2 to 8 seconds from the instance's termination to its completed hook: the batching
 * windows of two queues take four of them, and Run Command's own way there and back up to two.
 */
const BRISK: Behaviours = {
	'drain-node': {
		durationSeconds: [0.4, 0.8],
		stdout: 'Waiting for open connections of {{ ServiceName }}.\nNo open connections left. Stopped {{ ServiceName }}.\n',
		oncePer: 'WorkId',
	},
	'collect-logs': {
		durationSeconds: [0.3, 0.6],
		stdout: 'Uploaded the logs of {{ ServiceName }} to s3://{{ Bucket }}/{{ Prefix }}/.\n',
		oncePer: 'WorkId',
	},
	'bootstrap-node': { durationSeconds: [0.5, 2], stdout: '{{ ServiceName }} is up.\n', oncePer: 'WorkId' },
	'*': { durationSeconds: [1, 3], stdout: 'Done.\n' },
};

const SECURITY = { os: 'AMAZON_LINUX_2023', classification: 'Security' } as const;

const PATCHES: readonly FleetPatch[] = [
	{ id: 'openssl-libs.x86_64', ...SECURITY, severity: 'Critical', released: '2026-01-13', cves: ['CVE-2026-0001'] },
	{ id: 'curl-minimal.x86_64', ...SECURITY, severity: 'Important', released: '2026-01-20' },
	{ id: 'tzdata.noarch', ...SECURITY, classification: 'Bugfix', severity: 'None', released: '2026-02-03' },
];

/** As brisk as the rest, and up to date. */
const PATCHING: Patching = {
	...{ os: 'AMAZON_LINUX_2023', scanSeconds: 2, secondsPerPatch: 1, restartSeconds: 5 },
	installed: PATCHES.map(({ id }) => id),
};

const rpm = (name: string, version: string, release: string, epoch: string): Application => ({
	...{ name, version, release, epoch, architecture: 'x86_64', publisher: 'Amazon Linux' },
});

/** The role of all nodes: they answer Systems Manager, and write the output of commands and the transcripts of sessions. */
const PROFILE = 'fleet-node';
const POLICIES = ['AmazonSSMManagedInstanceCore', 'fleetkeeper-local-node-eu-west-1', 'fleetkeeper-local-node-sessions-eu-west-1'];

export const START_FLEET: Fleet = {
	profiles: [{ name: PROFILE, policies: POLICIES }],
	patches: PATCHES,
	trails: [{ name: 'audit' }],
	activations: [{ name: 'press', role: 'fleetkeeper-local-hybrid-eu-west-1', limit: 5, expiresInHours: 72 }],
	groups: [
		{
			name: 'web-blue',
			min: 0,
			max: 12,
			bootSeconds: 4,
			registerSeconds: 4,
			profile: PROFILE,
			tags: { service: 'nginx', team: 'web', PatchGroup: 'test', 'fleetkeeper-sessions': 'local' },
			applications: [rpm('nginx', '1.26.2', '1.amzn2023.0.1', '1'), rpm('openssl', '3.0.8', '1.amzn2023.0.20', '1')],
			behaviours: BRISK,
			patching: PATCHING,
			hooks: [
				{ name: 'fleetkeeper-drain', on: 'terminate', heartbeatTimeoutSeconds: 1800, defaultResult: 'CONTINUE', metadata: 'fleetkeeper' },
				{ name: 'fleetkeeper-bootstrap', on: 'launch', heartbeatTimeoutSeconds: 600, defaultResult: 'ABANDON', metadata: 'fleetkeeper' },
			],
			nodes: [
				{ id: 'i-0b10e000000000001' },
				{ id: 'i-0b10e000000000002' },
				{ id: 'i-0b10e000000000003' },
				{ id: 'i-0b10e000000000004' },
				{
					id: 'i-0fee1dead0c0ffee0',
					state: 'Terminating:Wait',
					heldBy: [{ hook: 'fleetkeeper-drain', token: '5f0e1c1a-9b1d-4a4e-8a39-6d1c5d1c0de1', sinceSeconds: 20 }],
				},
			],
		},
		{
			name: 'batch-workers',
			min: 0,
			max: 6,
			bootSeconds: 4,
			registerSeconds: 4,
			profile: PROFILE,
			tags: { service: 'batch', team: 'data', PatchGroup: 'dev' },
			behaviours: BRISK,
			patching: PATCHING,
			hooks: [
				{ name: 'fleetkeeper-collect', on: 'terminate', heartbeatTimeoutSeconds: 900, defaultResult: 'CONTINUE', metadata: 'fleetkeeper' },
			],
			// One of them has missed a patch.
			nodes: [{ id: 'i-0ba7c000000000001' }, { id: 'i-0ba7c000000000002', patching: { installed: ['tzdata.noarch'] } }],
		},
		{
			name: 'api-green',
			min: 0,
			max: 6,
			bootSeconds: 4,
			registerSeconds: 4,
			profile: PROFILE,
			tags: { service: 'api', team: 'api', PatchGroup: 'prod', environment: 'prod' },
			// What the sample forbidden-software finds.
			applications: [rpm('openssl', '3.0.8', '1.amzn2023.0.18', '1'), rpm('telnet', '0.17', '83.amzn2023.0.2', '1')],
			behaviours: BRISK,
			patching: PATCHING,
			hooks: [{ name: 'codedeploy-terminate', on: 'terminate', heartbeatTimeoutSeconds: 600, defaultResult: 'CONTINUE' }],
			nodes: [{ id: 'i-0a919000000000001' }, { id: 'i-0a919000000000002' }],
		},
	],
};
