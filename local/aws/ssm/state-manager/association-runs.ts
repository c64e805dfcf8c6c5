/** Associations at work: their documents on nodes, under rate control. The agents do it themselves: there is no command. */

import { LATENCY_MS, within } from '../../assumptions.ts';
import { AwsError } from '../../types.ts';
import { parametersOf, planSteps } from '../command-document.ts';
import { share } from '../command-model.ts';
import { iso } from '../compliance/operations.ts';
import { resolveParameters } from '../document-parameters.ts';
import { cancelRun, type NodeRun, startRun } from '../node-run.ts';
import { nodesOf } from '../node-targets.ts';
import type { ManagedNode } from '../nodes.ts';
import type { AssociationDeps } from './associations.ts';
import { AssociationEvents } from './events.ts';
import { type Association, type AssociationExecution, coarse, countsOf, isNodeOver, type NodeExecution, settingsOf } from './model.ts';

const HOUR_MS = 3_600_000;
const COMPLIANCE_TYPE = 'Association';
const RUN_ENDS = { Success: 'Success', Failed: 'Failed', TimedOut: 'TimedOut', Cancelled: 'TimedOut' } as const;

type Deps = Omit<AssociationDeps, 'calendars'>;

export class AssociationRuns {
	readonly #deps: Deps;
	readonly #events: AssociationEvents;
	/** What is due and has not begun, by association. */
	readonly #coming = new Map<Association, { readonly execution: AssociationExecution; readonly cancel: () => void }>();

	constructor(deps: Deps) {
		this.#deps = deps;
		this.#events = new AssociationEvents(deps.ctx);
	}

	isComing(association: Association): boolean {
		return this.#coming.has(association);
	}

	/**
	 * Runs an association a moment later: what is due already is not due twice.
	 * @param nodeIds the nodes that are to run it; default: all that its targets lead to.
	 */
	execute(association: Association, nodeIds?: readonly string[]): AssociationExecution {
		const coming = this.#coming.get(association);
		if (coming && nodeIds === undefined) return coming.execution;
		const { clock, uuid } = this.#deps.ctx;
		const now = clock.now();
		const execution: AssociationExecution = { id: uuid(), version: '', createdAt: now, at: now, nodes: new Map(), status: 'Pending' };
		association.executions.push(execution);
		const cancel = clock.after(within(clock, LATENCY_MS.association), () => {
			if (nodeIds === undefined) this.#coming.delete(association);
			this.#begin(association, execution, nodeIds);
		});
		if (nodeIds === undefined) this.#coming.set(association, { execution, cancel });
		return execution;
	}

	/** Of one that is deleted nothing more is heard, and no node complies with it, or not. */
	forget(association: Association): void {
		const { ctx, compliance } = this.#deps;
		const now = ctx.clock.now();
		this.#coming.get(association)?.cancel();
		this.#coming.delete(association);
		for (const execution of association.executions) execution.endedAt ??= now;
		for (const state of association.states.values()) {
			state.endedAt ??= now;
			const items = compliance.of(state.nodeId, COMPLIANCE_TYPE)?.items ?? [];
			const others = items.filter(({ id }) => id !== association.id);
			if (others.length < items.length) compliance.put(state.nodeId, COMPLIANCE_TYPE, others, { at: now }, { 'last-runtime': iso(now) });
		}
	}

	#begin(association: Association, execution: AssociationExecution, nodeIds?: readonly string[]): void {
		if (execution.endedAt !== undefined) return;
		const { ctx, nodes } = this.#deps;
		if (nodeIds === undefined) {
			this.#timeOut(association, ({ nodes: begun }) => begun.size > 0);
			association.states.clear();
		}
		const ids = nodeIds ?? nodesOf(nodes, settingsOf(association).targets).map(({ id }) => id);
		execution.version = String(association.versions.length);
		for (const nodeId of ids) {
			const state: NodeExecution = { nodeId, runId: ctx.uuid(), status: 'Pending', at: ctx.clock.now() };
			execution.nodes.set(nodeId, state);
			association.states.set(nodeId, state);
		}
		execution.status = 'InProgress';
		association.lastAt = ctx.clock.now();
		this.#setStatus(association, 'Pending');
		const { durationHours } = settingsOf(association);
		if (durationHours !== undefined)
			ctx.clock.after(durationHours * HOUR_MS, () => this.#timeOut(association, (each) => each === execution));
		this.#fill(association, execution);
	}

	#fill(association: Association, execution: AssociationExecution): void {
		const { maxConcurrency, maxErrors } = settingsOf(association);
		const all = [...execution.nodes.values()];
		const errors = all.filter(({ status }) => coarse(status) === 'Failed').length;
		const most = Math.max(1, share(maxConcurrency, all.length));
		let busy = all.filter(({ status }) => status === 'InProgress').length;
		for (const state of all) {
			if (state.status !== 'Pending') continue;
			if (errors > share(maxErrors, all.length)) this.#settle(association, state, 'Skipped');
			else if (busy < most) {
				busy += 1;
				this.#send(association, execution, state);
			}
		}
		this.#maybeEnd(association, execution);
	}

	/** A node that is away applies the association when it is back. */
	#send(association: Association, execution: AssociationExecution, state: NodeExecution): void {
		const { ctx, nodes } = this.#deps;
		state.status = 'InProgress';
		this.#tell(association, state);
		const node = nodes.get(state.nodeId);
		if (!node) {
			this.#settle(association, state, 'Failed');
			return;
		}
		ctx.clock.after(within(ctx.clock, LATENCY_MS.agentDelivery), () => {
			nodes.whenReachable(node, () => this.#run(association, execution, state, node));
		});
	}

	#run(association: Association, execution: AssociationExecution, state: NodeExecution, node: ManagedNode): void {
		if (isNodeOver(state)) return;
		const { clock } = this.#deps.ctx;
		const run = this.#startOn(association, state, node);
		if (!run) {
			this.#end(association, execution, state, 'Failed');
			return;
		}
		state.run = run;
		state.at = clock.now();
		node.runs.push(run);
		clock.after(run.endsAt - clock.now() + within(clock, LATENCY_MS.agentReport), () => {
			this.#deps.nodes.whenReachable(node, () => {
				// A run that a restart has cut short is applied again.
				if (node.boot !== run.boot) this.#run(association, execution, state, node);
				else this.#end(association, execution, state, RUN_ENDS[run.status]);
			});
		});
	}

	/** Nothing where the document is gone, or takes other parameters now. */
	#startOn(association: Association, { runId: commandId }: NodeExecution, node: ManagedNode): NodeRun | undefined {
		const { ctx, nodes, documents } = this.#deps;
		const { document: name, documentVersion, parameters: given } = settingsOf(association);
		try {
			const stored = documents.get(name);
			const { content } = documents.version(stored, documentVersion);
			const { name: document } = stored;
			const parameters = resolveParameters(parametersOf(content), given, 'InvalidParameters');
			const { machine, boots: boot } = nodes.instance(node);
			const steps = planSteps(content, parameters, machine.platform);
			const outcome = nodes.nextOutcome(node, document, { commandId, parameters });
			return startRun({ commandId, document, parameters, steps, outcome, boot, earlier: node.runs }, ctx.clock);
		} catch (error) {
			if (error instanceof AwsError) return undefined;
			throw error;
		}
	}

	#end(association: Association, execution: AssociationExecution, state: NodeExecution, status: NodeExecution['status']): void {
		if (isNodeOver(state)) return;
		this.#settle(association, state, status);
		this.#fill(association, execution);
	}

	#settle(association: Association, state: NodeExecution, status: NodeExecution['status']): void {
		state.status = status;
		state.endedAt = this.#deps.ctx.clock.now();
		if (status === 'Skipped') return;
		this.#tell(association, state);
		this.#comply(association, state);
	}

	/** Puts on record how a node complies with an association, beside its others. */
	#comply(association: Association, { nodeId, status: outcome }: NodeExecution): void {
		const { ctx, compliance } = this.#deps;
		const { id } = association;
		const { document, documentVersion, severity, sync, name = '' } = settingsOf(association);
		if (sync === 'MANUAL' || coarse(outcome) === 'Pending') return;
		const status = outcome === 'Success' ? ('COMPLIANT' as const) : ('NON_COMPLIANT' as const);
		const details = { DocumentName: document, DocumentVersion: documentVersion, AssociationName: name };
		const others = (compliance.of(nodeId, COMPLIANCE_TYPE)?.items ?? []).filter((item) => item.id !== id);
		const now = ctx.clock.now();
		const items = [...others, { id, title: document, severity, status, details }];
		compliance.put(nodeId, COMPLIANCE_TYPE, items, { at: now }, { 'last-runtime': iso(now) });
	}

	/** What executions have left undone is timed out: their duration is over, or the next one begins. */
	#timeOut(association: Association, which: (execution: AssociationExecution) => boolean): void {
		const { ctx, nodes } = this.#deps;
		const { clock } = ctx;
		for (const execution of association.executions) {
			if (execution.endedAt !== undefined || !which(execution)) continue;
			for (const state of execution.nodes.values()) {
				if (isNodeOver(state)) continue;
				// Of a machine that was deregistered meanwhile nothing more is heard.
				if (!nodes.knows(state.nodeId)) {
					execution.nodes.delete(state.nodeId);
					association.states.delete(state.nodeId);
					continue;
				}
				if (state.run && state.run.endsAt > clock.now()) cancelRun(state.run, clock.now());
				this.#settle(association, state, 'TimedOut');
			}
			this.#maybeEnd(association, execution);
		}
	}

	#maybeEnd(association: Association, execution: AssociationExecution): void {
		const states = [...execution.nodes.values()];
		if (execution.endedAt !== undefined || !states.every(isNodeOver)) return;
		const { clock } = this.#deps.ctx;
		execution.endedAt = clock.now();
		execution.at = clock.now();
		const has = (status: NodeExecution['status']) => states.some((state) => state.status === status);
		execution.status = has('Failed') ? 'Failed' : has('TimedOut') ? 'TimedOut' : 'Success';
		if (execution.status === 'Success') association.lastSuccessAt = clock.now();
		if (association.executions.some((each) => each.endedAt === undefined && each.status === 'InProgress')) return;
		this.#setStatus(association, (countsOf(association)['Failed'] ?? 0) > 0 ? 'Failed' : 'Success');
	}

	#setStatus(association: Association, status: Association['status']): void {
		association.status = status;
		this.#events.association(association);
	}

	#tell(association: Association, state: NodeExecution): void {
		this.#events.node(association, state, outputUrlOf(association, state, this.#deps.ctx.region));
	}
}

/** Where a node's output is; empty where the association keeps none. */
export function outputUrlOf(association: Association, { nodeId, runId }: NodeExecution, region: string): string {
	const { OutputS3BucketName: bucket, OutputS3KeyPrefix: prefix } = settingsOf(association).output?.S3Location ?? {};
	if (!bucket) return '';
	return `https://s3.${region}.amazonaws.com/${bucket}/${prefix ? `${prefix}/` : ''}${nodeId}/${association.id}/${runId}`;
}
