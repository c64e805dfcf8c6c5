import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ensureTemplate } from '../../local/package-template.ts';
import { loadTemplate } from '../../local/template.ts';

describe('The packaged template', () => {
	it('is there when it is asked for, with a source for every function, and a queue for every mapping', async () => {
		const template = await loadTemplate(await ensureTemplate());

		expect(template.functions.map(({ file }) => file)).toContain('functions/instance-lifecycle');
		for (const { file } of template.functions) expect(existsSync(`${file}.ts`), file).toBe(true);
		const queues = template.queues.map(({ arn }) => arn);
		for (const { queueArn } of template.mappings) expect(queues).toContain(queueArn);
	}, 60_000);

	it('is made once, also when several ask at the same time', async () => {
		const file = await ensureTemplate();
		const { mtimeMs } = await stat(file);

		await Promise.all([ensureTemplate(), ensureTemplate()]);

		expect((await stat(file)).mtimeMs).toBe(mtimeMs);
	}, 60_000);
});
