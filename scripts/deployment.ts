/**
 * `npm run deployment`: deploys the service to moto_server, where that is installed: once, again, changed, beside another stage; looks at
 * everything that was created, and removes it. Exits with 1 where something is not as it must be.
 */

import { isMotoInstalled, startMoto } from '../test/contract/moto.ts';
import { clientsFor } from './deployment/clients.ts';
import { Play } from './deployment/play.ts';
import { record } from './deployment/recorder.ts';
import { Workspace } from './deployment/workspace.ts';

if (await isMotoInstalled()) {
	const moto = await startMoto();
	const recorder = await record(moto.url);
	const workspace = new Workspace(recorder.url, moto.region);
	try {
		const play = new Play(workspace, recorder, clientsFor(moto.url, moto.region), moto);
		if (!(await play.run())) process.exitCode = 1;
	} finally {
		workspace.remove();
		await recorder.close();
		await moto.close();
	}
} else {
	console.log('moto_server is not installed: the deployment was not tried. The tests look at the packaged template.');
}
