// random_signed.js SEED COUNT: prints random messages, signed as Port signs them (JSON.stringify and
// HMAC-SHA256), one per line, each with a byte that the reader is to flip:
//     SECRET TAB POSITION TAB MASK TAB SAME TAB MESSAGE
// SAME is 1 where the flipped text is, as JavaScript reads it, the same message: 1E+21 for 1e+21.
// Printed JSON has neither tabs nor line ends in it.
'use strict';
const { createHmac } = require('crypto');

const [seed, count] = process.argv.slice(2).map(Number);
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

// mulberry32
let state = seed >>> 0;
function bits() {
	state = state + 0x6d2b79f5 | 0;
	let x = Math.imul(state ^ state >>> 15, 1 | state);
	x = x + Math.imul(x ^ x >>> 7, 61 | x) ^ x;
	return (x ^ x >>> 14) >>> 0;
}
const below = limit => bits() % limit;
const one = list => list[below(list.length)];
const chance = of => below(of) === 0;
function many(limit, make) {
	const list = [];
	for (let left = below(limit); left > 0; left--)
		list.push(make());
	return list;
}

const double = new DataView(new ArrayBuffer(8));
function anyDouble() {
	double.setUint32(0, bits());
	double.setUint32(4, bits());
	return double.getFloat64(0);
}
const NUMBERS = [0, -0, 1, -1, 0.1 + 0.2, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308,
	9007199254740991, 9007199254740993, -9007199254740992, 123456789012345680000, 4294967296, NaN, -Infinity];
const number = () => one([
	() => below(1000), () => -bits(), () => bits() / 4294967296, () => bits() / 100, () => one(NUMBERS), anyDouble,
	() => bits() * 10 ** (below(60) - 40), () => (1 + below(9)) * 10 ** (below(60) - 30), () => 2 ** (below(2098) - 1074),
])();

const unit = (first, last) => String.fromCharCode(first + below(last - first + 1));
const letters = () => many(12, () => unit(0x61, 0x7a)).join('');
const CHARACTERS = [
	() => unit(0x20, 0x7e), () => unit(0, 0x1f), () => one(['"', '\\', '/', '\\u0041', '\u007f', '\u2028', '\u2029', '\ufffd', '\ufeff']),
	() => unit(0xa0, 0x24f), () => unit(0x4e00, 0x9fff), () => String.fromCodePoint(0x1f300 + below(0x300)),
	() => unit(0, 0xd7ff), () => unit(0xe000, 0xffff),
];
const SURROGATES = [...CHARACTERS, () => unit(0xd800, 0xdfff)];
let characters = CHARACTERS; // of this message
const string = () => one([letters, letters, () => many(24, one(characters)).join(''),
	() => many(24, () => one(characters)()).join(''), () => many(60, () => one(BASE64)).join('')])();

const KEYS = ['headers', 'X-Port-Signature', 'X-Port-Timestamp', 'changelogDestination', 'payload', 'type', 'agent', 'action',
	'', '0', '12', '-1', '1e3', '__proto__', 'constructor', 'toJSON', 'a b"\\é'];
const key = () => chance(3) ? one(KEYS) : chance(2) ? letters() : string();
const object = (limit, depth) => Object.fromEntries(many(limit, () => [key(), value(depth)]));
const scalar = () => one([number, number, string, string, () => chance(2), () => null, () => undefined,
	() => new Date(bits() * 1000)])();
function value(depth) {
	if (depth <= 0 || chance(2))
		return scalar();
	return chance(2) ? object(5, depth - 1) : many(5, () => value(depth - 1));
}
function deep() {
	let inner = scalar();
	for (let levels = below(400); levels > 0; levels--)
		inner = chance(2) ? [inner] : { [letters()]: inner };
	return inner;
}

// GITLAC is one bit from GITLAB, whose messages are signed without their headers.
const TYPES = ['WEBHOOK', 'WEBHOOK', 'GITLAB', 'GITLAB', 'KAFKA', 'GITHUB', 'AZURE_DEVOPS', 'UPSERT_ENTITY', 'gitlab', 'GITLAC'];
const destination = () => one([
	() => ({ type: 'KAFKA' }), () => ({ type: 'WEBHOOK', agent: true, url: 'http://localhost/' + letters() }), () => value(2)])();
const run = () => ({
	action: letters(), resourceType: 'run', status: 'TRIGGERED',
	trigger: { by: { orgId: 'org_' + letters(), userId: string() }, origin: 'UI', at: new Date(bits() * 1000) },
	context: { entity: chance(2) ? null : string(), blueprint: letters(), runId: 'r_' + letters() },
	payload: {
		entity: null, properties: object(5, 2),
		action: { invocationMethod: { type: one(TYPES), agent: true, url: 'https://example.test/' }, trigger: 'DAY-2' },
	},
});
const change = () => ({
	action: one(['CREATE', 'UPDATE', 'DELETE']), resourceType: 'entity', status: 'SUCCESS',
	context: { entity: letters(), blueprint: letters() }, diff: { before: value(3), after: object(5, 2) },
});

// All members but headers, in random order.
function members() {
	const list = Object.entries(one([run, run, run, change, () => object(6, 3)])());
	list.push(...many(3, () => [key(), value(1)]));
	if (chance(4))
		list.push(['changelogDestination', destination()]);
	if (chance(100))
		list.push([letters(), deep()]);
	for (let i = list.length - 1; i > 0 && chance(2); i--) {
		const other = below(i + 1);
		[list[i], list[other]] = [list[other], list[i]];
	}
	return list.filter(([name]) => name !== 'headers');
}

// Some are one bit from the two names, or differ from them in case alone.
const HEADERS = ['X-Trace', 'Content-Type', 'RUN_ID', 'X-PORT-SIGNATURE', 'X-Port-Signaturd', 'x-port-Signature',
	'X-Port-Timestamq', 'X-port-Timestamp', 'payload', 'headers', ''];
const header = () => [chance(5) ? 'h' + string() : one(HEADERS), chance(3) ? value(2) : string()];
const within = (list, at, ...more) => [...list.slice(0, at), ...more, ...list.slice(at)];

// Signs, and puts headers among the members and the two among the headers, wherever they fall.
function sign(secret) {
	characters = chance(3) ? SURROGATES : CHARACTERS;
	const list = members();
	const gitlab = Object.fromEntries(list).payload?.action?.invocationMethod?.type === 'GITLAB';
	const others = gitlab ? [] : many(3, header);
	const at = below(list.length + 1);
	const text = entries => JSON.stringify(Object.fromEntries(within(list, at, ['headers', Object.fromEntries(entries)])));
	const seconds = 1600000000 + below(400000000);
	const timestamp = one([() => String(seconds), () => String(seconds), () => seconds, () => seconds * 1000 + below(1000),
		() => seconds + below(8) / 8, () => String(seconds * 1000)])();
	const signed = gitlab ? JSON.stringify(Object.fromEntries(list)) : text(others);
	const mac = createHmac('sha256', secret).update(`${timestamp}.${signed}`).digest('base64');
	const pair = [['X-Port-Signature', 'v1,' + mac], ['X-Port-Timestamp', timestamp]];
	if (chance(8))
		pair.forEach(entry => entry[0] = entry[0].toLowerCase());
	if (chance(2))
		pair.reverse();
	const place = below(others.length + 1);
	const entries = within(others, place, pair[0]);
	return { mac, text: text(within(entries, chance(2) ? place + 1 : below(entries.length + 1), pair[1])) };
}

// The last digit of a number, an exponent, an escape.
const LENIENT = /[0-9](?=[,\]}e])|e(?=[+-])|\+|(?<=\\u..)[0-9a-f]|(?<=\\u...)[0-9a-f]/;
// Half of the flips are where a message is read most leniently: round the signature, and there.
function flip(bytes, mac) {
	const at = bytes.indexOf(mac);
	let position = below(bytes.length);
	if (chance(32)) {
		position = at + mac.length - 2;
		return { position, mask: bytes[position] ^ one(BASE64).charCodeAt() || 1 };
	}
	if (chance(4)) {
		position = Math.min(Math.max(at - 30 + below(mac.length + 80), 0), bytes.length - 1);
	} else if (chance(3)) {
		position += Math.max(bytes.latin1Slice(position).search(LENIENT), 0);
	}
	const c = bytes[position];
	const digit = c >= 0x30 && c <= 0x39;
	const mask = one([() => 1 + below(255), () => 1 << below(8), () => digit ? c ^ 0x30 + below(10) : 0x20])();
	return { position, mask: mask || 1 };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
function isSame(text, bytes, { position, mask }) {
	bytes[position] ^= mask;
	try {
		return JSON.stringify(JSON.parse(decoder.decode(bytes))) === text;
	} catch {
		return false;
	}
}

process.stdout.on('error', () => process.exit(1));
let lines = '';
for (let i = 0; i < count; i++) {
	const secret = 's' + many(90, () => one(BASE64)).join('');
	const { mac, text } = sign(secret);
	const bytes = Buffer.from(text);
	const { position, mask } = flip(bytes, mac);
	lines += [secret, position, mask, Number(isSame(text, bytes, { position, mask })), text].join('\t') + '\n';
	if (lines.length > 65536 || i === count - 1) {
		process.stdout.write(lines);
		lines = '';
	}
}
