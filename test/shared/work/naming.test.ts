import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operationId, sharedWorkId } from '../../../shared/operation/ids.ts';
import { commentOf, documentOf, operationOfWork, parametersOf, workOfComment } from '../../../shared/work/naming.ts';
import { SETTINGS } from '../../support/core.ts';
import { anOperation, someWork, TERMINATING } from '../../support/operations.ts';

const operation = anOperation();

describe("a command's comment", () => {
	const workIds = fc.oneof(
		fc.integer({ min: 1, max: 99 }).map((start) => `${operationId(TERMINATING, 999_999)}.${start}`),
		fc.array(fc.string()).map((ids) => sharedWorkId(ids)),
	);

	it('gives back the work that it names, and fits into the hundred characters that AWS allows', () => {
		fc.assert(
			fc.property(workIds, fc.integer({ min: 1, max: 9_999 }), (id, attempt) => {
				const comment = commentOf({ id, attempt });
				expect(comment.length).toBeLessThanOrEqual(100);
				expect(workOfComment(comment)).toEqual({ id, attempt });
			}),
		);
	});

	it.each([
		undefined,
		'',
		'by hand',
		'fleetkeeper',
		'fleetkeeper lifecycle-1.1',
		'fleetkeeper lifecycle-1.1/x',
		'not fleetkeeper a/1',
		'fleetkeeper a/1 ',
	])('%j is somebody else’s', (comment) => {
		expect(workOfComment(comment)).toBeUndefined();
	});
});

it('work of its own leads back to its operation, shared work does not', () => {
	expect(operationOfWork(`${operation.id}.2`)).toBe(operation.id);
	expect(operationOfWork(sharedWorkId(['a', 'b']))).toBeUndefined();
});

describe('the parameters', () => {
	it('of a Command document of ours get the name of the work, for the marker on the node, and the timeout', () => {
		expect(parametersOf(operation, someWork(operation))).toEqual({
			GraceSeconds: ['120'],
			WorkId: [`${operation.id}.1`],
			TimeoutSeconds: ['900'],
		});
	});

	it('of work that is sent again name the same work', () => {
		const again = parametersOf(operation, someWork(operation, { attempt: 2 }));
		expect(again['WorkId']).toEqual([`${operation.id}.1`]);
	});

	it('of a runbook of ours are those of the playbook: it has a role of its own', () => {
		const work = someWork(operation, { type: 'automation', document: 'collect-and-drain', parameters: { GroupName: ['web-1'] } });
		expect(parametersOf(operation, work)).toEqual({ GroupName: ['web-1'] });
	});

	it.each(['AWS-RunShellScript', 'arn:aws:ssm:eu-west-1:444455556666:document/shared'])(
		'of %s are those of the playbook alone',
		(document) => {
			const parameters = { commands: ['uptime'] };
			expect(parametersOf(operation, someWork(operation, { document, parameters }))).toEqual(parameters);
			expect(documentOf(SETTINGS, someWork(operation, { document }))).toBe(document);
		},
	);
});
