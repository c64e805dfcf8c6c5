/** What AWS documents of values by the name under which calls have them (the patterns and lengths of its API references). */

const NODE = /^(i-(\w{8}|\w{17})|mi-\w{17})$/;
const ID = /^.{36}$/;
const ARN = /^arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:.{1,980}$/;
/** Text that XML can hold, on one line or more. */
const text = (most: number) => new RegExp(`^[\\t\\n\\r\\u{20}-\\u{d7ff}\\u{e000}-\\u{fffd}\\u{10000}-\\u{10ffff}]{1,${most}}$`, 'u');

/** Members that are lists have this of each element. */
const MEMBERS: ReadonlyMap<string, RegExp> = new Map(
	Object.entries({
		...{ InstanceId: NODE, InstanceIds: NODE, LifecycleActionToken: ID, CommandId: ID, AutomationExecutionId: ID, ClientToken: ID },
		...{ ResourceARNList: ARN, OpsItemId: /^oi-[0-9a-f]{12}$/, LifecycleHookName: /^[A-Za-z0-9\-_/]{1,255}$/ },
		...{
			AutoScalingGroupName: text(255),
			AlarmName: text(255),
			SessionId: text(96),
			AlarmNames: text(255),
			ConfigRuleName: text(128),
			ConfigRuleNames: text(128),
		},
		...{ ResourceId: text(768), resourceId: text(768), Comment: text(100), Title: /^(?!\s*$).{1,1024}$/ },
		DocumentName: /^[a-zA-Z0-9_\-.:/]{3,128}$/,
	}),
);

/** What DynamoDB is given, the table measures; names of a document's parameters are its own. */
const ELSEWHERE = /^(Item|Parameters|.*AttributeValues)$/;

/** What AWS does not take of an input: nothing where all is as it documents it. */
export function objectionsTo(input: unknown, name = ''): string[] {
	if (typeof input === 'string') {
		return input.isWellFormed() && MEMBERS.get(name)?.test(input) !== false ? [] : [`${name} ${JSON.stringify(input.slice(0, 80))}`];
	}
	if (Array.isArray(input)) return input.flatMap((each) => objectionsTo(each, name));
	if (input === null || typeof input !== 'object') return [];
	return Object.entries(input).flatMap(([key, value]) => (ELSEWHERE.test(key) ? [] : objectionsTo(value, key)));
}
