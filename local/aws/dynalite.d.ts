declare module 'dynalite/validations/index.js' {
	const validations: {
		checkTypes(data: unknown, types: unknown): unknown;
		checkValidations(data: unknown, types: unknown, custom: unknown, store: unknown): void;
	};
	export default validations;
}
