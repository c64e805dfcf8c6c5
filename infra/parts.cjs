/**
 * The rules of parts that are off: disabled, so that nothing is paid for what nobody acts on. The playbooks of such a part are not in
 * force either, which is what keeps the clock from finding work for it: see shared/playbook/stage.ts.
 */

const { sweepIds, ruleIds } = require('./paths.cjs');
const { listOf } = require('./settings.cjs');

/** By part: the function that opens its operations, or several. */
const OPENERS = {
	lifecycle: 'instance-lifecycle',
	alarms: 'alarm-state',
	compliance: 'config-compliance',
	events: 'fleet-event',
	patching: 'maintenance-window',
	state: ['node-state', 'inventory-change'],
	agents: 'agent-health',
	sessions: 'session-event',
};

module.exports = async ({ resolveVariable }) => {
	const on = listOf(await resolveVariable('param:parts'));
	const off = Object.keys(OPENERS).filter((part) => !on.includes(part));
	const rules = off.flatMap((part) => [OPENERS[part]].flat().flatMap((name) => [...ruleIds(name), ...sweepIds(name)]));
	return { Resources: Object.fromEntries(rules.map((id) => [id, { Properties: { State: 'DISABLED' } }])) };
};
