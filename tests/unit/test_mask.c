/* No secret, and nothing of one that a cut has left, gets through a mask, in whatever form it came;
 * everything else does. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "action/mask.h"
#include "base/crypto.h"
#include "base/json_scan.h"
#include "base/xalloc.h"

static void check(const struct mask *mask, const char *text, const char *wanted)
{
	struct buf masked = { 0 };
	mask_text(mask, span_of(text), &masked);
	assert_string_equal(buf_text(&masked), wanted);
	buf_free(&masked);
}

static void test_plain(void **state)
{
	(void)state;
	struct mask mask = { 0 };
	check(&mask, "nothing is secret…", "nothing is secret…");
	mask_add(&mask, "hunter2");
	mask_add(&mask, "hunter2-and-more");
	mask_add(&mask, "a\"b\\c");
	mask_add(&mask, "abc"); /* too short to look for */
	mask_add(&mask, NULL);
	mask_add(&mask, "");
	check(&mask, "", "");
	check(&mask, "hunter2 hunter2-and-more hunter abc a\"b\\c \"a\\\"b\\\\c\" hunter2",
		"*** *** hunter abc *** \"***\" ***");
	check(&mask, "hunter2hunter2", "******");
	mask_release(&mask);
}

static void test_encoded(void **state)
{
	(void)state;
	static const char secret[] = "p\"ss/w+rd & \xc3\xa9 ?";
	struct mask mask = { 0 };
	mask_add(&mask, secret);
	check(&mask, "a=p%22ss%2Fw%2Brd%20%26%20%C3%A9%20%3F&b", "a=***&b");
	check(&mask, "\"p\\\"ss/w+rd & \xc3\xa9 ?\" \"p\\\"ss\\/w+rd & \xc3\xa9 ?\"",
		"\"***\" \"***\"");
	/* ASCII alone; JSON in JSON */
	check(&mask,
		"p\\\"ss/w+rd & \\u00e9 ?, p\\\\\\\"ss/w+rd & \xc3\xa9 ?, p\\\\\\\"ss/w+rd & "
		"\\\\u00e9 ?",
		"***, ***, ***");
	for (int before = 0; before < 6; before++) {
		for (int behind = 0; behind < 6; behind++) {
			struct buf text = { 0 }, masked = { 0 };
			char *whole =
				xasprintf("%.*s%s%.*s", before, "user::", secret, behind, "@home!");
			base64_write(span_of(whole), &text);
			mask_text(&mask, buf_span(&text), &masked);
			assert_non_null(strstr(buf_text(&masked), "***"));
			/* At most what it shares a digit with on either side. */
			assert_in_range(masked.length, 3, 3 + 8 + 1 + 8 + 1);
			free(whole);
			buf_free(&text);
			buf_free(&masked);
		}
	}
	mask_release(&mask);
	mask_add(&mask, "clef \xf0\x9d\x84\x9e");
	check(&mask, "clef \\ud834\\udd1e.", "***.");
	mask_add(&mask, "\xc3\xa9/\xc3\xa9");
	check(&mask, "\\u00e9\\/\\u00e9.", "***.");
	mask_release(&mask);
	mask_add(&mask, "\xff\xfe>>>???\xff\xfe");
	check(&mask, "//4-Pj4_Pz///g== __4-Pj4_Pz___g", "//4-Pj4_Pz///g== ***g");
	mask_release(&mask);
}

static void test_cut(void **state)
{
	(void)state;
	struct mask mask = { 0 };
	mask_add(&mask, "correct-horse-battery");
	check(&mask, "it said correct-horse-bat…", "it said ***…");
	check(&mask, "it said correct-horse-bat… and went", "it said ***… and went");
	check(&mask, "string (\"correct-ho...) cannot", "string (\"***...) cannot");
	check(&mask, "one…horse-battery two…", "one…*** two…");
	check(&mask, "it said correct-horse-bat~ }}", "it said ***~ }}"); /* without UTF-8 */
	check(&mask, "correct-h…horse-battery", "***…***");
	check(&mask, "a correct-\n… 12345 bytes left out …\nbattery b",
		"a ***\n… 12345 bytes left out …\n*** b");
	check(&mask, "… 5 bytes left out …\nbattery", "… 5 bytes left out …\n***");
	/* Too little to tell anything, or no cut. */
	check(&mask, "cor… ery… correct-horse", "cor… ery… correct-horse");
	check(&mask, "… 5 bytes", "… 5 bytes");
	assert_int_equal(mask_begun(&mask, span_of("it is correct-horse-batter")), 20);
	assert_int_equal(mask_begun(&mask, span_of("it is c")), 1);
	assert_int_equal(mask_begun(&mask, span_of("it is correct-horse-battery")), 0);
	assert_int_equal(mask_begun(&mask, span_of("")), 0);
	/* One that ends as it begins is not cut in two. */
	mask_add(&mask, "bonbons-bonbons");
	assert_int_equal(mask_begun(&mask, span_of("x bonbons-bonbons")), 15);
	assert_int_equal(mask_begun(&mask, span_of("bonbons-bonbons bonb")), 4);
	check(&mask, "correct-h.....", "***.....");
	mask_release(&mask);
	/* Secrets that look like the sign of a cut, or stand in the line about it. */
	mask_add(&mask, ".abc");
	mask_add(&mask, "left out");
	check(&mask, "....abc", "...***");
	check(&mask, "x....abc....abc...", "x...***...***...");
	check(&mask, "a\n… 5 bytes left out …\nb", "a\n… 5 bytes *** …\nb");
	mask_add(&mask, "x.abc");
	mask_add(&mask, ".abcdefgh");
	check(&mask, "....abcdefgh", "...***");
	mask_release(&mask);
}

static void test_lines(void **state)
{
	(void)state;
	struct mask mask = { 0 };
	mask_add(&mask, "-----BEGIN KEY-----\r\nMIIEvQIBADAN\nAA==\n-----END KEY-----\n");
	check(&mask, "key: MIIEvQIBADAN; -----END KEY----- AA==", "key: ***; *** AA==");
	check(&mask, "-----BEGIN KEY-----\r\nMIIEvQIBADAN\nAA==\n-----END KEY-----\n!", "***!");
	mask_release(&mask);
	/* What is no UTF-8 becomes something else in JSON, with what stands before it, too. */
	mask_add(&mask, "\xa9password\xff\xfe\twonderful");
	check(&mask, "\xc3\xa9password\xef\xbf\xbd\xef\xbf\xbd\\twonderful",
		"\xc3\xa9***\xef\xbf\xbd\xef\xbf\xbd\\t***");
	check(&mask, "\xc3\xa9password\xff\xfe\twonderful", "\xc3***");
	mask_release(&mask);
}

static void check_json(const struct mask *mask, const char *json, const char *wanted)
{
	struct buf masked = { 0 };
	struct json_doc doc = { 0 };
	mask_json(mask, span_of(json), &masked);
	assert_string_equal(buf_text(&masked), wanted);
	if (*wanted == '{')
		assert_int_equal(json_scan(&doc, masked.data, masked.length), JSON_OK);
	json_doc_release(&doc);
	buf_free(&masked);
}

static void test_json(void **state)
{
	(void)state;
	struct mask mask = { 0 };
	mask_add(&mask, "1234");
	mask_add(&mask, "true");
	mask_add(&mask, "\"},{\"");
	check_json(&mask,
		"{\"a\": [1234, -91234.5e+7, 123, true, null, {}], \"x1234\": \"is true\", \"b\": "
		"\"\\\"},{\\\"\"}",
		"{\"a\": [\"***\", \"***\", 123, true, null, {}], \"x***\": \"is ***\", \"b\": "
		"\"***\"}");
	check_json(&mask, "{\"a\":{},\"b\":[{\"c\":\"\"},{\"d\":\"\\\\\"}]}",
		"{\"a\":{},\"b\":[{\"c\":\"\"},{\"d\":\"\\\\\"}]}");
	check_json(&mask, "{\"a\":\"\\u0031\\u00323\\u0034 \\/\",\"b\":\"\\u0031\\u0032 \\/\"}",
		"{\"a\":\"*** /\",\"b\":\"\\u0031\\u0032 \\/\"}");
	check_json(&mask, "", "");
	check_json(&mask, "\"", "\""); /* no JSON */
	check_json(&mask, "\"\\", "\"\\");
	mask_release(&mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_encoded),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
