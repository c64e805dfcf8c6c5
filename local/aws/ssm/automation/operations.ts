/** The Automation operations. */

import type {
	AutomationExecutionFilter,
	AutomationExecutionMetadata,
	DescribeAutomationExecutionsCommandInput,
	DescribeAutomationExecutionsCommandOutput,
	DescribeAutomationStepExecutionsCommandInput,
	DescribeAutomationStepExecutionsCommandOutput,
	GetAutomationExecutionCommandInput,
	GetAutomationExecutionCommandOutput,
	StartAutomationExecutionCommandInput,
	StartAutomationExecutionCommandOutput,
	StepExecution,
	StopAutomationExecutionCommandInput,
	Target,
} from '@aws-sdk/client-ssm';
import { QUEUED_AUTOMATIONS } from '../../assumptions.ts';
import type { Iam } from '../../iam/index.ts';
import { nextToken, page } from '../../paging.ts';
import { type AwsContext, AwsError, type Caller, type Output } from '../../types.ts';
import { type ParameterDefinitions, resolveParameters } from '../document-parameters.ts';
import type { Documents, DocumentVersion, StoredDocument } from '../documents.ts';
import type { Lag } from '../lag.ts';
import { isRecord, text, type Value } from '../values.ts';
import { assumeRoleOf } from './assume-role.ts';
import { stepsOf } from './document.ts';
import type { AutomationEngine } from './engine.ts';
import { type Execution, isExecutionOver, type StepRun } from './model.ts';
import { scopeIn, scopeView } from './rate-control.ts';

const PAGE = 50;
const MOST_TAGS = 5;
/** Who calls where nobody says so: somebody who may do anything. */
const NOBODY: Caller = { caller: undefined };
const UUID = /^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$/;

/** @param targetsOf what targets lead to, as a parameter of the runbook takes it. */
export function automationOperations(
	ctx: AwsContext,
	documents: Documents,
	engine: AutomationEngine,
	lag: Lag,
	targetsOf: (targets: readonly Target[]) => readonly string[],
	iam?: Iam,
) {
	/** What each client token was used for. */
	const tokens = new Map<string, { readonly id: string; readonly request: string }>();

	function find(id: string | undefined): Execution {
		const execution = engine.find(id ?? '');
		if (!execution) throw new AwsError('AutomationExecutionNotFoundException', `Automation execution with id ${id} was not found.`);
		return execution;
	}

	function runbook(input: StartAutomationExecutionCommandInput): { document: StoredDocument; version: DocumentVersion } {
		try {
			const document = documents.get(input.DocumentName);
			if (document.type === 'Automation') return { document, version: documents.version(document, input.DocumentVersion) };
		} catch (error) {
			if (error instanceof AwsError && error.code === 'InvalidDocumentVersion') {
				throw new AwsError(
					'AutomationDefinitionVersionNotFoundException',
					`${input.DocumentName} has no version ${input.DocumentVersion}.`,
				);
			}
			if (!(error instanceof AwsError)) throw error;
		}
		throw new AwsError('AutomationDefinitionNotFoundException', `Automation definition ${input.DocumentName} was not found.`);
	}

	/** @throws AwsError where Automation may not take the role. */
	function sessionOf(assumeRole: string | undefined, id: string, { caller, session }: Caller) {
		if (assumeRole === undefined) return session ?? iam?.sessionOf(caller);
		if (iam && !iam.assumable(assumeRole)) {
			throw new AwsError('InvalidAutomationExecutionParametersException', 'The defined assume role is unable to be assumed.');
		}
		return { role: assumeRole, name: `Automation-${id}` };
	}

	function begin(input: StartAutomationExecutionCommandInput, by: Caller): string {
		const scope = scopeIn(input);
		if ((input.Tags?.length ?? 0) > MOST_TAGS) throw new AwsError('ValidationException', `At most ${MOST_TAGS} tags can be given.`);
		const { document, version } = runbook(input);
		const definitions = (version.content['parameters'] ?? {}) as ParameterDefinitions;
		if (engine.queued() >= QUEUED_AUTOMATIONS) {
			throw new AwsError(
				'AutomationExecutionLimitExceededException',
				'The number of simultaneously running Automation executions exceeded the allowable limit.',
			);
		}
		const now = ctx.clock.now();
		const id = ctx.uuid();
		const session = sessionOf(assumeRoleOf(version, input.Parameters), id, by);
		const common = {
			...(session && { session }),
			document,
			version,
			requestedAt: now,
			executedBy: `arn:aws:iam::${ctx.account}:user/operator`,
			status: 'Pending' as const,
			startedAt: now,
			failedMeanwhile: false,
		};
		const running = (parameters: Record<string, string[]>) => ({
			...common,
			parameters,
			values: resolveParameters(definitions, parameters, 'InvalidAutomationExecutionParametersException'),
			steps: stepsOf(version.content).map(
				(step): StepRun => ({ step, id: ctx.uuid(), status: 'Pending', inputs: {}, outputs: {}, attempts: 0 }),
			),
			outputs: {},
		});
		const parameters = input.Parameters ?? {};
		const tags = new Map((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
		if (scope === undefined) {
			engine.start({ ...running(parameters), id, tags });
			return id;
		}
		const runs = targetsOf(scope.targets).map((target): Execution => {
			const given = { ...parameters, [scope.parameter]: [target] };
			return { ...running(given), id: ctx.uuid(), tags: new Map(), parent: { id, target } };
		});
		engine.start({ ...common, parameters, values: {}, steps: [], outputs: {}, id, tags, scope: { ...scope, runs } });
		return id;
	}

	return {
		StartAutomationExecution(
			input: StartAutomationExecutionCommandInput,
			by: Caller = NOBODY,
		): Output<StartAutomationExecutionCommandOutput> {
			const { ClientToken: token } = input;
			if (token === undefined) return { AutomationExecutionId: begin(input, by) };
			if (!UUID.test(token)) {
				throw new AwsError(
					'ValidationException',
					`1 validation error detected: Value '${token}' at 'clientToken' failed to satisfy its pattern`,
				);
			}
			const { DocumentName, DocumentVersion = null, Parameters = {}, Targets = null, TargetParameterName = null } = input;
			const request = JSON.stringify([DocumentName, DocumentVersion, Object.entries(Parameters).sort(), Targets, TargetParameterName]);
			const known = tokens.get(token);
			if (known && known.request !== request) {
				throw new AwsError('IdempotentParameterMismatch', 'The idempotency token was used before with other parameters.');
			}
			const id = known?.id ?? begin(input, by);
			tokens.set(token, { id, request });
			return { AutomationExecutionId: id };
		},

		StopAutomationExecution(input: StopAutomationExecutionCommandInput): object {
			const execution = find(input.AutomationExecutionId);
			if (isExecutionOver(execution) || execution.status === 'Cancelling') {
				throw new AwsError(
					'InvalidAutomationStatusUpdateException',
					`Automation execution ${execution.id} is ${execution.status} and cannot be stopped.`,
				);
			}
			engine.stop(execution, input.Type ?? 'Cancel');
			return {};
		},

		GetAutomationExecution(input: GetAutomationExecutionCommandInput): Output<GetAutomationExecutionCommandOutput> {
			const execution = find(input.AutomationExecutionId);
			return {
				AutomationExecution: {
					...metadata(execution),
					Parameters: { ...execution.parameters },
					StepExecutions: execution.steps.map(wireStep),
					StepExecutionsTruncated: false,
				},
			};
		},

		DescribeAutomationExecutions(input: DescribeAutomationExecutionsCommandInput): Output<DescribeAutomationExecutionsCommandOutput> {
			const matching = engine
				.all()
				.filter((execution) => ctx.clock.now() - execution.requestedAt >= lag.listsMs)
				.filter((execution) => (input.Filters ?? []).every((filter) => passes(execution, filter)));
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { AutomationExecutionMetadataList: found.items.map(metadata), ...nextToken(found) };
		},

		DescribeAutomationStepExecutions(
			input: DescribeAutomationStepExecutionsCommandInput,
		): Output<DescribeAutomationStepExecutionsCommandOutput> {
			const steps = [...find(input.AutomationExecutionId).steps];
			const matching = (input.ReverseOrder ? steps.reverse() : steps).filter((run) =>
				(input.Filters ?? []).every(({ Key: key, Values: values = [] }) => {
					const fields: Readonly<Record<string, string>> = {
						StepExecutionStatus: run.status,
						StepExecutionId: run.id,
						StepName: run.step.name,
						Action: run.step.action,
					};
					const field = fields[key ?? ''];
					if (field === undefined) throw new AwsError('InvalidFilterKey', `The filter key ${key} is not valid.`);
					return values.includes(field);
				}),
			);
			const found = page(matching, input.NextToken, input.MaxResults ?? PAGE);
			return { StepExecutions: found.items.map(wireStep), ...nextToken(found) };
		},
	};
}

function metadata(execution: Execution): AutomationExecutionMetadata {
	const current = execution.steps.find((run) => run.status === 'InProgress');
	return {
		AutomationExecutionId: execution.id,
		DocumentName: execution.document.name,
		DocumentVersion: execution.version.version,
		AutomationExecutionStatus: execution.status,
		ExecutionStartTime: new Date(execution.startedAt),
		...(execution.endedAt === undefined ? {} : { ExecutionEndTime: new Date(execution.endedAt) }),
		ExecutedBy: execution.executedBy,
		Mode: 'Auto',
		...scopeView(execution),
		Outputs: execution.outputs,
		...(execution.failureMessage === undefined ? {} : { FailureMessage: execution.failureMessage }),
		...(current ? { CurrentStepName: current.step.name, CurrentAction: current.step.action } : {}),
	};
}

function wireStep(run: StepRun): StepExecution {
	const { step } = run;
	return {
		StepName: step.name,
		Action: step.action,
		...(step.timeoutSeconds === undefined ? {} : { TimeoutSeconds: Number(step.timeoutSeconds) }),
		OnFailure: step.onFailure,
		MaxAttempts: step.maxAttempts,
		...(run.startedAt === undefined ? {} : { ExecutionStartTime: new Date(run.startedAt) }),
		...(run.endedAt === undefined ? {} : { ExecutionEndTime: new Date(run.endedAt) }),
		StepStatus: run.status,
		...(run.responseCode === undefined ? {} : { ResponseCode: String(run.responseCode) }),
		Inputs: Object.fromEntries(Object.entries(run.inputs).map(([name, value]) => [name, JSON.stringify(value)])),
		Outputs: Object.fromEntries(Object.entries(run.outputs).map(([name, value]) => [name, texts(value)])),
		...(run.response === undefined ? {} : { Response: JSON.stringify(run.response) }),
		...(run.failureMessage === undefined
			? {}
			: { FailureMessage: run.failureMessage, FailureDetails: { FailureStage: 'Invocation', FailureType: 'Verification', Details: {} } }),
		StepExecutionId: run.id,
		IsEnd: step.isEnd,
		IsCritical: step.isCritical,
		...(step.nextStep === undefined ? {} : { NextStep: step.nextStep }),
	};
}

function texts(value: Value): string[] {
	return Array.isArray(value) ? value.map(text) : [isRecord(value) ? JSON.stringify(value) : text(value)];
}

function passes(execution: Execution, { Key: key, Values: values = [] }: AutomationExecutionFilter): boolean {
	switch (key) {
		case 'ExecutionId':
			return values.includes(execution.id);
		case 'ParentExecutionId':
			return execution.parent !== undefined && values.includes(execution.parent.id);
		case 'DocumentNamePrefix':
			return values.some((value) => execution.document.name.startsWith(value));
		case 'ExecutionStatus':
			return values.includes(execution.status);
		case 'TagKey':
			return values.some((value) => execution.tags.has(value));
		case 'StartTimeAfter':
			return values.some((value) => execution.startedAt > Date.parse(value));
		case 'StartTimeBefore':
			return values.some((value) => execution.startedAt < Date.parse(value));
		case 'CurrentAction':
			return values.some((value) => execution.steps.some((run) => run.status === 'InProgress' && run.step.action === value));
		default:
			throw new AwsError('InvalidFilterKey', `The filter key ${key} is not supported.`);
	}
}
