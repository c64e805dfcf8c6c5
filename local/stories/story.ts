/** A story: a fleet, what happens to it, what goes wrong, and how every operation must end. Inputs only. */

import type { Operation } from '../../shared/operation/types.ts';
import type { Fleet } from '../fleet.ts';
import type { FleetServicesOptions } from '../services.ts';
import type { Faults, World } from '../world.ts';
import type { Terminal } from './terminal.ts';

/** How one operation must end, or several alike. */
export interface Expectation {
	/** The part of the story, in a sentence. */
	readonly part: string;
	readonly about: (operation: Operation) => boolean;
	/** Operations that the part is about, `some` where the story does not say how many; default 1. */
	readonly count?: number | 'some';
	readonly state: Operation['state'];
	/** What the lifecycle action must be completed with, where there is one. */
	readonly lifecycle?: NonNullable<Operation['result']>['lifecycle'];
	/** Whether an OpsItem must say so. */
	readonly opsItem?: boolean;
	/** More that must hold of each. */
	readonly also?: (operation: Operation) => boolean;
}

/** Functions with clocks of their own, which most stories leave out: they cost time. */
export type SeldomPlayed = 'inventory-change' | 'session-event' | 'agent-health';

export interface Story {
	/** What `npm run demo -- --story` calls it. */
	readonly name: string;
	readonly title: string;
	readonly startAt: string;
	readonly minutes: number;
	/** It takes so long that clocks are left out while nothing happens: see quiet.ts. */
	readonly skipsQuiet?: true;
	/** Those that it is about. */
	readonly functions?: readonly SeldomPlayed[];
	/** What its parts are called, each from an instant on, the first first. */
	readonly chapters?: readonly { readonly from: string; readonly title: string }[];
	readonly fleet: Fleet;
	/** Who calls AWS with keys of their own; there is one person in every story. */
	readonly people?: readonly string[];
	/** Texts of playbooks beside those that are deployed, by their names. */
	readonly playbooks?: Readonly<Record<string, string>>;
	readonly serviceOptions?: FleetServicesOptions;
	/** Topics whose messages are told. */
	readonly topics?: readonly string[];
	readonly faults: Faults;
	/** Puts what is there from the start beside the fleet: rules, alarms, calendars. */
	prepare?(world: World): void | Promise<void>;
	/** Says what happens, and when; people have the command line. */
	script(world: World, terminal: Terminal): void;
	readonly expectations: readonly Expectation[];
	/** What must hold of the world at the end, beyond operations: a sentence, and whether it does. */
	readonly outcomes: (world: World, operations: readonly Operation[]) => readonly { readonly part: string; readonly holds: boolean }[];
}
