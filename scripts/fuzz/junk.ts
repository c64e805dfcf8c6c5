/** Values that have no business where they stand. */

import fc from 'fast-check';

/** What stands between bars. */
export const words = (text: string): readonly string[] => text.split('|');

const HIGH = '\ud83d';
const LOW = '\ude80';

/** Texts that code has been seen to trip over. */
export const TEXTS: readonly string[] = [
	...words('| |0|-1|null|undefined|NaN|true|[object Object]|__proto__|constructor|toString|hasOwnProperty|ｆｕｌｌ|é|🚀|𝔘'),
	...['\n', '\t\r\n', '\0', '\u0007bell', 'a\0b', '\u001b[31mred', '\u007f', '\ufeff', '\u202egnirts', '\u2028', '\ufffe', '\uffff'],
	...[HIGH, LOW, `${HIGH}x`, `x${LOW}`, `${LOW}${HIGH}`, 'e\u0301', 'Ω'.repeat(300), '🚀'.repeat(600)],
	...['x'.repeat(255), 'x'.repeat(256), 'x'.repeat(2_000), 'y '.repeat(9_000)],
	...words("../../etc/passwd|$(reboot)|; reboot|{{ssm:secret}}|{{|${AWS::Region}|%s%n|' OR 1=1|<xml/>|$.detail|$.|*|.|#|/"),
	...words('i-0123456789|i-0123456789abcdef0|mi-0123456789abcdef0|i-XYZ|I-0123456789ABCDEF0|111122223333|11112222333|1111222233334'),
	...words('arn:|arn:aws|arn:aws:ec2:::|ARN:AWS:EC2|arn:aws:autoscaling:x:y:autoScalingGroup:z'),
	'arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0',
	'arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-0123456789abcdef0',
	...words('us-gov-west-1|eu-west-99|EU-WEST-1|mars-north-1'),
];

/** Instants, and what looks like one. */
export const TIMES: readonly string[] = [
	...words('2026-03-02T09:15:04Z|1970-01-01T00:00:00Z|9999-12-31T23:59:59Z|0000-00-00T00:00:00Z|2026-02-30T09:00:00Z'),
	...words('2026-13-45T99:99:99Z|2026-03-02|09:15|yesterday|Mar 2, 2026|1772442904|2026-03-02T09:15:04+01:00|+275760-09-13T00:00:00Z'),
	...words('2026-03-02T09:15:04.123+0000|2099-03-02T09:15:04.000+0000|1999-03-02T09:15:04.000+0000|2026-99-99T09:15:04.000+0000'),
	'2026-03-02T09:15:04.123456789Z',
];

/** Words of AWS, and of our own, where others are wanted. */
export const WORDS: readonly string[] = [
	...words('Success|Failed|TimedOut|Cancelled|Canceled|InProgress|Pending|Delayed|Undeliverable|Terminated|Delivery Timed Out|Exploded'),
	...words('OK|ALARM|INSUFFICIENT_DATA|MUTED|COMPLIANT|NON_COMPLIANT|NOT_APPLICABLE|MAYBE|OPEN|CLOSED|AJAR|EC2|WarmPool|AutoScalingGroup'),
	...words('autoscaling:EC2_INSTANCE_TERMINATING|autoscaling:EC2_INSTANCE_LAUNCHING|autoscaling:EC2_INSTANCE_NAPPING'),
	...words('fleetkeeper-drain|fleetkeeper-bootstrap|fleetkeeper-collect|fleetkeeper-local-drain-node|fleetkeeper-watch-x|web-blue|batch-1'),
	...words('EC2 Instance-terminate Lifecycle Action|EC2 Instance-launch Lifecycle Action|CloudWatch Alarm State Change'),
	...words('CloudWatch Alarm Contributor State Change|CloudWatch Alarm Configuration Change|Config Rules Compliance Change|Sweep'),
	...words(
		'Scheduled Event|Calendar State Change|Run Automation Requested|Run Command Requested|EC2 Command Status-change Notification|Parameter Store Policy Action|Parameter Store Change',
	),
	...words('Operation State Change|AWS API Call via CloudTrail|aws.autoscaling|aws.ssm|aws.cloudwatch|aws.config|aws.events|aws.ec2'),
	...words('fleetkeeper|fleetkeeper.clock|Fleetkeeper|ops.console|WaitPeriod|ExtensionPeriod|Alarm|delete|update|create|Expiration'),
	...words(
		'restart-node|restart-service|create-image|InstanceIds|tag-key|ResourceGroup|AWS-RestartEC2Instance|AutomationAssumeRole|tag:service|ParameterValues|10%|110%|0',
	),
];

const NUMBERS: readonly number[] = [
	...[0, -0, 1, -1, 0.1, 42, 300, 1e6, 2 ** 31, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 1e20, 1e125, 1e126, 1e300, -1e300, 5e-324, 1e-140],
	...[Number.POSITIVE_INFINITY, 1_772_442_904, 1_772_442_904_500],
];

/** Keys that objects have by themselves, or that something here gives a meaning to. */
export const KEYS: readonly string[] = [
	...words('__proto__|constructor|prototype|toString|hasOwnProperty|valueOf|length|| |0|-1|then|toJSON|Records|body|id|detail|detail-type'),
	...words('source|resources|account|AutomationAssumeRole|WorkId|a.b|a[0]|$or|Ünïcode'),
	...[HIGH, 'x'.repeat(300)],
];

/** A tower of lists or objects. */
function nested(depth: number, asList: boolean): unknown {
	let value: unknown = 'deep';
	for (let level = 0; level < depth; level += 1) value = asList ? [value] : { in: value };
	return value;
}

const SMALL: readonly unknown[] = [null, true, false, [], {}, [[]], [{}], [null], ['a', 'b'], { a: 1 }, { '': 1 }, [1, 'x', null, {}]];
const DEPTHS = [5, 20, 31, 32, 33, 40, 99, 150, 1_200];

/** Any of it. What is huge is rare, or it is all that there is time for. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
	{ weight: 8, arbitrary: fc.constantFrom<unknown>(...TEXTS) },
	{ weight: 3, arbitrary: fc.constantFrom<unknown>(...TIMES) },
	{ weight: 6, arbitrary: fc.constantFrom<unknown>(...WORDS) },
	{ weight: 6, arbitrary: fc.constantFrom<unknown>(...NUMBERS) },
	{ weight: 6, arbitrary: fc.constantFrom<unknown>(...SMALL) },
	{ weight: 1, arbitrary: fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)) },
	{ weight: 1, arbitrary: fc.tuple(fc.constantFrom(...DEPTHS), fc.boolean()).map(([depth, asList]) => nested(depth, asList)) },
);

/** As large as an event can be. Characters. */
export const HUGE: readonly number[] = [20_000, 120_000, 250_000];
