/** What nodes say of themselves, by platform. */

import type { OperatingSystem } from '@aws-sdk/client-ssm';
import type { Machine, Platform } from '../ec2-machine.ts';
import type { AwsContext } from '../types.ts';
import type { Host, HybridMachine } from './hybrid.ts';

interface PlatformSaid {
	readonly PlatformName: string;
	readonly PlatformVersion: string;
}

const PLATFORMS: Readonly<Record<Platform, PlatformSaid>> = {
	Linux: { PlatformName: 'Amazon Linux', PlatformVersion: '2023' },
	MacOS: { PlatformName: 'macOS', PlatformVersion: '14.5' },
	Windows: { PlatformName: 'Microsoft Windows Server 2022 Datacenter', PlatformVersion: '10.0.20348' },
};

/** Where Patch Manager meets another system than the platform's usual one. */
const SYSTEMS: Partial<Record<OperatingSystem, PlatformSaid>> = {
	DEBIAN: { PlatformName: 'Debian GNU/Linux', PlatformVersion: '12' },
	REDHAT_ENTERPRISE_LINUX: { PlatformName: 'Red Hat Enterprise Linux', PlatformVersion: '9.4' },
	UBUNTU: { PlatformName: 'Ubuntu', PlatformVersion: '22.04' },
};

export function platformOf({ platform, patching }: Pick<Machine, 'platform' | 'patching'>): PlatformSaid {
	return (patching && SYSTEMS[patching.os]) ?? PLATFORMS[platform];
}

export function computerName({ region }: Pick<AwsContext, 'region'>, { privateIp }: Host, hybrid: HybridMachine | undefined): string {
	return hybrid?.name ?? `ip-${privateIp.replaceAll('.', '-')}.${region}.compute.internal`;
}
