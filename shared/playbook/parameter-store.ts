/** Playbooks as Parameter Store has them. */

import { paginateGetParameterHistory, paginateGetParametersByPath } from '@aws-sdk/client-ssm';
import type { Deps } from '../deps.ts';
import type { PlaybookText } from './set.ts';

/** GetParametersByPath gives at most 10 a page. */
const PAGE = 10;
/** GetParameterHistory gives at most 50 a page; Parameter Store keeps 100 versions. */
const HISTORY_PAGE = 50;

type Reader = Pick<Deps, 'aws' | 'settings'>;

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

/** The versions of one playbook that Parameter Store still has, newest first; none where it is gone. */
export async function playbookHistory({ aws, settings }: Reader, name: string): Promise<PlaybookText[]> {
	const parameter = `${settings.playbookPath}${name}`;
	const texts: PlaybookText[] = [];
	try {
		const pages = paginateGetParameterHistory({ client: aws.ssm, pageSize: HISTORY_PAGE }, { Name: parameter });
		for await (const page of pages) {
			for (const { Value = '', Version = 0 } of page.Parameters ?? []) {
				texts.push({ name, source: Value, parameterVersion: Version, file: parameter });
			}
		}
	} catch (error) {
		if ((error as Error).name !== 'ParameterNotFound') throw error;
	}
	return texts.sort((a, b) => b.parameterVersion - a.parameterVersion);
}
