/** The software on nodes, as inventory has it: from the objects that Systems Manager writes, whatever becomes of their events. */

import type { BusEvent } from '../../aws/eventbridge.ts';
import type { Scene } from '../flow.ts';
import type { Listed, SoftwareRule } from './inventory-rules.ts';
import { type Standing, WELL } from './telling.ts';

const CREATED = 'Object Created';
const OF_NODE = /^AWS:Application\/.*\/(i-[0-9a-f]{17})\.json$/;

/** The node whose programs an event tells of, if it does. */
export function nodeOfObject({ source, 'detail-type': type, detail }: BusEvent): string | undefined {
	if (source !== 'aws.s3' || type !== CREATED) return undefined;
	return OF_NODE.exec((detail['object'] as { readonly key: string }).key)?.[1];
}

export class SoftwareAtAws {
	readonly #scene: Scene;
	readonly #rules: readonly SoftwareRule[];
	readonly #programs = new Map<string, readonly Listed[]>();
	/** By rule and node. */
	readonly #standings = new Map<string, Standing>();
	#lastNewsAt = 0;

	constructor(scene: Scene, rules: readonly SoftwareRule[]) {
		this.#scene = scene;
		this.#rules = rules;
	}

	emitted(event: BusEvent): void {
		const node = nodeOfObject(event);
		if (node === undefined) return;
		const { bucket, object } = event.detail as { readonly bucket: { readonly name: string }; readonly object: { readonly key: string } };
		const stored = this.#scene.world.services.s3.bucket(bucket.name)?.objects.get(object.key);
		const lines = Buffer.from(stored?.bytes ?? [])
			.toString()
			.split('\n');
		this.#programs.set(
			node,
			lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Listed),
		);
		this.#lastNewsAt = this.#scene.now();
		this.look();
	}

	/** Nodes may have gone, or have other tags. */
	look(): void {
		for (const rule of this.#rules) {
			for (const node of this.#programs.keys()) {
				const before = this.of(rule.name, node);
				const amiss = this.#breaks(rule, node);
				if (before.amiss === amiss) continue;
				this.#standings.set(`${rule.name} ${node}`, { amiss, since: this.#scene.now(), times: before.times + (amiss ? 1 : 0) });
			}
		}
	}

	#breaks(rule: SoftwareRule, id: string): boolean {
		const { ec2, ssm } = this.#scene.world.services;
		const instance = ec2.instance(id);
		const programs = this.#programs.get(id);
		if (ssm.node(id) === undefined || instance === undefined || programs === undefined) return false;
		return rule.isFor({ platform: instance.machine.platform, tags: instance.tags }) && rule.isBrokenBy(programs);
	}

	/** Nodes that break a rule, those that have for so long alone. */
	breaking(rule: string, forMs = 0): string[] {
		const until = this.#scene.now() - forMs;
		return [...this.#programs.keys()].filter((node) => {
			const { amiss, since } = this.of(rule, node);
			return amiss && since <= until;
		});
	}

	of(rule: string, node: string): Standing {
		return this.#standings.get(`${rule} ${node}`) ?? WELL;
	}

	/** Everybody has had the time to tell of what has changed. */
	isQuiet(forMs: number): boolean {
		return this.#scene.now() - this.#lastNewsAt >= forMs;
	}
}
