import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		include: ['test/**/*.test.ts'],
		environment: 'node',
		globalSetup: 'test/support/global-setup.ts',
		pool: 'forks',
		testTimeout: 30_000,
	},
});
