/** Sessions of Session Manager: how they begin and end, and what they leave. */

import type { SessionStatus } from '@aws-sdk/client-ssm';
import { LATENCY_MS, within } from '../../assumptions.ts';
import type { AwsContext } from '../../types.ts';
import { AwsError, type Caller } from '../../types.ts';
import type { Bucketing } from '../data-sync/syncs.ts';
import type { AgentMay } from '../node-admission.ts';
import type { ManagedNode, Nodes } from '../nodes.ts';
import type { SessionSettings } from './document.ts';

export interface Session {
	readonly id: string;
	readonly target: string;
	readonly document: string;
	/** The ARN of who has started it. */
	readonly owner: string;
	/** Who has started it, as the request log has it. */
	readonly caller: string;
	readonly reason?: string;
	readonly startedAt: number;
	readonly settings: SessionSettings;
	/** What was typed and shown. */
	readonly lines: string[];
	status: SessionStatus;
	endedAt?: number;
	/** Why it failed. */
	details?: string;
	/** When something last happened in it. */
	activeAt: number;
}

/** What a session has written to CloudWatch Logs. */
export interface SessionLog {
	readonly logGroup: string;
	/** The session's id. */
	readonly logStream: string;
	readonly lines: readonly string[];
}

const MINUTE_MS = 60_000;
/** Sessions of these types show their input and output; of the others nobody can log anything. */
const LOGGED = ['Standard_Stream', 'InteractiveCommands', 'NonInteractiveCommands'];

export class Sessions {
	readonly #ctx: AwsContext;
	readonly #nodes: Nodes;
	readonly #agentMay: AgentMay;
	readonly #s3: Bucketing | undefined;
	readonly #sessions = new Map<string, Session>();
	readonly #logs: SessionLog[] = [];

	/** @param agentMay asked for what a node's own credentials let it write. */
	constructor(ctx: AwsContext, nodes: Nodes, agentMay: AgentMay, s3: Bucketing | undefined) {
		this.#agentMay = agentMay;
		this.#ctx = ctx;
		this.#nodes = nodes;
		this.#s3 = s3;
	}

	/** The newest first. */
	all(): Session[] {
		return [...this.#sessions.values()].reverse();
	}

	logs(): readonly SessionLog[] {
		return this.#logs;
	}

	find(id: string): Session | undefined {
		return this.#sessions.get(id);
	}

	/** The node that a session could be started on now. */
	connected(target: string): ManagedNode | undefined {
		const node = this.#nodes.get(target);
		return node && this.#nodes.reachable(node) ? node : undefined;
	}

	start(node: ManagedNode, spec: Pick<Session, 'document' | 'owner' | 'caller' | 'settings'> & { readonly reason?: string }): Session {
		const { clock } = this.#ctx;
		const now = clock.now();
		const id = `${spec.caller}-${this.#ctx.id(17)}`;
		const session: Session = { ...spec, id, target: node.id, startedAt: now, activeAt: now, status: 'Connecting', lines: [] };
		this.#sessions.set(id, session);
		clock.after(within(clock, LATENCY_MS.session), () => this.#connect(session, node));
		return session;
	}

	/** @throws AwsError `DoesNotExistException` for one that has ended. */
	resume(session: Session | undefined, id: string): Session {
		if (!session || isOver(session)) throw new AwsError('DoesNotExistException', `Session ${id} does not exist.`);
		const node = this.connected(session.target);
		if (!node) throw new AwsError('TargetNotConnected', `${session.target} is not connected.`);
		session.status = 'Connected';
		this.#touch(session);
		return session;
	}

	/** Ends a session, whoever wants it; once it has ended nothing more happens. */
	end(session: Session): void {
		if (isOver(session)) return;
		session.status = 'Terminated';
		session.endedAt = this.#ctx.clock.now();
		void this.#keepTranscript(session);
	}

	/** Somebody types, and the shell answers. */
	type(id: string, line: string): void {
		const session = this.#open(id);
		session.lines.push(line);
		this.#touch(session);
	}

	/** The shell ends, by `exit`: nobody calls an API, and no event tells. */
	exit(id: string): void {
		this.end(this.#open(id));
	}

	/** The connection of whoever has started it breaks: the session is kept until it is idle for too long. */
	disconnect(id: string): void {
		this.#open(id).status = 'Disconnected';
	}

	#open(id: string): Session {
		const session = this.#sessions.get(id);
		if (!session || isOver(session)) throw new Error(`There is no open session ${id} in this world.`);
		return session;
	}

	#connect(session: Session, node: ManagedNode): void {
		if (session.status !== 'Connecting') return;
		const { bucket, bucketEncrypted, maxMinutes } = session.settings;
		if (bucketEncrypted && bucket !== undefined && !this.#s3?.bucket(bucket)) {
			session.status = 'Failed';
			session.endedAt = this.#ctx.clock.now();
			session.details = `We couldn't start the session because encryption is not set up on the selected Amazon S3 bucket ${bucket}.`;
			return;
		}
		session.status = 'Connected';
		this.#touch(session);
		if (maxMinutes !== undefined) this.#ctx.clock.after(maxMinutes * MINUTE_MS, () => this.end(session));
		const { boot } = node;
		this.#watch(session, node, boot);
	}

	/** Ends it once nothing has happened in it for too long; a node that has gone or booted again has ended its sessions. */
	#watch(session: Session, node: ManagedNode, boot: number): void {
		if (isOver(session)) return;
		const { clock } = this.#ctx;
		const idleAt = session.activeAt + session.settings.idleMinutes * MINUTE_MS;
		if (idleAt <= clock.now() || node.boot !== boot || !this.#nodes.get(node.id)) this.end(session);
		else clock.after(Math.min(idleAt - clock.now(), MINUTE_MS), () => this.#watch(session, node, boot));
	}

	#touch(session: Session): void {
		session.activeAt = this.#ctx.clock.now();
	}

	/** The agent writes it when the session is over. Where it may not, the transcript is lost and the session ends all the same. */
	async #keepTranscript({ id, target, settings, lines }: Session): Promise<void> {
		const { type, bucket, prefix, logGroup } = settings;
		const { account, region } = this.#ctx;
		const node = this.#nodes.registered().find((each) => each.id === target);
		if (!node || !LOGGED.includes(type)) return;
		const may = (action: string, arn: string) => this.#agentMay(this.#nodes.instance(node), action, arn);
		const logs = `arn:aws:logs:${region}:${account}:log-group:${logGroup}:log-stream:${id}`;
		if (logGroup !== undefined && may('logs:PutLogEvents', logs)) this.#logs.push({ logGroup, logStream: id, lines });
		const Key = `${prefix === undefined ? '' : `${prefix}/`}${id}.log`;
		const put = this.#s3?.definition.operations['PutObject'] as ((input: unknown, by: Caller) => unknown) | undefined;
		if (bucket === undefined || !put || !may('s3:PutObject', `arn:aws:s3:::${bucket}/${Key}`)) return;
		try {
			await put({ Bucket: bucket, Key, Body: Buffer.from(lines.map((line) => `${line}\n`).join('')) }, { caller: 'agent' });
		} catch (error) {
			if (!(error instanceof AwsError)) throw error;
		}
	}
}

export function isOver({ endedAt }: Session): boolean {
	return endedAt !== undefined;
}
