declare module 'dynalite' {
	import type { EventEmitter } from 'node:events';

	interface Options {
		readonly createTableMs?: number;
		readonly deleteTableMs?: number;
		readonly updateTableMs?: number;
	}
	/** An HTTP server that need not listen: it answers `emit('request', request, response)`. */
	export default function dynalite(options?: Options): EventEmitter;
}
