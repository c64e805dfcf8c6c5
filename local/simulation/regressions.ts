/** Seeds that once showed a bug, with what it was. They are played by every test run. */

export const REGRESSIONS: readonly { readonly seed: number; readonly was: string }[] = [
	{ seed: 15, was: 'the sweep did not say where an instance goes, and a playbook that names its Destination never got it' },
	{ seed: 62, was: 'an abandoned launch that waits on its way out was taken to be held by its launch hook still' },
];
