/** Every kind of operation that the simulation knows. */

import type { Flow } from '../flow.ts';
import { agent } from './agent.ts';
import { alarm } from './alarm.ts';
import { command } from './command.ts';
import { compliance } from './compliance.ts';
import { event } from './event.ts';
import { inventory } from './inventory.ts';
import { lifecycle } from './lifecycle.ts';
import { patch } from './patch.ts';
import { session } from './session.ts';
import { state } from './state.ts';

export const FLOWS: readonly Flow[] = [lifecycle, compliance, event, alarm, command, patch, state, session, inventory, agent];
