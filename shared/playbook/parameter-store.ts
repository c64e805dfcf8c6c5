/** Playbooks as Parameter Store has them. */

import {
	LabelParameterVersionCommand,
	paginateGetParameterHistory,
	paginateGetParametersByPath,
	UnlabelParameterVersionCommand,
} from '@aws-sdk/client-ssm';
import type { Deps } from '../deps.ts';
import { requestIdOf } from '../errors.ts';
import { calledBy } from '../operation/history.ts';
import type { PlaybookText } from './set.ts';

/** GetParametersByPath gives at most 10 a page. */
const PAGE = 10;
/** GetParameterHistory gives at most 50 a page; Parameter Store keeps 100 versions. */
const HISTORY_PAGE = 50;

type Reader = Pick<Deps, 'aws' | 'settings'>;
type Labeller = Reader & Pick<Deps, 'log'>;

/** All playbooks, by name. Their names are the last part of the parameters'. */
export async function readPlaybookParameters({ aws, settings }: Reader): Promise<PlaybookText[]> {
	const texts: PlaybookText[] = [];
	const pages = paginateGetParametersByPath({ client: aws.ssm, pageSize: PAGE }, { Path: settings.playbookPath });
	for await (const page of pages) {
		for (const { Name = '', Value = '', Version = 0 } of page.Parameters ?? []) {
			texts.push({ name: Name.slice(Name.lastIndexOf('/') + 1), source: Value, parameterVersion: Version, file: Name });
		}
	}
	return texts.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export interface PlaybookVersion extends PlaybookText {
	readonly labels: readonly string[];
}

/** The versions of one playbook that Parameter Store still has, newest first; none where it is gone. */
export async function playbookHistory({ aws, settings }: Reader, name: string): Promise<PlaybookVersion[]> {
	const parameter = `${settings.playbookPath}${name}`;
	const versions: PlaybookVersion[] = [];
	try {
		const pages = paginateGetParameterHistory({ client: aws.ssm, pageSize: HISTORY_PAGE }, { Name: parameter });
		for await (const page of pages) {
			for (const { Value = '', Version = 0, Labels = [] } of page.Parameters ?? []) {
				versions.push({ name, source: Value, parameterVersion: Version, file: parameter, labels: Labels });
			}
		}
	} catch (error) {
		if ((error as Error).name !== 'ParameterNotFound') throw error;
	}
	return versions.sort((a, b) => b.parameterVersion - a.parameterVersion);
}

/** Puts a label on one version of a playbook; another version that has it loses it. @throws what the SDK throws. */
export async function labelVersion({ aws, settings, log }: Labeller, name: string, ParameterVersion: number, label: string): Promise<void> {
	const Name = `${settings.playbookPath}${name}`;
	const output = await aws.ssm.send(new LabelParameterVersionCommand({ Name, ParameterVersion, Labels: [label] }));
	log.info('a playbook is labelled', { playbook: name, version: ParameterVersion, ...calledBy(requestIdOf(output)) });
}

/** Takes a label off whichever version of a playbook has it. @throws what the SDK throws. */
export async function removeLabel(reader: Labeller, name: string, label: string): Promise<void> {
	const Name = `${reader.settings.playbookPath}${name}`;
	for (const { labels, parameterVersion: ParameterVersion } of await playbookHistory(reader, name)) {
		if (!labels.includes(label)) continue;
		const output = await reader.aws.ssm.send(new UnlabelParameterVersionCommand({ Name, ParameterVersion, Labels: [label] }));
		reader.log.info('a playbook loses its label', { playbook: name, version: ParameterVersion, ...calledBy(requestIdOf(output)) });
	}
}
