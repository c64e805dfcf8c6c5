/** The schema of fleets. */

import * as z from 'zod/mini';

const seconds = z.number().check(z.minimum(0));
const texts = z.record(z.string(), z.string());
const application = z.strictObject({
	name: z.string(),
	version: z.string(),
	release: z.optional(z.string()),
	epoch: z.optional(z.string()),
	publisher: z.optional(z.string()),
	architecture: z.optional(z.string()),
	type: z.optional(z.string()),
	packageId: z.optional(z.string()),
});
const applications = z.array(application);
const outcome = z.strictObject({
	exitCode: z.optional(z.int()),
	stdout: z.optional(z.string()),
	stderr: z.optional(z.string()),
	durationSeconds: z.optional(z.union([seconds, z.tuple([seconds, seconds])])),
	hangs: z.optional(z.boolean()),
	step: z.optional(z.string()),
	oncePer: z.optional(z.string()),
	removes: z.optional(z.string()),
	installs: z.optional(application),
});
const behaviours = z.record(z.string(), z.union([outcome, z.array(outcome)]));
const systems = [
	...['AMAZON_LINUX', 'AMAZON_LINUX_2', 'AMAZON_LINUX_2022', 'AMAZON_LINUX_2023', 'UBUNTU', 'REDHAT_ENTERPRISE_LINUX', 'SUSE'],
	...['CENTOS', 'ORACLE_LINUX', 'DEBIAN', 'RASPBIAN', 'ROCKY_LINUX', 'ALMA_LINUX', 'MACOS', 'WINDOWS'],
];
const patching = {
	product: z.optional(z.string()),
	installed: z.optional(z.array(z.string())),
	failing: z.optional(z.array(z.string())),
	scanSeconds: z.optional(seconds),
	secondsPerPatch: z.optional(seconds),
	restartSeconds: z.optional(seconds),
	comesBack: z.optional(z.boolean()),
};
const os = z.enum(systems);
const platform = z.enum(['Linux', 'Windows', 'MacOS']);
const agent = z.enum(['online', 'lost', 'deaf', 'none']);
/** What `fleet.ts` says of a fleet, for one that comes as text. */
export const FLEET = z.strictObject({
	groups: z.array(
		z.strictObject({
			name: z.string(),
			min: z.int(),
			max: z.int(),
			desired: z.optional(z.int()),
			platform: z.optional(platform),
			bootSeconds: z.optional(seconds),
			registerSeconds: z.optional(z.nullable(seconds)),
			tags: z.optional(texts),
			behaviours: z.optional(behaviours),
			patching: z.optional(z.strictObject({ os, ...patching })),
			hooks: z.optional(
				z.array(
					z.strictObject({
						name: z.string(),
						on: z.enum(['launch', 'terminate']),
						heartbeatTimeoutSeconds: z.optional(z.int().check(z.minimum(30), z.maximum(7200))),
						defaultResult: z.optional(z.enum(['CONTINUE', 'ABANDON'])),
						metadata: z.optional(z.string()),
					}),
				),
			),
			warmPool: z.optional(
				z.strictObject({
					minSize: z.int(),
					maxPrepared: z.optional(z.int()),
					poolState: z.enum(['Stopped', 'Running']),
					reuseOnScaleIn: z.optional(z.boolean()),
				}),
			),
			retainOnAbandon: z.optional(z.boolean()),
			profile: z.optional(z.string()),
			applications: z.optional(applications),
			agentVersion: z.optional(z.string()),
			launches: z.optional(
				z.array(
					z.strictObject({
						behaviours: z.optional(behaviours),
						registerSeconds: z.optional(z.nullable(seconds)),
						bootSeconds: z.optional(seconds),
					}),
				),
			),
			nodes: z.array(
				z.strictObject({
					id: z.string().check(z.regex(/^i-[0-9a-f]{17}$/)),
					state: z.optional(z.string()),
					agent: z.optional(agent),
					tags: z.optional(texts),
					behaviours: z.optional(behaviours),
					patching: z.optional(z.strictObject({ os: z.optional(os), ...patching })),
					applications: z.optional(applications),
					agentVersion: z.optional(z.string()),
					httpTokens: z.optional(z.enum(['optional', 'required'])),
					heldBy: z.optional(z.array(z.strictObject({ hook: z.string(), token: z.string().check(z.length(36)), sinceSeconds: seconds }))),
				}),
			),
		}),
	),
	profiles: z.optional(z.array(z.strictObject({ name: z.string(), policies: z.array(z.string()) }))),
	operators: z.optional(z.array(z.strictObject({ name: z.string(), policies: z.array(z.string()) }))),
	defaultHostManagement: z.optional(z.boolean()),
	network: z.optional(z.strictObject({ internet: z.optional(z.boolean()), endpoints: z.optional(z.array(z.string())) })),
	activations: z.optional(
		z.array(
			z.strictObject({
				name: z.string(),
				role: z.string(),
				limit: z.optional(z.int()),
				registered: z.optional(z.int()),
				expiresInHours: z.optional(z.number()),
			}),
		),
	),
	trails: z.optional(z.array(z.strictObject({ name: z.string() }))),
	machines: z.optional(
		z.array(
			z.strictObject({
				id: z.string().check(z.regex(/^mi-[0-9a-f]{17}$/)),
				name: z.string(),
				platform: z.optional(platform),
				agent: z.optional(agent),
				silentDays: z.optional(z.number().check(z.positive())),
				tags: z.optional(texts),
				behaviours: z.optional(behaviours),
				patching: z.optional(z.strictObject({ os, ...patching })),
				applications: z.optional(applications),
				agentVersion: z.optional(z.string()),
			}),
		),
	),
	resourceGroups: z.optional(z.array(z.strictObject({ name: z.string(), tags: texts }))),
	patches: z.optional(
		z.array(
			z.strictObject({
				id: z.string(),
				os,
				title: z.optional(z.string()),
				classification: z.string(),
				severity: z.string(),
				released: z.iso.date(),
				product: z.optional(z.string()),
				priority: z.optional(z.string()),
				section: z.optional(z.string()),
				cves: z.optional(z.array(z.string())),
			}),
		),
	),
	buckets: z.optional(z.array(z.strictObject({ name: z.string(), blocksPublicAccess: z.optional(z.boolean()) }))),
	securityGroups: z.optional(
		z.array(
			z.strictObject({
				id: z.string().check(z.regex(/^sg-[0-9a-f]{17}$/)),
				name: z.string(),
				open: z.array(z.strictObject({ port: z.int(), cidr: z.string() })),
			}),
		),
	),
});
