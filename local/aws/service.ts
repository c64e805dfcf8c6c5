/** How a service of the local AWS is declared: its protocol, its client package's schemas, its operations. */

import type { Operations } from './types.ts';

/** AWS JSON: the operation is named by the header `X-Amz-Target: <target>.<Operation>`. */
export interface JsonProtocol {
	readonly kind: 'json';
	readonly version: '1.0' | '1.1';
	readonly target: string;
	/** The service once spoke Query: errors carry their old code in `x-amzn-query-error`. */
	readonly queryCompatible?: boolean;
}

/** AWS Query (`query`) and EC2 Query (`ec2`): a form with `Action` and `Version`, answered in XML. */
export interface QueryProtocol {
	readonly kind: 'query' | 'ec2';
	readonly version: string;
	readonly xmlNamespace: string;
}

/** REST with XML: an operation is known by its method, path and query. */
export interface RestProtocol {
	readonly kind: 'rest-xml';
	readonly xmlNamespace: string;
	/** The service's name in a signature's scope and, followed by the Region, in its hosts. */
	readonly signingName: string;
}

export type Protocol = JsonProtocol | QueryProtocol | RestProtocol;

/** As the client packages have them in their `protocolSettings`. */
export const PROTOCOLS = {
	ssm: { kind: 'json', version: '1.1', target: 'AmazonSSM' },
	events: { kind: 'json', version: '1.1', target: 'AWSEvents' },
	sqs: { kind: 'json', version: '1.0', target: 'AmazonSQS', queryCompatible: true },
	tagging: { kind: 'json', version: '1.1', target: 'ResourceGroupsTaggingAPI_20170126' },
	autoscaling: { kind: 'query', version: '2011-01-01', xmlNamespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/' },
	ec2: { kind: 'ec2', version: '2016-11-15', xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15' },
	cloudwatch: { kind: 'json', version: '1.0', target: 'GraniteServiceVersion20100801', queryCompatible: true },
	config: { kind: 'json', version: '1.1', target: 'StarlingDoveService' },
	cloudtrail: { kind: 'json', version: '1.1', target: 'CloudTrail_20131101' },
	sns: { kind: 'query', version: '2010-03-31', xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/' },
	iam: { kind: 'query', version: '2010-05-08', xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/' },
	serviceQuotas: { kind: 'json', version: '1.1', target: 'ServiceQuotasV20190624' },
	s3: { kind: 'rest-xml', xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/', signingName: 's3' },
	cloudformation: { kind: 'query', version: '2010-05-15', xmlNamespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/' },
} as const satisfies Record<string, Protocol>;

export interface ServiceDefinition {
	/** As IAM and runbooks call it (`ssm`, `autoscaling`, `events`, `config`): the request log counts under this name. */
	readonly name: string;
	readonly protocol: Protocol;
	/** The namespace of the service's `@aws-sdk/client-*` package (`import * as schemas from …`): `SendCommand$` and so on. */
	readonly schemas: Readonly<Record<string, unknown>>;
	/**
	 * By API name. Each takes the input as the SDK client types it (timestamps are `Date`) and gives the output, or a promise of it.
	 * What it throws as `AwsError` is answered as AWS would; anything else it throws is a defect and is answered as `InternalFailure`.
	 */
	readonly operations: Operations;
}

/**
 * Declares a service. Every key of `operations` must be an operation of the client package.
 * @throws TypeError naming an operation the package does not export: a misspelt one would never be called.
 */
export function defineService(definition: ServiceDefinition): ServiceDefinition {
	for (const operation of Object.keys(definition.operations)) {
		if (definition.schemas[`${operation}$`] === undefined) {
			throw new TypeError(`${definition.name} has no operation '${operation}'.`);
		}
	}
	return definition;
}
