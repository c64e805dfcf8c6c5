/** AWS-managed rules, by their identifiers. They judge the shape that Config records. */

import { isRecord } from '../schema.ts';
import type { Evaluator, RuleSettings } from './model.ts';

interface ManagedRule extends Pick<RuleSettings, 'onChange' | 'every'> {
	/** Empty: whatever is in the scope it is given. */
	readonly resourceTypes: readonly string[];
	readonly evaluate: Evaluator;
}

const REQUIRED_TAGS_MOST = 6;

const requiredTags: Evaluator = ({ tags }, parameters) => {
	for (let number = 1; number <= REQUIRED_TAGS_MOST; number++) {
		const key = parameters[`tag${number}Key`];
		const values = parameters[`tag${number}Value`]?.split(',').map((value) => value.trim());
		const value = key === undefined ? undefined : tags[key];
		if (key !== undefined && (value === undefined || (values && !values.includes(value)))) return 'NON_COMPLIANT';
	}
	return 'COMPLIANT';
};

/** A permission to everybody that covers the port. */
const openTo =
	(port: number): Evaluator =>
	({ configuration }) => {
		const permissions = list(configuration['ipPermissions']);
		const open = permissions.some((permission) => covers(permission, port) && sources(permission).some((source) => EVERYBODY.has(source)));
		return open ? 'NON_COMPLIANT' : 'COMPLIANT';
	};
const EVERYBODY = new Set<unknown>(['0.0.0.0/0', '::/0']);

const PUBLIC_ACCESS_BLOCKS = ['blockPublicAcls', 'ignorePublicAcls', 'blockPublicPolicy', 'restrictPublicBuckets'];

export const MANAGED_RULES: Readonly<Record<string, ManagedRule>> = {
	EC2_IMDSV2_CHECK: {
		onChange: true,
		resourceTypes: ['AWS::EC2::Instance'],
		evaluate: ({ configuration }) =>
			member(configuration, 'metadataOptions')['httpTokens'] === 'required' ? 'COMPLIANT' : 'NON_COMPLIANT',
	},
	REQUIRED_TAGS: { onChange: true, resourceTypes: [], evaluate: requiredTags },
	INCOMING_SSH_DISABLED: { onChange: true, every: 'TwentyFour_Hours', resourceTypes: ['AWS::EC2::SecurityGroup'], evaluate: openTo(22) },
	S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED: {
		onChange: true,
		resourceTypes: ['AWS::S3::Bucket'],
		evaluate({ supplementaryConfiguration = {} }) {
			const block = member(supplementaryConfiguration, 'PublicAccessBlockConfiguration');
			return PUBLIC_ACCESS_BLOCKS.every((setting) => block[setting] === true) ? 'COMPLIANT' : 'NON_COMPLIANT';
		},
	},
	S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED: {
		onChange: true,
		resourceTypes: ['AWS::S3::Bucket'],
		evaluate({ supplementaryConfiguration = {} }) {
			const { rules } = member(supplementaryConfiguration, 'ServerSideEncryptionConfiguration');
			return list(rules).length > 0 ? 'COMPLIANT' : 'NON_COMPLIANT';
		},
	},
	S3_DEFAULT_ENCRYPTION_KMS: {
		onChange: true,
		resourceTypes: ['AWS::S3::Bucket'],
		evaluate({ supplementaryConfiguration = {} }) {
			const [rule = {}] = list(member(supplementaryConfiguration, 'ServerSideEncryptionConfiguration')['rules']);
			const algorithm = String(member(rule, 'applyServerSideEncryptionByDefault')['sseAlgorithm']);
			return algorithm.startsWith('aws:kms') ? 'COMPLIANT' : 'NON_COMPLIANT';
		},
	},
};

/** Ports of a permission: all of them where its protocol is `-1`. */
function covers({ ipProtocol, fromPort, toPort }: Readonly<Record<string, unknown>>, port: number): boolean {
	return ipProtocol === '-1' || (typeof fromPort === 'number' && typeof toPort === 'number' && fromPort <= port && port <= toPort);
}

/** The address ranges of a permission, version 4 and 6. */
function sources(permission: Readonly<Record<string, unknown>>): unknown[] {
	const v4 = list(permission['ipv4Ranges']).map((range) => range['cidrIp']);
	const v6 = list(permission['ipv6Ranges']).map((range) => range['cidrIpv6']);
	return [...v4, ...v6];
}

function member(value: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
	const found = value[name];
	return isRecord(found) ? found : {};
}

function list(value: unknown): Readonly<Record<string, unknown>>[] {
	return Array.isArray(value) ? value.filter(isRecord) : [];
}
