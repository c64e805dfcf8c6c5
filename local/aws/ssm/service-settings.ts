/** Settings of Systems Manager for the account and Region. */

import type {
	GetServiceSettingCommandInput,
	GetServiceSettingCommandOutput,
	ResetServiceSettingCommandInput,
	ResetServiceSettingCommandOutput,
	ServiceSetting,
	UpdateServiceSettingCommandInput,
} from '@aws-sdk/client-ssm';
import { callerArn, type RoleOf } from '../identity.ts';
import { type AwsContext, AwsError, type Caller, type Output } from '../types.ts';

/** The role in which instances without a profile that would do are managed (Default Host Management Configuration). */
export const HOST_MANAGEMENT = '/ssm/managed-instance/default-ec2-instance-management-role';
export const HOST_MANAGEMENT_ROLE = 'service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole';
const NO_ROLE = '$None';

/** What AWS has them at, where nobody has changed them (API reference, UpdateServiceSetting). */
const DEFAULTS: Readonly<Record<string, string>> = {
	[HOST_MANAGEMENT]: NO_ROLE,
	'/ssm/automation/enable-adaptive-concurrency': 'False',
	'/ssm/documents/console/public-sharing-permission': 'Enable',
	'/ssm/managed-instance/activation-tier': 'standard',
	'/ssm/parameter-store/default-parameter-tier': 'Standard',
	'/ssm/parameter-store/high-throughput-enabled': 'false',
};

interface Stored {
	readonly value: string;
	readonly at: number;
	readonly by: string;
}

export class ServiceSettings {
	readonly #ctx: AwsContext;
	readonly #values = new Map<string, Stored>();
	readonly #listeners: (() => void)[] = [];

	constructor(ctx: AwsContext) {
		this.#ctx = ctx;
	}

	/** Calls `listener` after each change. */
	onChange(listener: () => void): void {
		this.#listeners.push(listener);
	}

	/** Whether instances are managed without a profile of their own. */
	managesHosts(): boolean {
		return this.#value(HOST_MANAGEMENT) !== NO_ROLE;
	}

	set(id: string, value: string, by: string): void {
		this.#values.set(id, { value, at: this.#ctx.clock.now(), by });
		this.#tell();
	}

	reset(id: string): void {
		this.#values.delete(id);
		this.#tell();
	}

	#tell(): void {
		for (const listener of this.#listeners) listener();
	}

	operations(roleOf: RoleOf) {
		return {
			GetServiceSetting: ({ SettingId }: GetServiceSettingCommandInput): Output<GetServiceSettingCommandOutput> => ({
				ServiceSetting: this.#wire(idOf(SettingId)),
			}),

			UpdateServiceSetting: ({ SettingId, SettingValue = '' }: UpdateServiceSettingCommandInput, by?: Caller): object => {
				this.set(idOf(SettingId), SettingValue, callerArn(this.#ctx, by?.caller ?? 'unknown', roleOf));
				return {};
			},

			ResetServiceSetting: ({ SettingId }: ResetServiceSettingCommandInput): Output<ResetServiceSettingCommandOutput> => {
				const id = idOf(SettingId);
				this.reset(id);
				return { ServiceSetting: this.#wire(id) };
			},
		};
	}

	#value(id: string): string {
		return this.#values.get(id)?.value ?? DEFAULTS[id] ?? '';
	}

	#wire(id: string): ServiceSetting {
		const { account, region } = this.#ctx;
		const stored = this.#values.get(id);
		return {
			SettingId: id,
			SettingValue: this.#value(id),
			ARN: `arn:aws:ssm:${region}:${account}:servicesetting${id}`,
			Status: stored ? 'Customized' : 'Default',
			LastModifiedUser: stored?.by ?? 'System',
			...(stored ? { LastModifiedDate: new Date(stored.at) } : {}),
		};
	}
}

/** By its id, or by its ARN. @throws AwsError `ServiceSettingNotFound`. */
function idOf(reference = ''): string {
	const id = reference.replace(/^arn:[^:]*:ssm:[^:]*:[^:]*:servicesetting/, '');
	if (id in DEFAULTS) return id;
	throw new AwsError('ServiceSettingNotFound', `Setting with given setting ID: ${reference} does not exist.`);
}
