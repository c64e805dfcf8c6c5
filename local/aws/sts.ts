/** GetCallerIdentity: what `aws sts get-caller-identity` and deployment tools ask first. */

import { defineService, type ServiceDefinition } from './service.ts';
import type { AwsContext } from './types.ts';

const NAMESPACE = 'com.amazonaws.sts';

/** In the notation of the client packages; the STS package itself is not a dependency. */
const schemas = {
	GetCallerIdentity$: [
		9,
		NAMESPACE,
		'GetCallerIdentity',
		0,
		() => [3, NAMESPACE, 'GetCallerIdentityRequest', 0, [], []],
		() => [3, NAMESPACE, 'GetCallerIdentityResponse', 0, ['UserId', 'Account', 'Arn'], [0, 0, 0]],
	],
};

export function createSts(context: AwsContext): ServiceDefinition {
	return defineService({
		name: 'sts',
		protocol: { kind: 'query', version: '2011-06-15', xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/' },
		schemas,
		operations: {
			GetCallerIdentity: () => ({
				UserId: 'AIDALOCALOPERATOR0000',
				Account: context.account,
				Arn: `arn:aws:iam::${context.account}:user/operator`,
			}),
		},
	});
}
