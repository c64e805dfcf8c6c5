/**
 * How functions are bundled, for serverless-esbuild and for `scripts/size.ts`.
 * CommonJS from the packages' module builds: the combination that `sls invoke local` and Lambda both load, and the smallest.
 */
const bundling = {
	bundle: true,
	format: 'cjs',
	platform: 'node',
	target: 'node24',
	mainFields: ['module', 'main'],
	minify: true,
	keepNames: false,
	legalComments: 'none',
};

/** What serverless-esbuild takes beyond esbuild's own options; `exclude: []` bundles the AWS SDK too, in our version. */
const packaging = { sourcemap: true, outputFileExtension: '.cjs', exclude: [], concurrency: 2 };

module.exports = () => ({ ...bundling, ...packaging });
module.exports.bundling = bundling;
