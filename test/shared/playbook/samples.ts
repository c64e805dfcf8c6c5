/** A playbook that the tests take apart. */
export const DRAIN = `name: drain-web
priority: 100
on: instance-terminating
when:
  detail:
    AutoScalingGroupName: [{ prefix: web- }]
    LifecycleHookName: [fleetkeeper-drain]
  tags:
    service: [nginx]
run:
  command: drain-node
  parameters:
    ServiceName: nginx
    GraceSeconds: ["120"]
  timeout: 2h
`;

/** An alarm whose node is restarted. */
export const ALARM = `name: web-cpu
priority: 100
on: alarm
when:
  detail:
    alarmName: [{ prefix: web-cpu- }]
run:
  command: restart-service
  parameters:
    ServiceName: [nginx]
  timeout: 10m
opsItem:
  severity: "2"
  category: Performance
  runbooks: [restart-node, AWS-RestartEC2Instance]
flapping: { times: 5, within: 1h }
`;

/** A rule whose findings are put right. */
export const NONCOMPLIANT = `name: close-ssh
priority: 100
on: noncompliant
when:
  detail:
    configRuleName: [restricted-ssh, { prefix: restricted-ssh-conformance-pack- }]
run:
  automation: close-security-group
  parameters:
    SecurityGroupId: ["$.detail.resourceId"]
  timeout: 30m
then:
  onFailure:
    opsItem: { severity: "2", category: Security }
`;

/** A notice of EC2 that drains the instance. */
export const EVENT = `name: spot-drain
priority: 100
on: event
when:
  source: [aws.ec2]
  detail-type: [EC2 Spot Instance Interruption Warning]
  detail:
    instance-action: [terminate]
run:
  command: drain-node
  node: $.detail.instance-id
  timeout: 2m
about: $.detail.instance-id
`;

/** Requests for two runbooks. */
export const REQUEST = `name: may-restart
priority: 100
on: request
when:
  detail:
    runbook: [restart-node, AWS-RestartEC2Instance]
run:
  timeout: 1h
then:
  onFailure:
    opsItem: { severity: "3" }
`;

/** The same under another name and priority. */
export function drainAs(name: string, priority: number): string {
	return DRAIN.replace('drain-web', name).replace('priority: 100', `priority: ${priority}`);
}
