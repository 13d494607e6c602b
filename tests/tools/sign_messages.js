// Prints messages signed as Port signs them (JSON.stringify and HMAC-SHA256), one JSON object per
// line: {name, status, secret, text}; status is what portlog must say of text. The output is kept as
// tests/data/signed_messages.jsonl, so that the unit test needs no node; nothing in it is random.
'use strict';
const { createHmac } = require('crypto');

const SECRET = 'u7J0-company-secret-of-32-or-more-bytes';
const mac = (secret, text) => 'v1,' + createHmac('sha256', secret).update(text).digest('base64');
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const lines = [];
const put = (name, status, text, secret = SECRET) =>
	lines.push(JSON.stringify({ name, status, secret, text }));

// Port's way: sign the message, then put the two members into its headers.
function sign(message, { timestamp = '1793703600', first = false, headers = {}, secret = SECRET } = {}) {
	const gitlab = message.payload?.action?.invocationMethod?.type === 'GITLAB';
	const signed = gitlab ? message : { ...message, headers };
	const members = {
		'X-Port-Signature': mac(secret, `${timestamp}.${JSON.stringify(signed)}`),
		'X-Port-Timestamp': timestamp,
	};
	return { ...message, headers: first ? { ...members, ...headers } : { ...headers, ...members } };
}

const run = (properties, type = 'WEBHOOK') => ({
	action: 'deploy', resourceType: 'run', status: 'TRIGGERED',
	context: { entity: 'checkout', blueprint: 'service', runId: 'r_signed' },
	payload: { entity: null, action: { invocationMethod: { type, agent: true }, trigger: 'DAY-2' }, properties },
});

// What JavaScript prints in a way of its own.
const values = {
	plain: { version: '1.10' }, empty: {}, tiny: { n: 1e-7 }, huge: { n: 1e21 }, large: { n: 123456789012345680000 },
	fraction: { n: 0.1 + 0.2 }, negative: { n: -1.5e-10 }, smallest: { n: 5e-324 }, greatest: { n: 1.7976931348623157e308 },
	exact: { n: 9007199254740991 }, zero: { n: 0 }, millionth: { n: 0.000001 }, many: { n: [1.25, 100, 1e20, 12e-9] }, power: { n: 2 ** -44 },
	accents: { s: 'é ü ß 漢字 🚀' }, escapes: { s: '"\\/\b\f\n\r\t\u0001\u001f\u007f' },
	separators: { s: '\u2028\u2029' }, lone: { s: '\ud800' }, html: { s: '<a href="x">&amp;</a>' },
	nested: { a: [[], {}, [null, true, false], { b: { c: [] } }] }, key: { 'a b"\\é': 1, '': 2 },
};
for (const [name, properties] of Object.entries(values))
	put(`good ${name}`, 'good', JSON.stringify(sign(run(properties))));

put('headers first in the message', 'good', JSON.stringify((({ headers, ...rest }) => ({ headers, ...rest }))(
	sign({ headers: {}, ...run({}) }))));
put('other headers before', 'good', JSON.stringify(sign(run({}), { headers: { 'X-Trace': 'a', 'X-B': '1' } })));
put('other headers behind', 'good', JSON.stringify(sign(run({}), { headers: { 'X-Trace': 'a' }, first: true })));
put('timestamp a number', 'good', JSON.stringify(sign(run({}), { timestamp: 1793703600 })));
put('gitlab', 'good', JSON.stringify(sign(run({ ref: 'main' }, 'GITLAB'))));
put('gitlab, other headers', 'unverifiable', JSON.stringify(sign(run({}, 'GITLAB'), { headers: { 'X-Trace': 'a' } })));
put('gitlab, other headers and another value', 'bad', JSON.stringify(sign(run({ ref: 'main' }, 'GITLAB'),
	{ headers: { 'X-Trace': 'a' } })).replace('main', 'mine'));
put('names in lower case', 'good', JSON.stringify(sign(run({}))).replace('X-Port-Signature', 'x-port-signature')
	.replace('X-Port-Timestamp', 'x-port-timestamp'));
put('signature in another case', 'none', JSON.stringify(sign(run({}))).replace('X-Port-Signature', 'X-port-Signature'));
put('time in another case', 'bad', JSON.stringify(sign(run({}))).replace('X-Port-Timestamp', 'X-PORT-TIMESTAMP'));
put('a long s in the name', 'none', JSON.stringify(sign(run({}))).replace('X-Port-Signature', 'X-Port-\u017fignature'));
put('signed beside another case', 'good', JSON.stringify(sign(run({}), { headers: { 'X-PORT-SIGNATURE': 'v1,' } })));
put('changelogDestination is no excuse', 'bad', JSON.stringify({ changelogDestination: { type: 'KAFKA' },
	...sign(run({})) }));

// Printed again by another: with spaces, escapes and numbers of its own.
for (const [name, properties] of Object.entries(values)) {
	if (name === 'lone')
		continue; // becomes U+FFFD: cannot be printed again
	const text = JSON.stringify(sign(run(properties)), null, 1).replace(/[\u007f-\uffff]/g,
		c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
	put(`reprinted ${name}`, 'reprinted', text);
}
put('reprinted as Python prints numbers', 'reprinted', JSON.stringify(sign(run({ n: 1e-7, m: 1e21, z: 100 })))
	.replace('1e-7', '1e-07').replace('1e+21', '1e+21').replace(':100}', ':100.0}'));

const good = JSON.stringify(sign(run({ version: '2' })));
put('another value', 'bad', good.replace('"version":"2"', '"version":"3"'));
put('another secret', 'bad', good, SECRET + 'x');
put('another time', 'bad', good.replace('"1793703600"', '"1793703601"'));
put('no time', 'bad', good.replace(',"X-Port-Timestamp":"1793703600"', ''));
// The last digit of a hash has two bits that are of no byte; no other digit may be read in its place.
put('Base64 with bits of no byte', 'bad', good.replace(/(.)="/, (_, digit) => digits[digits.indexOf(digit) ^ 1] + '="'));
put('not Base64', 'bad', good.replace('"v1,', '"v1,*'));
put('another version', 'bad', good.replace('"v1,', '"v2,'));
put('a member more', 'bad', good.replace('{', '{"more":1,'));
put('changelogDestination and no signature', 'none', JSON.stringify({ ...run({}),
	changelogDestination: { type: 'WEBHOOK', agent: true, url: 'http://localhost/' } }));
put('no signature', 'none', JSON.stringify({ ...run({}), headers: {} }));
put('no headers', 'none', JSON.stringify(run({})));
put('signature in the payload', 'none', JSON.stringify({ payload: { headers: sign(run({})).headers } }));
put('no object', 'none', JSON.stringify([sign(run({}))]));
put('two headers', 'unverifiable', good.replace('{', '{"headers":{},'));
put('two signatures', 'unverifiable', good.replace('"headers":{', '"headers":{"x-port-signature":"v1,",'));
put('two times', 'unverifiable', good.replace('"headers":{', '"headers":{"X-Port-Timestamp":"1",'));
put('no secret', 'unverifiable', good, '');
console.log(lines.join('\n'));
