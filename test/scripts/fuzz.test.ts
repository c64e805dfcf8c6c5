import { beforeAll, describe, expect, it } from 'vitest';
import { create as instanceLifecycle } from '../../functions/instance-lifecycle.ts';
import { ensureTemplate } from '../../local/package-template.ts';
import { type Fuzzed, fuzzEvents } from '../../scripts/fuzz/events.ts';
import { layGround } from '../../scripts/fuzz/ground.ts';
import { type Check, fuzzPlaybooks } from '../../scripts/fuzz/playbooks.ts';
import { Bench } from '../../scripts/fuzz/run.ts';
import type { CreateHandler } from '../../shared/deps.ts';
import { parsePlaybook } from '../../shared/playbook/parse.ts';

/** A batch of SQS, as far as a handler that is broken looks at it. */
type Batch = { readonly Records?: readonly { readonly messageId: string; readonly body: string }[] };
type Handle = (batch: Batch, well: (batch: Batch) => Promise<unknown>) => Promise<unknown>;

/** The function with something wrong about it. */
const broken =
	(handle: Handle): CreateHandler =>
	(deps) => {
		const well = instanceLifecycle(deps);
		return (input, context) => {
			const { Records } = (input ?? {}) as Batch;
			return Array.isArray(Records) ? handle(input as Batch, (batch) => well(batch, context)) : well(input, context);
		};
	};

describe('Fuzzing a function', () => {
	let bench: Bench;

	beforeAll(async () => {
		bench = await Bench.on(await layGround(await ensureTemplate()));
	});

	const fuzz = (create?: CreateHandler, path?: string): Promise<Fuzzed> =>
		fuzzEvents(bench, 'instance-lifecycle', { events: 200, seed: 1, ...(create && { create }), ...(path !== undefined && { path }) });

	it('finds nothing wrong with it, and brings messages to every end', async () => {
		const { failure, fates, drops } = await fuzz();

		expect(failure?.violations).toBeUndefined();
		expect(Math.min(...Object.values(fates))).toBeGreaterThan(0);
		expect(drops).toHaveProperty('no-playbook');
	});

	const BUGS: Readonly<Record<string, readonly [Handle, string]>> = {
		'loses a message': [
			({ Records = [], ...batch }, well) => well({ ...batch, Records: Records.slice(1) }),
			'1 messages have neither an operation nor a reason',
		],
		'acknowledges without a reason': [async () => ({ batchItemFailures: [] }), '1 messages have neither an operation nor a reason'],
		'throws at what it does not expect': [
			async (batch, well) => {
				for (const { body } of batch.Records ?? []) void JSON.parse(body).detail.EC2InstanceId.length;
				return well(batch);
			},
			'the function throws for a batch: ',
		],
		'gives back what will never work': [
			async ({ Records = [] }) => ({ batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) }),
			'it is tried again without hope: ',
		],
		'does not come to an end': [() => new Promise(() => undefined), 'the function does not come to an end'],
	};

	it.each(Object.entries(BUGS))('notices one that %s, shows the least of it, and shows it again', async (_, [handle, what]) => {
		const { failure } = await fuzz(broken(handle));

		expect(failure?.violations.join('\n')).toContain(what);
		expect(failure?.counterexample).toMatchObject({ messages: { length: 1 } });
		const again = await fuzz(broken(handle), failure?.path);
		expect(again.failure?.violations).toEqual(failure?.violations);
	});
});

describe('Fuzzing the checker of playbooks', () => {
	const fuzz = (check?: Check) => fuzzPlaybooks(400, { seed: 5, ...(check && { check }) });

	it('finds nothing wrong with it, and some texts that it accepts', () => {
		const { failure, accepted, beyondSchema } = fuzz();

		expect(failure?.violations).toBeUndefined();
		expect(Math.min(accepted, beyondSchema)).toBeGreaterThan(0);
	});

	const BUGS: Readonly<Record<string, readonly [Check, string]>> = {
		'gives no reason': [(...text) => ({ ...parsePlaybook(...text), problems: [] }) as ReturnType<Check>, 'no error says why'],
		throws: [
			(text, ...rest) => {
				if (text.includes('\t')) throw new RangeError('no tabs');
				return parsePlaybook(text, ...rest);
			},
			'it throws RangeError: no tabs',
		],
		'points outside of the text': [
			(...text) => {
				const parsed = parsePlaybook(...text);
				return parsed.ok ? parsed : { ...parsed, problems: parsed.problems.map((problem) => ({ ...problem, line: 0 })) };
			},
			'a problem is in line 0',
		],
		'loses a condition': [
			(...text) => {
				const parsed = parsePlaybook(...text);
				if (!parsed.ok) return parsed;
				const { playbook } = parsed;
				return { ...parsed, playbook: { ...playbook, when: { ...playbook.when, detail: {} } } as typeof playbook };
			},
			'and taken as {}',
		],
		'takes what the published schema does not': [
			(text, ...rest) => parsePlaybook(text.replace(/^mode: .*$/m, ''), ...rest),
			'the published schema does not',
		],
	};

	it.each(Object.entries(BUGS))('notices one that %s', (_, [check, what]) => {
		expect(fuzz(check).failure?.violations.join('\n')).toContain(what);
	});
});
