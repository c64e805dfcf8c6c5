/** `fleet -- report inventory`: who has what, and how nodes stand with their patches. */

import { compilePattern, flatten } from '../../shared/event-pattern.ts';
import { type InventoryNode, pagesOf, programsOf, readNodes } from '../../shared/inventory/read.ts';
import type { Program } from '../../shared/kinds/inventory/event.ts';
import { installedVersion } from '../../shared/versions/version.ts';
import { type Desk, UsageError } from '../support/verb.ts';
import { print, type Report, readOptions } from './report.ts';

const PATCHES = 'AWS:PatchSummary';
const NODE = /^(i-([0-9a-f]{8}|[0-9a-f]{17})|mi-[0-9a-f]{17})$/;
const text = { type: 'string' } as const;

export const inventory: Report = {
	usage: '[--software NAME] [--node ID] [--csv | --json]',
	details:
		'which programs are on which nodes, by the last inventory of each, and how these stand with their patches. NAME may have * in it. ' +
		'In CSV each program has the patches of its node beside it.',
	async run(args, desk) {
		const { values } = readOptions(args, { software: text, node: text });
		const { software, node: only } = values;
		if (only !== undefined && !NODE.test(only)) throw new UsageError(`takes --node as i-0123456789abcdef0 or mi-…, not '${only}'`);
		const nodes = await read(desk, software, only);
		print(desk, values, {
			tables: [programTable(nodes), patchTable(nodes)],
			none: noneText(software, only),
			csv: csvOf(nodes, software === undefined),
			json: { nodes: nodes.map(documentOf) },
		});
		return undefined;
	},
};

interface Counts {
	readonly [name: string]: string;
}

interface Known extends InventoryNode {
	readonly programs: readonly Program[];
	/** When they were gathered. */
	readonly capturedAt?: string;
	/** As Patch Manager has counted them last. */
	readonly patches?: Counts;
}

/** The nodes that there are, in order of their ids; where a program is asked for, those that have it. */
async function read(desk: Desk, software: string | undefined, only: string | undefined): Promise<Known[]> {
	const aws = desk.connect();
	const wanted = only === undefined ? undefined : [only];
	const nodes = await readNodes({ aws }, wanted);
	const isWanted = wantedBy(software);
	const programs = new Map<string, Pick<Known, 'programs' | 'capturedAt'>>();
	for await (const page of programsOf({ aws }, wanted)) {
		for (const { node, capturedAt, programs: all } of page) {
			programs.set(node, { programs: all.filter(isWanted).sort(byName), capturedAt: new Date(capturedAt).toISOString() });
		}
	}
	const patches = new Map<string, Counts>();
	for await (const { entities } of pagesOf({ aws }, PATCHES)) {
		for (const { Id = '', Data = {} } of entities) {
			const [summary] = Data[PATCHES]?.Content ?? [];
			if (summary !== undefined) patches.set(Id, summary);
		}
	}
	const known = [...nodes.values()].map((each): Known => {
		const counts = patches.get(each.node);
		return { ...each, programs: [], ...programs.get(each.node), ...(counts && { patches: counts }) };
	});
	const sorted = known.sort((a, b) => (a.node < b.node ? -1 : 1));
	return software === undefined ? sorted : sorted.filter((each) => each.programs.length > 0);
}

function wantedBy(software: string | undefined): (program: Program) => boolean {
	if (software === undefined) return () => true;
	if (!software.includes('*')) return ({ Name }) => Name === software;
	const isMet = compilePattern({ name: [{ wildcard: software.replaceAll(/\*{2,}/g, '*') }] });
	return ({ Name }) => isMet(flatten({ name: Name }));
}

function byName(a: Program, b: Program): number {
	return a.Name === b.Name ? 0 : a.Name < b.Name ? -1 : 1;
}

function noneText(software: string | undefined, node: string | undefined): string {
	const what = software === undefined ? 'any software' : `software ${software}`;
	return node === undefined ? `No node in inventory has ${what}.` : `Inventory knows of no ${node} with ${what}.`;
}

function versionOf(program: Program, { platform }: InventoryNode): string {
	return installedVersion(program, platform).version;
}

function publisherOf(program: Program): string {
	const { Publisher = '' } = program as Program & { readonly Publisher?: string };
	return Publisher;
}

function programTable(nodes: readonly Known[]): string[][] {
	const rows = nodes.flatMap((node) =>
		node.programs.map((each) => [each.Name, versionOf(each, node), publisherOf(each) || '-', node.node, platformText(node)]),
	);
	const sorted = rows.sort((a, b) => (a.join('\0') < b.join('\0') ? -1 : 1));
	return [['SOFTWARE', 'VERSION', 'PUBLISHER', 'NODE', 'PLATFORM'], ...sorted];
}

function platformText({ platform, platformName }: InventoryNode): string {
	return platformName === '' || platformName === platform ? platform : `${platform} (${platformName})`;
}

/** Attributes of AWS:PatchSummary, and what they are called here. */
const COUNTS = [
	['InstalledCount', 'installed'],
	['MissingCount', 'missing'],
	['FailedCount', 'failed'],
	['InstalledPendingRebootCount', 'pendingReboot'],
	['InstalledRejectedCount', 'rejected'],
	['CriticalNonCompliantCount', 'critical'],
	['SecurityNonCompliantCount', 'security'],
	['OtherNonCompliantCount', 'other'],
] as const;
const HEADINGS = ['INSTALLED', 'MISSING', 'FAILED', 'PENDING REBOOT', 'REJECTED', 'CRITICAL', 'SECURITY', 'OTHER'];

function patchTable(nodes: readonly Known[]): string[][] {
	const rows = nodes.flatMap(({ node, patches }) => {
		if (patches === undefined) return [];
		const { PatchGroup = '', OperationType = '', OperationEndTime = '' } = patches;
		return [[node, PatchGroup || '-', ...COUNTS.map(([name]) => patches[name] ?? '-'), OperationType, OperationEndTime]];
	});
	return [['NODE', 'PATCH GROUP', ...HEADINGS, 'BY', 'AT'], ...rows];
}

const NO_PROGRAM: Program = { Name: '' };

/** @param all a node without any program has a row too. */
function csvOf(nodes: readonly Known[], all: boolean): string[][] {
	const patched = COUNTS.map(([, called]) => `patches_${called}`);
	const head = [
		'name',
		'version',
		'publisher',
		'node',
		'platform',
		'platform_name',
		'captured_at',
		'patch_group',
		...patched,
		'patched_at',
	];
	const rows = nodes.flatMap((node) => {
		const { patches = {}, platform, platformName, capturedAt = '' } = node;
		const counts = COUNTS.map(([name]) => patches[name] ?? '');
		const ofNode = [
			node.node,
			platform,
			platformName,
			capturedAt,
			patches['PatchGroup'] ?? '',
			...counts,
			patches['OperationEndTime'] ?? '',
		];
		const programs = node.programs.length === 0 && all ? [NO_PROGRAM] : node.programs;
		return programs.map((each) => [each.Name, each === NO_PROGRAM ? '' : versionOf(each, node), publisherOf(each), ...ofNode]);
	});
	return [head, ...rows];
}

function documentOf(node: Known) {
	const { node: id, name, platform, platformName, capturedAt, programs, patches } = node;
	return {
		...{ node: id, name, platform, platformName },
		...(capturedAt !== undefined && { capturedAt }),
		software: programs.map((each) => ({ name: each.Name, version: versionOf(each, node), publisher: publisherOf(each) })),
		...(patches && {
			patches: {
				...(patches['PatchGroup'] && { group: patches['PatchGroup'] }),
				...Object.fromEntries(COUNTS.map(([name, called]) => [called, Number(patches[name] ?? 0)])),
				operation: patches['OperationType'] ?? '',
				at: patches['OperationEndTime'] ?? '',
			},
		}),
	};
}
