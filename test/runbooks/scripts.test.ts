import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyNode, type Node } from './shell.ts';

const WORK = { WorkId: 'lifecycle-4f2a9c-1', ServiceName: 'nginx' };

/** systemctl on a node that has nginx: `up` is there while the service runs. */
const SYSTEMCTL = `
case "$*" in
  "show --property=LoadState nginx") echo LoadState=loaded ;;
  "show --property=LoadState"*) echo LoadState=not-found ;;
  "show --property=MainPID nginx") echo MainPID=812 ;;
  "is-active --quiet nginx") [ -e "$FOLDER/up" ] || exit 3 ;;
  "start nginx") : >"$FOLDER/up" ;;
  "stop nginx") rm -f "$FOLDER/up" ;;
esac`;

/** ss on the same node: port 80 is nginx's, and \`connections\` has a line for each connection that is open; each look sees one end. */
const SS = `
case "$*" in
  -Hltnp*) echo 'LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=813,fd=6),("nginx",pid=812,fd=6))'
           echo 'LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=400,fd=3))' ;;
  *":80 )") [ -e "$FOLDER/connections" ] || exit 0
            cat "$FOLDER/connections"
            { read -r; cat; } <"$FOLDER/connections" >"$FOLDER/rest"; mv "$FOLDER/rest" "$FOLDER/connections" ;;
esac`;

let node: Node;

const file = (...path: string[]): string => join(node.folder, ...path);
const stops = (): string[] => node.calls().filter((call) => call === 'systemctl stop nginx');

beforeEach(() => {
	node = emptyNode();
	node.stub('systemctl', SYSTEMCTL);
	node.stub('ss', SS);
	node.stub('sleep');
	node.stub('cloud-init');
	node.stub('timeout', 'shift; exec "$@"');
});

afterEach(() => node.remove());

describe('drain-node', () => {
	beforeEach(() => writeFileSync(file('up'), ''));

	it('waits until the connections of the service have ended, then stops it', async () => {
		writeFileSync(file('connections'), 'one\ntwo\nthree\n');

		const result = await node.run('drain-node', WORK);

		expect(result).toMatchObject({ ended: 0, stderr: '' });
		expect(result.stdout).toContain('0 open connections to nginx after 6 seconds of grace');
		expect(result.stdout).toContain('nginx is drained and stopped.');
		expect(existsSync(file('up'))).toBe(false);
	});

	it('waits no longer than the grace time', async () => {
		writeFileSync(file('connections'), 'open\n'.repeat(50));

		const result = await node.run('drain-node', { ...WORK, GraceSeconds: '10' });

		expect(result.ended).toBe(0);
		expect(node.calls().filter((call) => call === 'sleep 2')).toHaveLength(5);
		expect(stops()).toHaveLength(1);
	});

	it('keeps the whole drain within its timeout', async () => {
		writeFileSync(file('connections'), 'open\n'.repeat(50));

		await node.run('drain-node', { ...WORK, GraceSeconds: '10', TimeoutSeconds: '60' });

		expect(node.calls()).toContain('timeout 45 systemctl stop nginx');
	});

	it('does nothing the second time and ends as the first run did', async () => {
		await node.run('drain-node', WORK);
		writeFileSync(file('up'), '');
		const before = node.calls();

		const second = await node.run('drain-node', WORK);

		expect(second.ended).toBe(0);
		expect(second.stdout).toContain('has already run on this node and ended with exit status 0: nothing done');
		expect(node.calls()).toEqual(before);
	});

	it('drains again for other work', async () => {
		await node.run('drain-node', WORK);
		writeFileSync(file('up'), '');

		await node.run('drain-node', { ...WORK, WorkId: 'lifecycle-4f2a9c-2' });

		expect(stops()).toHaveLength(2);
	});

	it('fails when the service cannot be stopped, the second time as the first', async () => {
		node.stub('systemctl', SYSTEMCTL.replace('rm -f "$FOLDER/up"', 'echo "Job failed" >&2; exit 5'));

		const first = await node.run('drain-node', WORK);
		const second = await node.run('drain-node', WORK);

		expect(first.ended).toBe(5);
		expect(first.stderr).toContain('systemctl could not stop nginx (exit status 5).');
		expect(second.ended).toBe(5);
		expect(stops()).toHaveLength(1);
	});

	it('fails when the service does not stop in time', async () => {
		node.stub('timeout', 'exit 124');

		const result = await node.run('drain-node', { ...WORK, TimeoutSeconds: '60' });

		expect(result.ended).toBe(124);
		expect(result.stderr).toContain('nginx did not stop within 55 seconds.');
	});

	it('fails when something starts the service again', async () => {
		node.stub('systemctl', SYSTEMCTL.replace('rm -f "$FOLDER/up"', 'exit 0'));

		const result = await node.run('drain-node', WORK);

		expect(result.ended).toBe(4);
		expect(result.stderr).toContain('nginx is running again after it was stopped');
	});

	it('has nothing to do where the service is not running', async () => {
		rmSync(file('up'));

		const result = await node.run('drain-node', WORK);

		expect(result).toMatchObject({ ended: 0, stdout: 'nginx is not running: nothing to drain.\n' });
		expect(stops()).toEqual([]);
	});

	it('fails where there is no such service, and says where its name comes from', async () => {
		const result = await node.run('drain-node', { ...WORK, ServiceName: 'ngnix' });

		expect(result.ended).toBe(3);
		expect(result.stderr).toContain("There is no service ngnix on this node: nothing was drained. Check the playbook's ServiceName.");
	});

	it('starts over, and says so, after a run that was killed half-way', async () => {
		node.stub('systemctl', SYSTEMCTL.replace('[ -e "$FOLDER/up" ] || exit 3', 'kill -9 "$PPID"'));
		const killed = await node.run('drain-node', WORK);
		node.stub('systemctl', SYSTEMCTL);

		const next = await node.run('drain-node', WORK);

		expect(killed.ended).toBe('SIGKILL');
		expect(next.ended).toBe(0);
		expect(next.stdout).toMatch(
			/A run of drain-node for lifecycle-4f2a9c-1, started at \S+, was interrupted before its end: starting over\./,
		);
		expect(stops()).toHaveLength(1);
	});

	it('does nothing after a run that was killed at its time limit, and ends as one that took too long, each time', async () => {
		node.stub('systemctl', SYSTEMCTL.replace('[ -e "$FOLDER/up" ] || exit 3', 'kill -9 "$PPID"'));
		const killed = await node.run('drain-node', { ...WORK, TimeoutSeconds: '1' });
		node.stub('systemctl', SYSTEMCTL);

		const second = await node.run('drain-node', { ...WORK, TimeoutSeconds: '1' });
		const third = await node.run('drain-node', { ...WORK, TimeoutSeconds: '1' });

		expect(killed.ended).toBe('SIGKILL');
		expect([second.ended, third.ended]).toEqual([124, 124]);
		expect(second.stderr).toMatch(
			/A run of drain-node for lifecycle-4f2a9c-1, started at \S+, has had all its time and did not end: nothing done\./,
		);
		expect(stops()).toEqual([]);
	});

	it('drains once when two commands with the same work arrive together', async () => {
		const results = await Promise.all([node.run('drain-node', WORK), node.run('drain-node', WORK)]);

		expect(results.map(({ ended }) => ended)).toEqual([0, 0]);
		expect(stops()).toHaveLength(1);
	});

	it('does nothing where it cannot put its work on record', async () => {
		writeFileSync(file('state'), 'a file where the folder should be');

		const result = await node.run('drain-node', WORK);

		expect(result.ended).toBe(1);
		expect(result.stderr).toContain('without it a repeated command cannot be told from a new one');
		expect(node.calls()).toEqual([]);
	});
});

describe('bootstrap-node', () => {
	it('waits for user data, then enables the service, starts it and sees it stay up', async () => {
		const result = await node.run('bootstrap-node', WORK);

		expect(result).toMatchObject({ ended: 0, stdout: 'nginx is enabled and running.\n', stderr: '' });
		const steps = node.calls().filter((call) => /^(cloud-init|systemctl (enable|start))/.test(call));
		expect(steps).toEqual(['cloud-init status --wait', 'systemctl enable nginx', 'systemctl start nginx']);
	});

	it('tries all the same when user data failed', async () => {
		node.stub('cloud-init', 'exit 1');

		const result = await node.run('bootstrap-node', WORK);

		expect(result.ended).toBe(0);
		expect(result.stdout).toContain('cloud-init did not end well');
	});

	it('fails when the service does not start, the second time as the first', async () => {
		node.stub('systemctl', SYSTEMCTL.replace(': >"$FOLDER/up"', 'exit 1'));

		const first = await node.run('bootstrap-node', WORK);
		const second = await node.run('bootstrap-node', WORK);

		expect(first.ended).toBe(4);
		expect(first.stderr).toContain('systemctl could not start nginx.');
		expect(second.ended).toBe(4);
		expect(node.calls().filter((call) => call === 'systemctl start nginx')).toHaveLength(1);
	});

	it('fails when the service dies right after its start', async () => {
		node.stub('sleep', 'rm -f "$FOLDER/up"');

		const result = await node.run('bootstrap-node', WORK);

		expect(result.ended).toBe(5);
		expect(result.stderr).toContain('nginx was started and is not running.');
	});

	it('does nothing the second time', async () => {
		await node.run('bootstrap-node', WORK);
		const before = node.calls();

		const second = await node.run('bootstrap-node', WORK);

		expect(second.ended).toBe(0);
		expect(node.calls()).toEqual(before);
	});
});

describe('restart-service', () => {
	const restarts = (): string[] => node.calls().filter((call) => call === 'systemctl restart nginx');

	beforeEach(() => {
		writeFileSync(file('up'), '');
		node.stub('systemctl', SYSTEMCTL.replace('esac', '  "restart nginx") : >"$FOLDER/up" ;;\nesac'));
	});

	it('restarts the service and sees it stay up', async () => {
		const result = await node.run('restart-service', WORK);

		expect(result).toMatchObject({ ended: 0, stdout: 'nginx is restarted and running.\n', stderr: '' });
		expect(restarts()).toHaveLength(1);
		expect(node.calls().filter((call) => call === 'sleep 2')).toHaveLength(3);
	});

	it('clears the count of failed starts before, which systemd would refuse the start for', async () => {
		await node.run('restart-service', WORK);
		const steps = node.calls().filter((call) => /^systemctl (reset-failed|restart)/.test(call));
		expect(steps).toEqual(['systemctl reset-failed nginx', 'systemctl restart nginx']);
	});

	it('starts a service that is stopped', async () => {
		rmSync(file('up'));
		const result = await node.run('restart-service', WORK);
		expect(result.ended).toBe(0);
		expect(existsSync(file('up'))).toBe(true);
	});

	it('does nothing the second time', async () => {
		await node.run('restart-service', WORK);
		const before = node.calls();

		const second = await node.run('restart-service', WORK);

		expect(second.ended).toBe(0);
		expect(second.stdout).toContain('has already run on this node and ended with exit status 0: nothing done');
		expect(node.calls()).toEqual(before);
	});

	it('fails when the service does not start, the second time as the first', async () => {
		node.stub('systemctl', SYSTEMCTL.replace('esac', '  "restart nginx") rm -f "$FOLDER/up"; exit 1 ;;\nesac'));

		const first = await node.run('restart-service', WORK);
		const second = await node.run('restart-service', WORK);

		expect(first.ended).toBe(4);
		expect(first.stderr).toContain('systemctl could not restart nginx (exit status 1).');
		expect(second.ended).toBe(4);
		expect(restarts()).toHaveLength(1);
	});

	it('fails when the service dies right after its start', async () => {
		node.stub('sleep', 'rm -f "$FOLDER/up"');
		const result = await node.run('restart-service', WORK);
		expect(result.ended).toBe(5);
		expect(result.stderr).toContain('nginx was restarted and is not running.');
	});

	it('fails when the restart takes too long', async () => {
		node.stub('timeout', 'exit 124');
		const result = await node.run('restart-service', { ...WORK, TimeoutSeconds: '60' });
		expect(result.ended).toBe(124);
		expect(result.stderr).toMatch(/nginx did not restart within 4[345] seconds\./);
	});

	it('fails where there is no such service', async () => {
		const result = await node.run('restart-service', { ...WORK, ServiceName: 'ngnix' });
		expect(result.ended).toBe(3);
		expect(node.calls().filter((call) => call.startsWith('systemctl restart'))).toEqual([]);
	});
});

describe('free-disk-space', () => {
	const FREE = { WorkId: WORK.WorkId };
	const DAY_SECONDS = 86_400;

	/** A log that was last written so many days ago. */
	function log(name: string, daysOld: number): void {
		const at = Date.now() / 1000 - daysOld * DAY_SECONDS;
		writeFileSync(file('logs', name), name);
		utimesSync(file('logs', name), at, at);
	}

	/** A disk that is so full at the first look, and at each later one. */
	function disk(before: number, after: number): void {
		writeFileSync(file('before'), '');
		const row = '/dev/nvme0n1p1 8000 6000 2000 "$USED"% /';
		node.stub('df', `USED=${after}; [ -e "$FOLDER/before" ] && USED=${before}; rm -f "$FOLDER/before"; echo Header; echo ${row}`);
	}

	const cleaning = (): string[] => node.calls().filter((call) => /^(journalctl|apt-get|dnf|yum|zypper) /.test(call));

	beforeEach(() => {
		node.stub('journalctl');
		node.stub('apt-get');
		disk(93, 61);
	});

	it('cleans the journal and the package cache, and says how full the disk was and is', async () => {
		const result = await node.run('free-disk-space', FREE);

		expect(result).toMatchObject({ ended: 0, stdout: '/ is 93% full before.\n/ is 61% full after.\n', stderr: '' });
		expect(cleaning()).toEqual(['journalctl --quiet --vacuum-time=7d', 'apt-get clean']);
	});

	it.each(['syslog.1', 'syslog.2.gz', 'messages-20260101', 'app.log.old', 'audit.log.12'])(
		'removes the rotated log %s when it is old',
		async (name) => {
			log(name, 8);
			await node.run('free-disk-space', FREE);
			expect(existsSync(file('logs', name))).toBe(false);
		},
	);

	it.each([
		['syslog.1', 6],
		['syslog', 400],
		['orders.db', 400],
		['backup.tar', 400],
	])('keeps %s of %i days ago', async (name, daysOld) => {
		log(name, daysOld);
		await node.run('free-disk-space', FREE);
		expect(existsSync(file('logs', name))).toBe(true);
	});

	it('removes nothing outside the folder of logs, whatever its path is', async () => {
		mkdirSync(file('data'));
		writeFileSync(file('data', 'orders.1'), '');
		utimesSync(file('data', 'orders.1'), 0, 0);
		await node.run('free-disk-space', { ...FREE, Path: file('data') });
		expect(existsSync(file('data', 'orders.1'))).toBe(true);
	});

	it('leaves a disk alone that is not too full', async () => {
		disk(80, 80);
		log('syslog.1', 30);

		const result = await node.run('free-disk-space', FREE);

		expect(result).toMatchObject({ ended: 0, stdout: '/ is 80% full before.\nThat is within 80%: nothing to do.\n' });
		expect(cleaning()).toEqual([]);
		expect(existsSync(file('logs', 'syslog.1'))).toBe(true);
	});

	it('fails when that was not enough, the second time as the first', async () => {
		disk(97, 92);

		const first = await node.run('free-disk-space', FREE);
		const second = await node.run('free-disk-space', FREE);

		expect(first.ended).toBe(4);
		expect(first.stderr).toContain('That is still more than 80%: what fills it is not what this may remove.');
		expect(second.ended).toBe(4);
		expect(cleaning()).toHaveLength(2);
	});

	it('does the rest when one of its steps fails', async () => {
		node.stub('journalctl', 'exit 1');
		const result = await node.run('free-disk-space', FREE);
		expect(result).toMatchObject({ ended: 0, stderr: 'journalctl ended with exit status 1.\n' });
		expect(cleaning()).toContain('apt-get clean');
	});

	it('fails where there is no such path', async () => {
		node.stub('df', 'exit 1');
		const result = await node.run('free-disk-space', { ...FREE, Path: '/dta' });
		expect(result.ended).toBe(3);
		expect(result.stderr).toContain("There is no /dta on this node. Check the playbook's Path.");
	});

	it('does nothing the second time', async () => {
		await node.run('free-disk-space', FREE);
		const before = node.calls();
		const second = await node.run('free-disk-space', FREE);
		expect(second.ended).toBe(0);
		expect(node.calls()).toEqual(before);
	});
});

describe('collect-logs', () => {
	const OBJECT = 's3://fleetkeeper-local-output-111122223333-eu-west-1/logs/web-blue/i-0fee1dead0c0ffee0/lifecycle-4f2a9c-1.tar.gz';
	const COLLECT = { ...WORK, Prefix: 'logs/web-blue' };

	beforeEach(() => {
		node.stub('journalctl', 'echo "nginx: signal 3 (SIGQUIT) received"');
		node.stub('aws', 'while [ "$#" -gt 2 ]; do shift; done; cat "$1" >"$FOLDER/uploaded.tar.gz"');
		writeFileSync(file('logs', 'messages'), 'kernel: all is well\n');
	});

	const uploaded = (name: string): string =>
		execFileSync('tar', ['xzOf', file('uploaded.tar.gz'), '--wildcards', `*${name}`], { encoding: 'utf8' });

	it('packs the journal and the system log and uploads them under the node and the work', async () => {
		const result = await node.run('collect-logs', COLLECT);

		expect(result).toMatchObject({ ended: 0, stdout: `The logs are at ${OBJECT}\n`, stderr: '' });
		expect(uploaded('nginx.journal')).toContain('SIGQUIT');
		expect(uploaded('messages')).toBe('kernel: all is well\n');
	});

	it('fails when the upload fails, the second time as the first', async () => {
		node.stub('aws', 'echo "upload failed: AccessDenied" >&2; exit 1');

		const first = await node.run('collect-logs', COLLECT);
		const second = await node.run('collect-logs', COLLECT);

		expect(first.ended).toBe(1);
		expect(first.stderr).toContain(
			`The logs could not be uploaded to ${OBJECT} (exit status 1). The node's role needs the stack's node policy.`,
		);
		expect(second.ended).toBe(1);
		expect(node.calls().filter((call) => call.startsWith('aws '))).toHaveLength(1);
	});

	it('fails where there is nothing to upload with', async () => {
		rmSync(file('stubs', 'aws'));

		const result = await node.run('collect-logs', COLLECT);

		expect(result.ended).toBe(127);
		expect(result.stderr).toContain('The AWS CLI is not installed on this node');
	});

	it('uploads what there is where the service has no journal', async () => {
		node.stub('journalctl', 'exit 1');

		const result = await node.run('collect-logs', COLLECT);

		expect(result.ended).toBe(0);
		expect(result.stdout).toContain('No journal of nginx could be read.');
		expect(uploaded('messages')).toBe('kernel: all is well\n');
	});

	it('does nothing the second time', async () => {
		await node.run('collect-logs', COLLECT);
		const before = node.calls();

		const second = await node.run('collect-logs', COLLECT);

		expect(second.ended).toBe(0);
		expect(node.calls()).toEqual(before);
	});

	it('shares its WorkId with the drain of the same execution without being taken for it', async () => {
		writeFileSync(file('up'), '');
		await node.run('collect-logs', COLLECT);

		await node.run('drain-node', WORK);

		expect(stops()).toHaveLength(1);
		expect(readFileSync(file('state', WORK.WorkId, 'drain-node', 'exit-status'), 'utf8')).toBe('0\n');
	});
});

describe('remove-packages', () => {
	const REMOVE = { WorkId: WORK.WorkId, Packages: 'telnet,rsh' };
	const erasing = (): string[] => node.calls().filter((call) => /^(rpm --erase|dpkg --remove)/.test(call));

	/** A package manager that has one package, until it is removed. */
	const rpm = (removal = 'rm "$FOLDER/telnet"') =>
		node.stub('rpm', `case "$*" in "--query --quiet telnet") [ -e "$FOLDER/telnet" ] ;; --query*) exit 1 ;; --erase*) ${removal} ;; esac`);

	beforeEach(() => writeFileSync(file('telnet'), ''));

	it('removes what is there by rpm, and nothing else', async () => {
		rpm();
		const result = await node.run('remove-packages', REMOVE);
		expect(result).toMatchObject({ ended: 0, stderr: '' });
		expect(result.stdout).toContain('Removed: telnet.');
		expect(erasing()).toEqual(['rpm --erase --allmatches telnet']);
	});

	it('removes by dpkg where a node has that', async () => {
		node.stub(
			'dpkg',
			'case "$*" in "--status rsh") echo "Status: install ok installed" ;; --status*) echo "Status: deinstall ok config-files" ;; esac',
		);
		expect((await node.run('remove-packages', REMOVE)).ended).toBe(0);
		expect(erasing()).toEqual(['dpkg --remove rsh']);
	});

	it('does nothing where none is there, or a second time', async () => {
		rpm();
		await node.run('remove-packages', REMOVE);
		await node.run('remove-packages', REMOVE);
		const again = await node.run('remove-packages', { ...REMOVE, WorkId: 'inventory-1.2' });
		expect(again).toMatchObject({ ended: 0, stdout: expect.stringContaining('None of telnet,rsh is there') });
		expect(erasing()).toHaveLength(1);
	});

	it('fails where another package needs one of them, with what the package manager says', async () => {
		rpm('echo "error: Failed dependencies: telnet is needed by lab-tools" >&2; exit 1');
		const result = await node.run('remove-packages', REMOVE);
		expect(result.ended).toBe(4);
		expect(result.stderr).toContain('needed by lab-tools');
	});

	it('says so where the node has no package manager that it knows', async () => {
		expect(await node.run('remove-packages', REMOVE)).toMatchObject({ ended: 3, stderr: expect.stringContaining('neither rpm nor dpkg') });
	});
});
