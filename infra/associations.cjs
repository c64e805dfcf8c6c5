/** Associations of State Manager, in the way that all of this stack have in common. */

/**
 * How many nodes are brought into their state at once, and how many may fail before no more are tried: an agent that an update breaks
 * is broken on a tenth of the fleet at most.
 */
const RATE = { MaxConcurrency: '10%', MaxErrors: '10%' };

/**
 * Runs at its times alone: neither at a deployment nor when a node comes online, for the first of all nodes at once is no time for an
 * update, and the second is the next time's.
 * @param {string} name what follows service and stage.
 * @param rate where it changes nothing on a node: another one.
 */
const associationFor = (name, { document, parameters, targets, schedule, severity, rate = RATE }) => ({
	Type: 'AWS::SSM::Association',
	Properties: {
		AssociationName: `\${self:service}-\${sls:stage}-${name}`,
		Name: document,
		...(parameters && { Parameters: parameters }),
		Targets: targets,
		ScheduleExpression: schedule,
		ApplyOnlyAtCronInterval: true,
		...rate,
		ComplianceSeverity: severity,
		SyncCompliance: 'AUTO',
		OutputLocation: {
			S3Location: {
				OutputS3BucketName: { Ref: 'OutputBucket' },
				OutputS3KeyPrefix: `associations/${name}`,
				OutputS3Region: { Ref: 'AWS::Region' },
			},
		},
	},
});

module.exports = { associationFor };
