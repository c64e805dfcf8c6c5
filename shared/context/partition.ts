/** The partition of a Region, as ARNs begin with it. */
export function partitionOf(region: string): 'aws' | 'aws-cn' | 'aws-us-gov' {
	if (region.startsWith('cn-')) return 'aws-cn';
	return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
