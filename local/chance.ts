/** Chance that is a function of a seed. */

/** 0 (inclusive) to 1 (exclusive). */
export type Chance = () => number;

/** A stream of numbers for `seed` and `name`: streams of different names do not disturb each other (sfc32, seeded by FNV-1a). */
export function chance(seed: number | string, name: string): Chance {
	let a = fnv(`${seed}/${name}/a`);
	let b = fnv(`${seed}/${name}/b`);
	let c = fnv(`${seed}/${name}/c`);
	let counter = 1;
	const next = () => {
		const t = (a + b + counter) | 0;
		counter = (counter + 1) | 0;
		a = b ^ (b >>> 9);
		b = (c + (c << 3)) | 0;
		c = (c << 21) | (c >>> 11);
		c = (c + t) | 0;
		return (t >>> 0) / 2 ** 32;
	};
	for (let round = 0; round < WARM_UP_ROUNDS; round++) next();
	return next;
}

/** Rounds after which sfc32 has mixed its seed. */
const WARM_UP_ROUNDS = 15;

const HEX = '0123456789abcdef';

export function text(random: Chance, length: number, alphabet: string = HEX): string {
	let result = '';
	for (let index = 0; index < length; index++) result += alphabet.charAt(Math.floor(random() * alphabet.length));
	return result;
}

/** An RFC 4122 version 4 UUID. */
export function uuid(random: Chance): string {
	const variant = '89ab'.charAt(Math.floor(random() * 4));
	return `${text(random, 8)}-${text(random, 4)}-4${text(random, 3)}-${variant}${text(random, 3)}-${text(random, 12)}`;
}

function fnv(value: string): number {
	let hash = 0x811c9dc5;
	for (let index = 0; index < value.length; index++) hash = Math.imul(hash ^ value.charCodeAt(index), 0x01000193);
	return hash >>> 0;
}
