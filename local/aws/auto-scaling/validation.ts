import { AwsError } from '../types.ts';

/** Auto Scaling answers nearly everything it refuses with `ValidationError`. */
export function invalid(message: string): AwsError {
	return new AwsError('ValidationError', message);
}
