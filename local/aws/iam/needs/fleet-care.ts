/** Systems Manager: inventory, sessions, activations, the nodes themselves (Service Authorization Reference). */

import type {
	CreateActivationCommandInput,
	CreateResourceDataSyncCommandInput,
	GetConnectionStatusCommandInput,
	StartSessionCommandInput,
	UpdateManagedInstanceRoleCommandInput,
} from '@aws-sdk/client-ssm';
import { ANYTHING, type Need, type Needs, onAnything, type RequestContext, type Site, tagContext } from '../need.ts';
import { documentArn, nodeArn, nodeTags, passRole } from './ssm.ts';

const DEFAULT_DOCUMENT = 'SSM-SessionManagerRunShell';

/**
 * A document that is named has to be allowed. The default one has to be only where a policy asks for it by
 * `ssm:SessionDocumentAccessCheck`: without that, the node is enough (user guide, "Enforce a session document permission check").
 */
function startSession({ Target: target = '', DocumentName: named }: StartSessionCommandInput, site: Site): Need[] {
	const node = [nodeArn(target, site)];
	const context = (check: boolean) => (): RequestContext => ({
		...nodeTags([target], site),
		'ssm:SessionDocumentAccessCheck': String(check),
	});
	const action = 'ssm:StartSession';
	const document = { action, resources: [documentArn(named ?? DEFAULT_DOCUMENT, site)], context: context(true) };
	const checked = [{ action, resources: node, context: context(true) }, document];
	return [{ action, resources: node, context: context(false), otherwise: checked }, ...(named === undefined ? [] : [document])];
}

/** A session belongs to who has started it: a tag of AWS's own says so. */
const onSession =
	(operation: string) =>
	({ SessionId: id = '' }: { SessionId?: string }, site: Site): Need[] => {
		const userId = site.facts.sessionUserId?.(id);
		const context = () => (userId === undefined ? {} : { 'ssm:resourceTag/aws:ssmmessages:session-id': userId });
		return [{ action: `ssm:${operation}`, resources: [site.arn('ssm', `session/${id}`)], context }];
	};

/** Of machines that are not EC2's. */
const onManaged =
	(operation: string) =>
	({ InstanceId: id = '' }: { InstanceId?: string }, site: Site): Need[] => [
		{ action: `ssm:${operation}`, resources: [site.arn('ssm', `managed-instance/${id}`)], context: () => nodeTags([id], site) },
	];

/** The role is given by its name. */
function createActivation({ IamRole: role = '', Tags: tags = [] }: CreateActivationCommandInput, { account }: Site): Need[] {
	const context = () => tagContext(tags);
	return [{ action: 'ssm:CreateActivation', resources: ANYTHING, context }, passRole(`arn:aws:iam::${account}:role/${role}`)];
}

const onSync =
	(operation: string) =>
	({ SyncName: name = '' }: Pick<CreateResourceDataSyncCommandInput, 'SyncName'>, { arn }: Site): Need[] => [
		{ action: `ssm:${operation}`, resources: [arn('ssm', `resource-data-sync/${name}`)] },
	];

const onSetting =
	(operation: string) =>
	({ SettingId: id = '' }: { SettingId?: string }, { arn }: Site): Need[] => [
		{ action: `ssm:${operation}`, resources: [id.startsWith('arn:') ? id : arn('ssm', `servicesetting/${id.replace(/^\//, '')}`)] },
	];

export const FLEET_CARE_NEEDS: Needs = {
	...onAnything('ssm', [
		'DeleteActivation',
		'DeleteInventory',
		'DescribeActivations',
		'DescribeInventoryDeletions',
		'DescribeParameters',
		'DescribeSessions',
		'GetInventorySchema',
		'ListResourceDataSync',
		'PutInventory',
	]),
	CreateActivation: createActivation,
	CreateResourceDataSync: onSync('CreateResourceDataSync'),
	DeleteResourceDataSync: onSync('DeleteResourceDataSync'),
	DeregisterManagedInstance: onManaged('DeregisterManagedInstance'),
	GetConnectionStatus: ({ Target: id = '' }: GetConnectionStatusCommandInput, site) => [
		{ action: 'ssm:GetConnectionStatus', resources: [nodeArn(id, site)], context: () => nodeTags([id], site) },
	],
	GetServiceSetting: onSetting('GetServiceSetting'),
	ResetServiceSetting: onSetting('ResetServiceSetting'),
	ResumeSession: onSession('ResumeSession'),
	StartSession: startSession,
	TerminateSession: onSession('TerminateSession'),
	UpdateManagedInstanceRole: ({ InstanceId: id = '', IamRole: name = '' }: UpdateManagedInstanceRoleCommandInput, site) => {
		const role = `arn:aws:iam::${site.account}:role/${name}`;
		const resources = [site.arn('ssm', `managed-instance/${id}`), role];
		return [{ action: 'ssm:UpdateManagedInstanceRole', resources }, passRole(role)];
	},
	UpdateServiceSetting: onSetting('UpdateServiceSetting'),
};
