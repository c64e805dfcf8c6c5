/** Packages the template once, before the workers that read it begin. */

import { ensureTemplate } from '../../local/package-template.ts';

export async function setup(): Promise<void> {
	await ensureTemplate();
}
