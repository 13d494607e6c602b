/* How values are packed: zstd, each by itself, with a dictionary trained on what was recorded. */
#ifndef PORTLOG_STORE_CODEC_H
#define PORTLOG_STORE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum {
	CODEC_TRAIN_AT = 5000, /* records that must be here before a dictionary is trained */
	CODEC_SAMPLES = 4000,
	CODEC_SAMPLE_BYTES = 4 << 20, /* of the samples together: bounds the training's memory */
};

/* How many records there are when the next dictionary is trained: each ten times as late as the one
 * before, for a portal's first messages are not like its later ones (measured: a tenth smaller). */
uint64_t codec_train_at(int64_t dictionaries);

/* Packs with one dictionary; for one thread at a time. */
struct packer;

/* dictionary absent: without one. The dictionary is copied. */
struct packer *packer_new(struct span dictionary);
void packer_free(struct packer *p);
/* Replaces out by the packed value. False where that is no smaller, or the value is too small to
 * be worth it. */
bool packer_pack(struct packer *p, struct span value, struct buf *out);

/* Unpacks with any dictionary it was told of; for one thread at a time. */
struct unpacker;

struct unpacker *unpacker_new(void);
void unpacker_free(struct unpacker *u);
bool unpacker_has(const struct unpacker *u, int64_t dictionary);
void unpacker_add(struct unpacker *u, int64_t dictionary, struct span bytes);
/* Replaces out by the value. ERROR_INTEGRITY where the bytes are not what was packed. */
bool unpacker_unpack(struct unpacker *u, int64_t dictionary, struct span bytes, struct buf *out,
	struct error *err);

/* Training takes about half a second, so it has a thread of its own. */
struct trainer;

/* samples: the values one behind another, and their lengths. Both are the trainer's from now on. */
struct trainer *trainer_start(struct buf *samples, size_t *lengths, size_t count);
bool trainer_done(struct trainer *t);
/* Waits for the end and frees it; false where no dictionary could be made of the samples. */
bool trainer_finish(struct trainer *t, struct buf *ret_dictionary);

const char *codec_zstd_version(void);

#endif
