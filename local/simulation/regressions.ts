/** Seeds that once showed a bug, with the flows that took part and what it was. They are played by every test run. */

export const REGRESSIONS: readonly { readonly seed: number; readonly flows: readonly string[]; readonly was: string }[] = [
	{
		seed: 15,
		flows: ['lifecycle'],
		was: 'the sweep did not say where an instance goes, and a playbook that names its Destination never got it',
	},
	{
		seed: 64,
		flows: ['lifecycle'],
		was: 'an abandoned launch that waits on its way out was taken to be held by its launch hook still',
	},
];
