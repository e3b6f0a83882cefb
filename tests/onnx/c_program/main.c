/*
 * Runs a compiled model:
 *
 *     program FOLDER THREADS OWN_WORKSPACE EXTENT...
 *
 * reads input N from FOLDER/inN.raw and writes output N to FOLDER/outN.raw. The extents are those of
 * the inputs, one input after the other, outermost first. Built with the name of the model's header,
 * its two functions, and what they take, the inputs first:
 *
 *     cc -DMODEL_HEADER='"net.h"' -DMODEL_RUN=net -DMODEL_SIZES=net_sizes \
 *        -DMODEL_INPUTS=1 -DMODEL_GIVEN='&b[0]' -DMODEL_ALL='&b[0], &b[1]' \
 *        -DMODEL_TYPES='{halo_type_float, 32}, {halo_type_float, 32}' -DMODEL_RANKS='4, 2' \
 *        main.c libnet.so
 */
#include MODEL_HEADER

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const halo_type types[] = {MODEL_TYPES};
static const int ranks[] = {MODEL_RANKS};

enum { ARGUMENTS = sizeof ranks / sizeof *ranks, MAX_RANK = 10, MAX_SIZES = 1 + 10 * ARGUMENTS };

typedef struct counter {
    long allocations, releases;
} counter;

static void *allocate(void *user, size_t bytes) {
    void *p = NULL;
    __atomic_add_fetch(&((counter *)user)->allocations, 1, __ATOMIC_RELAXED);
    return posix_memalign(&p, 64, bytes) ? NULL : p;
}

static void release(void *user, void *p) {
    __atomic_add_fetch(&((counter *)user)->releases, 1, __ATOMIC_RELAXED);
    free(p);
}

/* Take memory for a row-major array; dim[0] is the innermost dimension, the last axis. */
static size_t describe(halo_buffer *b, halo_dim *dim, int number, const int64_t *extents) {
    int64_t stride = 1;
    for (int i = 0; i < ranks[number]; ++i) {
        dim[i] = (halo_dim){.min = 0, .extent = extents[ranks[number] - 1 - i], .stride = stride};
        stride *= dim[i].extent;
    }
    const size_t bytes = (size_t)stride * ((types[number].bits + 7u) / 8u);
    *b = (halo_buffer){malloc(bytes + 1), types[number], ranks[number], dim};
    return b->host ? bytes : 0;
}

static int check(int32_t error, const halo_context *ctx, const char *what) {
    if (error) fprintf(stderr, "%s: error %d: %s\n", what, (int)error, ctx->error);
    return error;
}

static FILE *open_file(const char *folder, const char *what, int number, const char *mode) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%d.raw", folder, what, number);
    return fopen(path, mode);
}

int main(int argc, char **argv) {
    static halo_buffer b[ARGUMENTS];
    static halo_dim dims[ARGUMENTS][MAX_RANK];
    int64_t sizes[MAX_SIZES], extents[MAX_RANK];
    int place = 4;
    for (int n = 0; n < MODEL_INPUTS; ++n) {
        if (ranks[n] > MAX_RANK || place + ranks[n] > argc) return 64;
        for (int i = 0; i < ranks[n]; ++i) extents[i] = strtoll(argv[place + i], NULL, 10);
        place += ranks[n];
        const size_t bytes = describe(&b[n], dims[n], n, extents);
        FILE *file = open_file(argv[1], "in", n, "rb");
        if (!b[n].host || !file || fread(b[n].host, 1, bytes, file) != bytes) return 65;
        fclose(file);
    }

    counter count = {0, 0};
    halo_context ctx;
    memset(&ctx, 0, sizeof ctx);
    ctx.allocate = allocate;
    ctx.release = release;
    ctx.user = &count;
    ctx.threads = atoi(argv[2]);

    int told = 1;
    for (int n = MODEL_INPUTS; n < ARGUMENTS; ++n) told += ranks[n];
    halo_dim sizes_dim = {0, told, 1};
    const halo_buffer sizes_buffer = {sizes, {halo_type_int, 64}, 1, &sizes_dim};
    if (check(MODEL_SIZES(&ctx, MODEL_GIVEN, &sizes_buffer), &ctx, "sizes")) return 1;

    size_t out_bytes[ARGUMENTS];
    place = 1;
    for (int n = MODEL_INPUTS; n < ARGUMENTS; ++n) {
        out_bytes[n] = describe(&b[n], dims[n], n, sizes + place);
        if (!b[n].host) return 66;
        place += ranks[n];
    }
    if (atoi(argv[3])) {
        ctx.workspace_bytes = (size_t)sizes[0];
        ctx.workspace = malloc(ctx.workspace_bytes);
    }
    if (check(MODEL_RUN(&ctx, MODEL_ALL), &ctx, "run")) return 1;
    if (count.allocations != count.releases) return 67;
    printf("%ld allocations, workspace %lld\n", count.allocations, (long long)sizes[0]);

    for (int n = 0; n < ARGUMENTS; ++n) {
        if (n >= MODEL_INPUTS) {
            FILE *file = open_file(argv[1], "out", n - MODEL_INPUTS, "wb");
            const size_t bytes = out_bytes[n];
            if (!file || fwrite(b[n].host, 1, bytes, file) != bytes || fclose(file)) return 68;
        }
        free(b[n].host);
    }
    free(ctx.workspace);
    return 0;
}
