/* Certificate Transparency's eight leaves, whose roots and proofs are well known; then every tree
 * of up to 64 leaves against RFC 6962, 2.1 written down as it stands, and proofs that must not
 * hold. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "proof/merkle.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

enum { LEAVES = 64 };

struct tree {
	struct hash leaves[LEAVES];
	uint64_t size;
};

static void leaf_of(const char *data, size_t length, struct hash *ret_leaf)
{
	const struct span parts[] = { span_make("\0", 1), span_make(data, length) };
	sha256(parts, COUNT(parts), ret_leaf);
}

/* MTH(D[n]): k is the largest power of two below n. */
static void naive_root(const struct hash *leaves, size_t n, struct hash *ret_root)
{
	if (n == 0) {
		sha256(NULL, 0, ret_root);
		return;
	}
	if (n == 1) {
		*ret_root = *leaves;
		return;
	}
	size_t k = 1;
	while (2 * k < n)
		k *= 2;
	struct hash left, right;
	naive_root(leaves, k, &left);
	naive_root(leaves + k, n - k, &right);
	const struct span parts[] = { span_make("\1", 1),
		span_make((const char *)left.bytes, HASH_BYTES),
		span_make((const char *)right.bytes, HASH_BYTES) };
	sha256(parts, COUNT(parts), ret_root);
}

/* Only complete subtrees may be asked for. */
static bool fetch(
	void *data, unsigned level, uint64_t index, struct hash *ret_hash, struct error *err)
{
	(void)err;
	const struct tree *tree = data;
	uint64_t count = UINT64_C(1) << level;
	assert_true((index + 1) * count <= tree->size);
	naive_root(tree->leaves + index * count, count, ret_hash);
	return true;
}

static bool fetch_fails(
	void *data, unsigned level, uint64_t index, struct hash *ret_hash, struct error *err)
{
	(void)data;
	(void)level;
	(void)index;
	(void)ret_hash;
	return error_set(err, ERROR_STORE, "no such node");
}

static void numbered_tree(struct tree *ret_tree)
{
	ret_tree->size = LEAVES;
	for (int i = 0; i < LEAVES; i++) {
		char byte = (char)i;
		leaf_of(&byte, 1, &ret_tree->leaves[i]);
	}
}

static const char *const known_leaves[] = { "", "00", "10", "2021", "3031", "40414243",
	"5051525354555657", "606162636465666768696a6b6c6d6e6f" };

static const char *const known_roots[] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void hash_of_hex(const char *hex, struct hash *ret_hash)
{
	assert_int_equal(strlen(hex), 2 * (size_t)HASH_BYTES);
	for (size_t i = 0; i < HASH_BYTES; i++) {
		const char digits[] = { hex[2 * i], hex[2 * i + 1], '\0' };
		ret_hash->bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
}

static void assert_hash(const struct hash *hash, const char *expected)
{
	struct hash other;
	hash_of_hex(expected, &other);
	assert_memory_equal(hash->bytes, other.bytes, HASH_BYTES);
}

static void known_tree(struct tree *ret_tree)
{
	ret_tree->size = COUNT(known_leaves);
	for (size_t i = 0; i < COUNT(known_leaves); i++) {
		char bytes[16];
		size_t length = strlen(known_leaves[i]) / 2;
		for (size_t k = 0; k < length; k++) {
			const char digits[] = { known_leaves[i][2 * k], known_leaves[i][2 * k + 1],
				0 };
			bytes[k] = (char)strtoul(digits, NULL, 16);
		}
		leaf_of(bytes, length, &ret_tree->leaves[i]);
	}
}

static void test_known_roots(void **state)
{
	(void)state;
	struct tree tree;
	struct merkle_edge edge = { 0 };
	known_tree(&tree);
	for (size_t size = 0; size <= tree.size; size++) {
		struct hash root;
		merkle_edge_root(&edge, &root);
		assert_hash(&root, known_roots[size]);
		if (size < tree.size)
			merkle_edge_add(&edge, &tree.leaves[size]);
	}
}

#define HASH_96A2 "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define HASH_5F08 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define HASH_6B47 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define HASH_BC1A "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define HASH_CA85 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define HASH_0EBC "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
#define HASH_6E34 "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define HASH_D37E "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define HASH_FAC5 "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"

static void test_known_proofs(void **state)
{
	(void)state;
	static const struct {
		bool inclusion; /* of the leaf at from, else of the tree of that size */
		uint64_t from;
		uint64_t size;
		const char *hashes[4];
	} rows[] = {
		{ true, 0, 1, { NULL } },
		{ true, 0, 8, { HASH_96A2, HASH_5F08, HASH_6B47 } },
		{ true, 5, 8, { HASH_BC1A, HASH_CA85, HASH_D37E } },
		{ true, 2, 3, { HASH_FAC5 } },
		{ true, 1, 5, { HASH_6E34, HASH_5F08, HASH_BC1A } },
		{ false, 1, 1, { NULL } },
		{ false, 0, 8, { NULL } },
		{ false, 1, 8, { HASH_96A2, HASH_5F08, HASH_6B47 } },
		{ false, 6, 8, { HASH_0EBC, HASH_CA85, HASH_D37E } },
		{ false, 2, 5, { HASH_5F08, HASH_BC1A } },
	};
	struct tree tree;
	known_tree(&tree);
	const struct merkle_source source = { fetch, &tree };
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct merkle_proof proof;
		struct error err = { 0 };
		if (rows[i].inclusion)
			assert_true(merkle_inclusion(
				&source, rows[i].from, rows[i].size, &proof, &err));
		else
			assert_true(merkle_consistency(
				&source, rows[i].from, rows[i].size, &proof, &err));
		size_t count = 0;
		for (; rows[i].hashes[count]; count++) {
			assert_true(count < proof.count);
			assert_hash(&proof.hashes[count], rows[i].hashes[count]);
		}
		assert_int_equal(proof.count, count);
	}
}

/* PATH(m, D[n]). */
static void naive_path(const struct hash *leaves, size_t m, size_t n, struct merkle_proof *proof)
{
	if (n == 1)
		return;
	size_t k = 1;
	while (2 * k < n)
		k *= 2;
	if (m < k) {
		naive_path(leaves, m, k, proof);
		naive_root(leaves + k, n - k, &proof->hashes[proof->count++]);
	} else {
		naive_path(leaves + k, m - k, n - k, proof);
		naive_root(leaves, k, &proof->hashes[proof->count++]);
	}
}

/* SUBPROOF(m, D[n], b). */
static void naive_subproof(
	const struct hash *leaves, size_t m, size_t n, bool b, struct merkle_proof *proof)
{
	if (m == n) {
		if (!b)
			naive_root(leaves, m, &proof->hashes[proof->count++]);
		return;
	}
	size_t k = 1;
	while (2 * k < n)
		k *= 2;
	if (m <= k) {
		naive_subproof(leaves, m, k, b, proof);
		naive_root(leaves + k, n - k, &proof->hashes[proof->count++]);
	} else {
		naive_subproof(leaves + k, m - k, n - k, false, proof);
		naive_root(leaves, k, &proof->hashes[proof->count++]);
	}
}

static void assert_same_proof(const struct merkle_proof *a, const struct merkle_proof *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->hashes, b->hashes, a->count * sizeof(a->hashes[0]));
}

static void test_roots(void **state)
{
	(void)state;
	struct tree tree;
	struct merkle_edge edge = { 0 };
	numbered_tree(&tree);
	const struct merkle_source source = { fetch, &tree };
	for (size_t size = 0; size <= LEAVES; size++) {
		struct hash expected, root;
		struct error err = { 0 };
		naive_root(tree.leaves, size, &expected);
		merkle_edge_root(&edge, &root);
		assert_true(hash_equal(&root, &expected));
		tree.size = size;
		assert_true(merkle_root(&source, size, &root, &err));
		assert_true(hash_equal(&root, &expected));
		if (size < LEAVES)
			merkle_edge_add(&edge, &tree.leaves[size]);
	}
}

/* An inclusion proof or, with old_root, a consistency proof, and what it is about. */
struct claim {
	struct hash leaf;
	struct hash old_root;
	struct hash root;
	struct merkle_proof proof;
	uint64_t from;
	uint64_t size;
	bool inclusion;
};

static bool holds(const struct claim *c)
{
	if (c->inclusion)
		return merkle_inclusion_holds(&c->leaf, c->from, c->size, &c->proof, &c->root);
	return merkle_consistency_holds(c->from, &c->old_root, c->size, &c->root, &c->proof);
}

static void assert_flips_fail(struct claim *c, struct hash *hash, size_t step)
{
	for (size_t i = 0; i < 8 * (size_t)HASH_BYTES; i += step) {
		hash->bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_false(holds(c));
		hash->bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

/* The proof holds, and nothing near it does. */
static void assert_only_this(struct claim *c)
{
	assert_true(holds(c));
	size_t step = c->size <= 11 ? 1 : 37; /* all bits of small trees, some of large ones */
	for (size_t i = 0; i < c->proof.count; i++)
		assert_flips_fail(c, &c->proof.hashes[i], step);
	assert_flips_fail(c, &c->root, step);
	assert_flips_fail(c, c->inclusion ? &c->leaf : &c->old_root, step);

	uint64_t from = c->from;
	for (c->from = 0; c->from <= c->size + 1; c->from++) {
		if (c->from != from)
			assert_false(holds(c));
	}
	c->from = from;
	c->proof.hashes[c->proof.count++] = c->root;
	assert_false(holds(c));
	c->proof.count--;
	if (c->proof.count > 0) {
		c->proof.count--;
		assert_false(holds(c));
		c->proof.count++;
		struct hash first = c->proof.hashes[0];
		memmove(c->proof.hashes, c->proof.hashes + 1, c->proof.count * sizeof(first));
		c->proof.count--;
		assert_false(holds(c));
	}
}

static void test_inclusion(void **state)
{
	(void)state;
	struct tree tree;
	numbered_tree(&tree);
	const struct merkle_source source = { fetch, &tree };
	for (size_t size = 1; size <= LEAVES; size++) {
		tree.size = size;
		for (size_t index = 0; index < size; index++) {
			struct claim claim = { .inclusion = true,
				.leaf = tree.leaves[index],
				.from = index,
				.size = size };
			struct merkle_proof expected = { .count = 0 };
			struct error err = { 0 };
			naive_root(tree.leaves, size, &claim.root);
			naive_path(tree.leaves, index, size, &expected);
			assert_true(merkle_inclusion(&source, index, size, &claim.proof, &err));
			assert_same_proof(&claim.proof, &expected);
			assert_only_this(&claim);
		}
	}
}

static void test_consistency(void **state)
{
	(void)state;
	struct tree tree;
	numbered_tree(&tree);
	const struct merkle_source source = { fetch, &tree };
	for (size_t size = 1; size <= LEAVES; size++) {
		tree.size = size;
		for (size_t old_size = 1; old_size <= size; old_size++) {
			struct claim claim = { .from = old_size, .size = size };
			struct merkle_proof expected = { .count = 0 };
			struct error err = { 0 };
			naive_root(tree.leaves, old_size, &claim.old_root);
			naive_root(tree.leaves, size, &claim.root);
			naive_subproof(tree.leaves, old_size, size, true, &expected);
			assert_true(
				merkle_consistency(&source, old_size, size, &claim.proof, &err));
			assert_same_proof(&claim.proof, &expected);
			assert_only_this(&claim);
		}
	}
}

static void test_empty_tree(void **state)
{
	(void)state;
	struct tree tree;
	struct merkle_proof proof;
	struct hash empty, root;
	struct error err = { 0 };
	numbered_tree(&tree);
	const struct merkle_source source = { fetch, &tree };
	naive_root(tree.leaves, 0, &empty);
	naive_root(tree.leaves, 5, &root);
	assert_true(merkle_consistency(&source, 0, 5, &proof, &err));
	assert_true(merkle_consistency_holds(0, &empty, 5, &root, &proof));
	assert_false(merkle_consistency_holds(0, &root, 5, &root, &proof));
	assert_true(merkle_consistency(&source, 0, 0, &proof, &err));
	assert_true(merkle_consistency_holds(0, &empty, 0, &empty, &proof));
	assert_false(merkle_inclusion_holds(&empty, 0, 0, &proof, &empty));
}

/* A proof of a tree of 2^64 - 1 leaves: nothing may overflow. All its subtrees are alike. */
static bool fetch_alike(
	void *data, unsigned level, uint64_t index, struct hash *ret_hash, struct error *err)
{
	(void)index;
	(void)err;
	*ret_hash = ((const struct hash *)data)[level];
	return true;
}

static void test_largest_tree(void **state)
{
	(void)state;
	struct hash levels[64] = { 0 };
	for (unsigned level = 1; level < 64; level++)
		merkle_node(&levels[level - 1], &levels[level - 1], &levels[level]);
	const struct merkle_source source = { fetch_alike, levels };
	struct merkle_proof proof;
	struct hash root, old_root;
	struct error err = { 0 };
	assert_true(merkle_root(&source, UINT64_MAX, &root, &err));
	const uint64_t indexes[] = { 0, 1, UINT64_MAX / 2, UINT64_MAX - 2, UINT64_MAX - 1 };
	for (size_t i = 0; i < COUNT(indexes); i++) {
		assert_true(merkle_inclusion(&source, indexes[i], UINT64_MAX, &proof, &err));
		assert_true(proof.count <= 64);
		assert_true(
			merkle_inclusion_holds(&levels[0], indexes[i], UINT64_MAX, &proof, &root));
		assert_true(merkle_root(&source, indexes[i], &old_root, &err));
		assert_true(merkle_consistency(&source, indexes[i], UINT64_MAX, &proof, &err));
		assert_true(proof.count <= 65);
		assert_true(
			merkle_consistency_holds(indexes[i], &old_root, UINT64_MAX, &root, &proof));
	}
}

static void test_refused(void **state)
{
	(void)state;
	struct tree tree;
	struct merkle_proof proof;
	struct hash root;
	struct error err = { 0 };
	numbered_tree(&tree);
	const struct merkle_source source = { fetch, &tree };
	const struct merkle_source broken = { fetch_fails, NULL };
	assert_false(merkle_inclusion(&source, 3, 3, &proof, &err));
	assert_string_equal(err.text, "no leaf 3 in a tree of 3");
	assert_false(merkle_consistency(&source, 4, 3, &proof, &err));
	assert_string_equal(err.text, "a tree of 3 has none of 4 in it");
	assert_false(merkle_root(&broken, 3, &root, &err));
	assert_string_equal(err.text, "no such node");
	err = (struct error){ 0 };
	assert_false(merkle_inclusion(&broken, 1, 3, &proof, &err));
	assert_string_equal(err.text, "no such node");
	err = (struct error){ 0 };
	assert_false(merkle_consistency(&broken, 1, 3, &proof, &err));
	assert_string_equal(err.text, "no such node");
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_known_roots), TEST(test_known_proofs),
		TEST(test_roots), TEST(test_inclusion), TEST(test_consistency),
		TEST(test_empty_tree), TEST(test_largest_tree), TEST(test_refused) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
