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

/**
 * What the SDK imports only where it is needed, and no function ever needs: Lambda gives credentials in the environment, so the rest
 * of the chain is not asked, and none of our calls streams events. Left in, it is a fifth of a bundle, and keeps esbuild from joining
 * the modules that it shares with the clients. On a laptop, where it may be needed, `node_modules` has it.
 */
const leftOut = [
	...['http', 'ini', 'login', 'process', 'sso', 'web-identity'].map((source) => `@aws-sdk/credential-provider-${source}`),
	...['@smithy/credential-provider-imds', '@smithy/core/event-streams'],
];

/**
 * What serverless-esbuild takes beyond esbuild's own options; the AWS SDK is bundled too, in our version. Source maps say where in the
 * sources a line comes from, without the sources: those are most of a package, which Lambda fetches for every cold start.
 */
const packaging = { sourcemap: true, sourcesContent: false, outputFileExtension: '.cjs', exclude: leftOut, concurrency: 2 };

module.exports = () => ({ ...bundling, ...packaging });
module.exports.bundling = bundling;
module.exports.leftOut = leftOut;
