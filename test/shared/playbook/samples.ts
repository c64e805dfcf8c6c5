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

/** The same under another name and priority. */
export function drainAs(name: string, priority: number): string {
	return DRAIN.replace('drain-web', name).replace('priority: 100', `priority: ${priority}`);
}
