/**
 * `npm run contract`: the contract suite on moto_server, where that is installed. The same suite runs on the local AWS with the tests.
 * Exits with 1 where moto_server differs otherwise than listed, or no longer differs.
 */

import { CASES } from '../test/contract/cases/index.ts';
import { compare, type Verdict } from '../test/contract/compare.ts';
import { DIFFERENCES } from '../test/contract/differences.ts';
import { isMotoInstalled, motoSystem } from '../test/contract/moto.ts';

function line({ name, problem, difference }: Verdict): string {
	if (problem !== undefined) return `FAILED   ${name}\n         ${problem}`;
	return difference ? `differs  ${name}\n         ${difference.ours} (${difference.source})` : `same     ${name}`;
}

if (await isMotoInstalled()) {
	const system = await motoSystem();
	try {
		const verdicts = await compare(system, CASES, DIFFERENCES, (verdict) => console.log(line(verdict)));
		const failed = verdicts.filter(({ problem }) => problem !== undefined).length;
		const differing = verdicts.filter(({ difference }) => difference).length;
		console.log(
			`\n${verdicts.length} cases: ${verdicts.length - differing - failed} the same, ${differing} differ as listed, ${failed} failed.`,
		);
		if (failed > 0) process.exitCode = 1;
	} finally {
		await system.close();
	}
} else {
	console.log('moto_server is not installed: the contract was not run against it. The tests run it on the local AWS.');
}
