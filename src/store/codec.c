#include "store/codec.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <zdict.h>
#include <zstd.h>

#include "base/xalloc.h"

enum {
	LEVEL = 3, /* level 1 is no faster with a dictionary (facts: measured) */
	DICTIONARY_BYTES = 256 << 10,
	SMALLEST = 64, /* below that a frame's header eats the gain */
};

struct packer {
	ZSTD_CCtx *context;
	ZSTD_CDict *dictionary; /* NULL: none */
};

uint64_t codec_train_at(int64_t dictionaries)
{
	uint64_t at = CODEC_TRAIN_AT;
	for (int64_t i = 0; i < dictionaries && at < UINT64_MAX / 10; i++)
		at *= 10;
	return at;
}

struct packer *packer_new(struct span dictionary)
{
	struct packer *p = xcalloc(1, sizeof(*p));
	p->context = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(p->context, ZSTD_c_compressionLevel, LEVEL);
	/* Which one it is, is told by the row. */
	ZSTD_CCtx_setParameter(p->context, ZSTD_c_dictIDFlag, 0);
	if (dictionary.data)
		p->dictionary = ZSTD_createCDict(dictionary.data, dictionary.length, LEVEL);
	ZSTD_CCtx_refCDict(p->context, p->dictionary);
	return p;
}

void packer_free(struct packer *p)
{
	if (!p)
		return;
	ZSTD_freeCCtx(p->context);
	ZSTD_freeCDict(p->dictionary);
	free(p);
}

bool packer_pack(struct packer *p, struct span value, struct buf *out)
{
	buf_clear(out);
	if (value.length < SMALLEST)
		return false;
	size_t bound = ZSTD_compressBound(value.length);
	char *to = buf_reserve(out, bound);
	size_t length = ZSTD_compress2(p->context, to, bound, value.data, value.length);
	if (ZSTD_isError(length) || length >= value.length)
		return false;
	out->length = length;
	return true;
}

struct known {
	int64_t id;
	ZSTD_DDict *dictionary;
};

struct unpacker {
	ZSTD_DCtx *context;
	struct known *known;
	size_t count;
};

struct unpacker *unpacker_new(void)
{
	struct unpacker *u = xcalloc(1, sizeof(*u));
	u->context = ZSTD_createDCtx();
	return u;
}

void unpacker_free(struct unpacker *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->count; i++)
		ZSTD_freeDDict(u->known[i].dictionary);
	free(u->known);
	ZSTD_freeDCtx(u->context);
	free(u);
}

static ZSTD_DDict *find(const struct unpacker *u, int64_t id)
{
	for (size_t i = 0; i < u->count; i++)
		if (u->known[i].id == id)
			return u->known[i].dictionary;
	return NULL;
}

bool unpacker_has(const struct unpacker *u, int64_t dictionary)
{
	return dictionary == 0 || find(u, dictionary);
}

void unpacker_add(struct unpacker *u, int64_t dictionary, struct span bytes)
{
	u->known = xreallocarray(u->known, u->count + 1, sizeof(*u->known));
	u->known[u->count++] =
		(struct known){ dictionary, ZSTD_createDDict(bytes.data, bytes.length) };
}

bool unpacker_unpack(struct unpacker *u, int64_t dictionary, struct span bytes, struct buf *out,
	struct error *err)
{
	unsigned long long size = ZSTD_getFrameContentSize(bytes.data, bytes.length);
	/* No message of Kafka comes near 2 GiB; a larger size is a damaged frame's. */
	if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > INT32_MAX)
		return error_set(
			err, ERROR_INTEGRITY, "a packed value is damaged: no valid zstd frame");
	buf_clear(out);
	char *to = buf_reserve(out, (size_t)size);
	size_t length = dictionary == 0 ? ZSTD_decompressDCtx(u->context, to, (size_t)size,
						  bytes.data, bytes.length)
					: ZSTD_decompress_usingDDict(u->context, to, (size_t)size,
						  bytes.data, bytes.length, find(u, dictionary));
	if (ZSTD_isError(length) || length != size)
		return error_set(err, ERROR_INTEGRITY, "a packed value is damaged: %s",
			ZSTD_isError(length) ? ZSTD_getErrorName(length) : "wrong length");
	out->length = length;
	to[length] = '\0';
	return true;
}

struct trainer {
	pthread_t thread;
	atomic_bool done;
	struct buf samples;
	size_t *lengths;
	size_t count;
	struct buf dictionary;
	bool ok;
};

static void *train(void *data)
{
	struct trainer *t = data;
	char *to = buf_reserve(&t->dictionary, DICTIONARY_BYTES);
	size_t length = ZDICT_trainFromBuffer(
		to, DICTIONARY_BYTES, t->samples.data, t->lengths, (unsigned)t->count);
	if (!ZDICT_isError(length)) {
		t->dictionary.length = length;
		t->ok = true;
	}
	atomic_store(&t->done, true);
	return NULL;
}

struct trainer *trainer_start(struct buf *samples, size_t *lengths, size_t count)
{
	struct trainer *t = xcalloc(1, sizeof(*t));
	t->samples = *samples;
	*samples = (struct buf){ 0 };
	t->lengths = lengths;
	t->count = count;
	if (pthread_create(&t->thread, NULL, train, t) != 0) {
		/* No thread to be had: once, half a second of ours. */
		train(t);
		t->thread = pthread_self();
	}
	return t;
}

bool trainer_done(struct trainer *t)
{
	return atomic_load(&t->done);
}

bool trainer_finish(struct trainer *t, struct buf *ret_dictionary)
{
	if (!pthread_equal(t->thread, pthread_self()))
		pthread_join(t->thread, NULL);
	bool ok = t->ok;
	if (ok) {
		buf_clear(ret_dictionary);
		buf_add_span(ret_dictionary, buf_span(&t->dictionary));
	}
	buf_free(&t->samples);
	buf_free(&t->dictionary);
	free(t->lengths);
	free(t);
	return ok;
}

const char *codec_zstd_version(void)
{
	return ZSTD_versionString();
}
