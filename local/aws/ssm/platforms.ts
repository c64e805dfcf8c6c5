/** What nodes say of themselves, by platform. */

import type { Platform } from '../ec2-machine.ts';
import type { AwsContext } from '../types.ts';
import type { Host, HybridMachine } from './hybrid.ts';

export const PLATFORMS: Readonly<Record<Platform, { readonly PlatformName: string; readonly PlatformVersion: string }>> = {
	Linux: { PlatformName: 'Amazon Linux', PlatformVersion: '2023' },
	MacOS: { PlatformName: 'macOS', PlatformVersion: '14.5' },
	Windows: { PlatformName: 'Microsoft Windows Server 2022 Datacenter', PlatformVersion: '10.0.20348' },
};

export function computerName({ region }: Pick<AwsContext, 'region'>, { privateIp }: Host, hybrid: HybridMachine | undefined): string {
	return hybrid?.name ?? `ip-${privateIp.replaceAll('.', '-')}.${region}.compute.internal`;
}
