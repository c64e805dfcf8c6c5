/** Documents, parameters, and what watches. */

import { GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeParametersCommand, GetDocumentCommand, GetParameterCommand } from '@aws-sdk/client-ssm';
import { known, type Look, parsed } from './look.ts';

export const document: Look = async ({ properties: { Name } }, { ssm }) => {
	const { Content, ...described } = await ssm.send(new GetDocumentCommand({ Name, DocumentFormat: 'JSON' }));
	// moto answers with the document itself where AWS has its text.
	return known({ ...described, Content: typeof Content === 'string' ? parsed(Content) : Content });
};

export const parameter: Look = async ({ properties: { Name } }, { ssm }) => {
	const { Parameter = {} } = await ssm.send(new GetParameterCommand({ Name }));
	const { Parameters = [] } = await ssm.send(new DescribeParametersCommand({ ParameterFilters: [{ Key: 'Name', Values: [Name] }] }));
	return known({ ...Parameters[0], ...Parameter });
};

export const dashboard: Look = async ({ properties: { DashboardName } }, { cloudwatch }) => {
	return known({ ...(await cloudwatch.send(new GetDashboardCommand({ DashboardName }))) });
};
