/** Who and what is there in the story of `npm run demo -- fleet`: nodes, machines, people, and the playbooks for their daily care. */

import type { Application, Machine, Outcome } from '../aws/ec2-machine.ts';
import type { Fleet, FleetNode } from '../fleet.ts';

const ids = (group: string, count: number) =>
	Array.from({ length: count }, (_, index) => `i-0${group}${String(index + 1).padStart(14, '0')}`);

/** Amazon Linux. */
export const WEB = ids('eb', 3) as unknown as readonly [string, string, string];
/** It falls silent. */
export const LOST = WEB[2];
/** Ubuntu. */
export const API = ids('a1', 2) as unknown as readonly [string, string];
/** Launched by hand, without an instance profile. */
export const REPORTS = 'i-0de00000000000001';
/** A machine that was scrapped, and whose registration was forgotten. */
export const SCRAPPED = 'mi-05c4a99ed00000001';
const SCRAPPED_DAYS = 41;
/** Machines on premises that are to join. */
export const PRESSES = ['press-1', 'press-2'] as const;
export const PRESS: Machine = {
	...{ platform: 'Linux', bootSeconds: 10, registerSeconds: 15, behaviours: {} },
	applications: [{ name: 'press-control', version: '4.2', release: '1', architecture: 'x86_64' }],
};

/** May open sessions by the operators' policy, and by nothing else. */
export const ANNA = 'anna';
/** An administrator: no policy of ours holds him back. */
export const BERT = 'bert';

const TRAIL = 'audit';
export const SESSIONS = 'fleetkeeper-local-session';
export const NODE_PROFILE = 'fleetkeeper-local-node-eu-west-1';
const SHOP_PROFILE = 'shop';

const RPM_FIXED = { version: '3.0.8', release: '1.amzn2023.0.20', epoch: '1' } as const;
const DEB_FIXED = '3.0.2-0ubuntu1.18';

const rpm = (name: string, version: string, release: string, epoch?: string): Application => ({
	...{ name, version, release, architecture: 'x86_64', packageId: `${name}-${version}-${release}.src.rpm` },
	...{ publisher: 'Amazon Linux', ...(epoch !== undefined && { epoch }) },
});
const deb = (name: string, version: string): Application => ({
	...{ name, version, architecture: 'amd64', packageId: `${name}_${version}_amd64.deb`, publisher: 'Ubuntu Developers' },
});

const WEB_FIXED = rpm('openssl', RPM_FIXED.version, RPM_FIXED.release, RPM_FIXED.epoch);
const WEB_VULNERABLE = rpm('openssl', RPM_FIXED.version, '1.amzn2023.0.18', RPM_FIXED.epoch);
const WEB_TELNET = rpm('telnet', '0.17', '83.amzn2023.0.2', '1');
const API_FIXED = deb('openssl', DEB_FIXED);
const API_VULNERABLE = deb('openssl', '3.0.2-0ubuntu1.15');
const API_TELNET = deb('telnet', '0.17-44build1');

/** Nodes that have telnet, and those whose openssl is too old. */
export const WITH_TELNET: readonly string[] = [WEB[0], WEB[1], API[0]];
export const VULNERABLE: readonly string[] = [WEB[0], WEB[1], API[1]];
export const OUTDATED = API[1];
const OLD_AGENT = '3.3.131.0';

const REMOVED: Outcome = { durationSeconds: [4, 9], stdout: 'Removed: telnet.\n', oncePer: 'WorkId', removes: 'telnet' };
const upgraded = (installs: Application): Outcome => ({ durationSeconds: [6, 12], stdout: 'Complete!\n', installs });

function node(id: string, telnet: Application, fixed: Application, vulnerable: Application): FleetNode {
	return {
		...{ id, ...(id === OUTDATED && { agentVersion: OLD_AGENT }) },
		applications: [VULNERABLE.includes(id) ? vulnerable : fixed, ...(WITH_TELNET.includes(id) ? [telnet] : [])],
	};
}

const PROD = { service: 'shop', environment: 'prod', PatchGroup: 'prod' } as const;
const AL2023 = { os: 'AMAZON_LINUX_2023', installed: ['openssl-libs.x86_64'], scanSeconds: 5 } as const;
const UBUNTU = { os: 'UBUNTU', scanSeconds: 5 } as const;

export const FLEET: Fleet = {
	groups: [
		{
			...{ name: 'shop-web', min: 0, max: WEB.length, profile: SHOP_PROFILE, patching: AL2023 },
			tags: { ...PROD, tier: 'web', 'fleetkeeper-sessions': 'local' },
			applications: [rpm('nginx', '1.26.2', '1.amzn2023.0.1', '1')],
			behaviours: { 'remove-packages': REMOVED, 'AWS-RunShellScript': upgraded(WEB_FIXED) },
			nodes: WEB.map((id) => node(id, WEB_TELNET, WEB_FIXED, WEB_VULNERABLE)),
		},
		{
			...{ name: 'shop-api', min: 0, max: API.length, profile: SHOP_PROFILE, patching: UBUNTU },
			tags: { ...PROD, tier: 'api' },
			applications: [deb('nodejs', '22.12.0-1nodesource1')],
			behaviours: { 'remove-packages': REMOVED, 'AWS-RunShellScript': upgraded(API_FIXED) },
			nodes: API.map((id) => node(id, API_TELNET, API_FIXED, API_VULNERABLE)),
		},
		{ name: 'shop-reports', min: 0, max: 1, tags: { service: 'shop' }, nodes: [{ id: REPORTS }] },
	],
	machines: [{ id: SCRAPPED, name: 'till-7', tags: { site: 'ghent' }, agent: 'lost', silentDays: SCRAPPED_DAYS }],
	profiles: [{ name: SHOP_PROFILE, policies: ['AmazonSSMManagedInstanceCore', 'fleetkeeper-local-node-sessions-eu-west-1'] }],
	patches: [{ id: 'openssl-libs.x86_64', os: AL2023.os, classification: 'Security', severity: 'Important', released: '2026-02-10' }],
	operators: [{ name: ANNA, policies: ['fleetkeeper-local-sessions-eu-west-1'] }],
	trails: [{ name: TRAIL }],
	defaultHostManagement: false,
};

const FORBIDDEN = `name: forbidden-software
priority: 110
on: inventory
when:
  tags: { environment: [prod] }
software:
  forbidden: [telnet, telnet-server, { prefix: rsh }]
run:
  command: remove-packages
  parameters: { Packages: "telnet,telnet-server" }
  timeout: 15m
opsItem: { severity: "2", category: Security }
`;

/** Nobody upgrades a library of production unasked: people are told. */
const OPENSSL = `name: openssl-floor
priority: 120
on: inventory
when:
  tags: { environment: [prod] }
software:
  below:
    - name: openssl
      version: { rpm: "${RPM_FIXED.epoch}:${RPM_FIXED.version}-${RPM_FIXED.release}", deb: "${DEB_FIXED}" }
opsItem: { severity: "2", category: Security }
`;

const remedy = (name: string, priority: number, cause: string, automation: string) => `name: ${name}
priority: ${priority}
on: event
when:
  source: [fleetkeeper.agents]
  detail-type: [Agent Finding]
  detail: { cause: [${cause}] }
about: [$.detail.node, $.detail.cause]
run:
  automation: ${automation}
  parameters: { InstanceId: $.detail.node }
  timeout: 2h
then:
  onFailure: { opsItem: { severity: "3", category: Availability } }
limits: { concurrent: 5 }
`;

export const PLAYBOOKS = {
	// In place of the sample, which only observes.
	'forbidden-software': FORBIDDEN,
	'openssl-floor': OPENSSL,
	'attach-profiles': remedy('attach-profiles', 310, 'no-profile', 'attach-instance-profile'),
	'update-agents': remedy('update-agents', 320, 'outdated', 'update-agent'),
} as const;
