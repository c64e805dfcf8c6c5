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
	{
		seed: 4827,
		flows: ['lifecycle'],
		was: 'a hook that fired twice within one batch was kept alive by its first token alone, and ran out',
	},
	{
		seed: 1725,
		flows: ['lifecycle'],
		was: 'a command that was sent, and whose work record could not be written then, was taken for one that AWS had throttled, and sent again',
	},
	{
		seed: 2115,
		flows: ['lifecycle'],
		was: 'work that had ended well was taken for late, for the command that was sent again after a lost reply never reached its node',
	},
	{
		seed: 1681,
		flows: ['alarm'],
		was: 'work that waited for its turn was begun although its alarm had come to flap meanwhile',
	},
	{
		seed: 50,
		flows: ['state'],
		was: 'the OpsItem of an association was told of one node too many, for what a look found while it was being told was not',
	},
	{
		seed: 11,
		flows: ['session'],
		was: 'a session that never began was on record as one that was terminated: whoever asked for its end was taken for its end',
	},
	{
		seed: 483,
		flows: ['inventory'],
		was: 'a run that was overtaken while it told an OpsItem took that for told which the other had learned, and a node that was clean stayed in it',
	},
	{
		seed: 2931,
		flows: ['lifecycle', 'alarm'],
		was: 'the clock began the work of an alarm that had been deleted, for whoever had opened it died before',
	},
];
