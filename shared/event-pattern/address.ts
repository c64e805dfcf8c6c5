/** An IP address as a number of 32 or 128 bits. */
export interface Address {
	readonly bits: 32 | 128;
	readonly value: bigint;
}

export interface Block extends Address {
	/** Leading bits that the addresses of the block share. */
	readonly prefix: number;
}

const MAPPED_V4 = 0xffffn;

/** An IPv4 or IPv6 literal, or undefined for any other text. `::ffff:a.b.c.d` is the IPv4 address it carries. */
export function parseAddress(text: string): Address | undefined {
	return text.includes(':') ? parseV6(text) : parseV4(text);
}

/** A CIDR block (`10.0.0.0/8`, `2001:db8::/32`), or undefined. A single host is not a block: EventBridge refuses /32 and /128. */
export function parseBlock(text: string): Block | undefined {
	const [address, prefix, ...rest] = text.split('/');
	if (address === undefined || prefix === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return undefined;
	const parsed = parseAddress(address);
	if (!parsed || Number(prefix) >= parsed.bits) return undefined;
	return { ...parsed, prefix: Number(prefix) };
}

export function inBlock(block: Block, address: Address): boolean {
	const shift = BigInt(block.bits - block.prefix);
	return block.bits === address.bits && block.value >> shift === address.value >> shift;
}

function parseV4(text: string): Address | undefined {
	const parts = text.split('.');
	if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
	return { bits: 32, value: parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n) };
}

function parseV6(text: string): Address | undefined {
	if (text.length > 45) return undefined;
	const [head, tail, ...rest] = text.split('::');
	if (head === undefined || rest.length > 0) return undefined;
	const front = groups(head);
	const back = tail === undefined ? [] : groups(tail);
	if (!front || !back) return undefined;
	const missing = 8 - front.length - back.length;
	if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
	const all = [...front, ...Array<bigint>(missing).fill(0n), ...back];
	const value = all.reduce((sum, group) => (sum << 16n) | group, 0n);
	return value >> 32n === MAPPED_V4 ? { bits: 32, value: value & 0xffffffffn } : { bits: 128, value };
}

/** The 16-bit groups of one side of `::`; a dotted IPv4 address may be the last of them. */
function groups(text: string): bigint[] | undefined {
	if (text === '') return [];
	const parts = text.split(':');
	const found: bigint[] = [];
	for (const [i, part] of parts.entries()) {
		const v4 = i === parts.length - 1 ? parseV4(part) : undefined;
		if (v4) found.push(v4.value >> 16n, v4.value & 0xffffn);
		else if (/^[\da-f]{1,4}$/i.test(part)) found.push(BigInt(`0x${part}`));
		else return undefined;
	}
	return found;
}
