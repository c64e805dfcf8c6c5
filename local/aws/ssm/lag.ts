/** How far lists are behind, in milliseconds. A world may change it at any time. */
export interface Lag {
	/** Commands, their invocations, and automation executions are missing this long after their start. */
	listsMs: number;
}
