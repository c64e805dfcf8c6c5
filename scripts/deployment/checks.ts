/** What must be so, said line by line and counted. */

const INDENT = ' '.repeat(10);

export class Checks {
	#passed = 0;
	#failed = 0;

	get passed(): number {
		return this.#passed;
	}

	get failed(): number {
		return this.#failed;
	}

	/** @param otherwise what there is to see where it is not so; one line each. */
	must(isSo: boolean, what: string, otherwise: readonly string[] = []): void {
		if (isSo) this.#passed += 1;
		else this.#failed += 1;
		console.log(`  ${isSo ? 'ok    ' : 'FAILED'}  ${what}`);
		if (!isSo) for (const line of otherwise) this.say(`  ${line}`);
	}

	/** There is nothing of what must not be. */
	mustNot(found: readonly string[], what: string): void {
		this.must(found.length === 0, what, found);
	}

	say(line: string): void {
		console.log(`${INDENT}${line}`);
	}
}
