/**
 * A fresh process as Lambda starts one: loads a bundle, hands it one event, and tells when that was handled.
 * Arguments: the bundle, a JSON file with `{event, now, port}`. What comes of it goes to file descriptor 3.
 */

const { readFileSync, writeSync } = require('node:fs');
const http = require('node:http');
const https = require('node:https');

const [, , bundle, file] = process.argv;
const { event, now, port } = JSON.parse(readFileSync(file, 'utf8'));

// Recorded answers are for recorded times.
const behind = now - Date.now();
const realNow = Date.now;
Date.now = () => realNow() + behind;

// The SDK speaks HTTPS to hosts of AWS: all of it happens but TLS, and the server is on this machine.
const agent = new http.Agent({ keepAlive: true });
https.request = (options, onResponse) => http.request({ ...options, protocol: 'http:', host: '127.0.0.1', port, agent }, onResponse);

const REPORT = 3;
const { handler } = require(bundle);
handler(event, { awsRequestId: 'cold', getRemainingTimeInMillis: () => 60_000 }).then(
	() => {
		const handledMs = performance.now();
		const { user, system } = process.cpuUsage();
		writeSync(REPORT, JSON.stringify({ handledMs, cpuMs: (user + system) / 1_000 }));
		process.exit(0);
	},
	(error) => {
		process.stderr.write(`${error?.stack ?? error}\n`);
		process.exit(1);
	},
);
