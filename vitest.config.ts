import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		include: ['test/**/*.test.ts'],
		environment: 'node',
		globalSetup: 'test/support/global-setup.ts',
		pool: 'forks',
		maxWorkers: '100%',
		// Nothing here keeps module state, and loading the SDK once a file would take longer than the tests.
		isolate: false,
		testTimeout: 30_000,
	},
});
