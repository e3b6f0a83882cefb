/*
 * Runs a compiled model of one input of 32-bit elements and one float output:
 *
 *     program INPUT.raw OUTPUT.raw THREADS OWN_WORKSPACE EXTENT...
 *
 * The extents are those of the input, outermost first. Built with the name of the model's header,
 * its function, its sizes function and the rank of its output:
 *
 *     cc -DMODEL_HEADER='"net.h"' -DMODEL_RUN=net -DMODEL_SIZES=net_sizes -DMODEL_OUTPUT_RANK=2 \
 *        main.c libnet.so
 *
 * and -DMODEL_INPUT=halo_type_int for an input of int32.
 */
#include MODEL_HEADER

#ifndef MODEL_INPUT
#define MODEL_INPUT halo_type_float
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RANK = 8 };

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

/* Describe a row-major array; dim[0] is the innermost dimension, the last axis. */
static halo_buffer describe(float *data, uint8_t code, halo_dim *dim, int rank,
                            const int64_t *extents) {
    int64_t stride = 1;
    for (int i = 0; i < rank; ++i) {
        dim[i] = (halo_dim){.min = 0, .extent = extents[rank - 1 - i], .stride = stride};
        stride *= dim[i].extent;
    }
    return (halo_buffer){data, {code, 32}, rank, dim};
}

static int64_t elements(int rank, const int64_t *extents) {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= extents[i];
    return n;
}

static int check(int32_t error, const halo_context *ctx, const char *what) {
    if (error) fprintf(stderr, "%s: error %d: %s\n", what, (int)error, ctx->error);
    return error;
}

int main(int argc, char **argv) {
    int64_t extents[MAX_RANK], sizes[1 + MODEL_OUTPUT_RANK];
    halo_dim in_dim[MAX_RANK], out_dim[MODEL_OUTPUT_RANK + 1];
    const int rank = argc - 5;
    if (rank < 1 || rank > MAX_RANK) return 64;
    for (int i = 0; i < rank; ++i) extents[i] = strtoll(argv[5 + i], NULL, 10);

    const size_t in_bytes = sizeof(float) * (size_t)elements(rank, extents);
    float *in = malloc(in_bytes);
    FILE *file = fopen(argv[1], "rb");
    if (!in || !file || fread(in, 1, in_bytes, file) != in_bytes) return 65;
    fclose(file);

    counter count = {0, 0};
    halo_context ctx;
    memset(&ctx, 0, sizeof ctx);
    ctx.allocate = allocate;
    ctx.release = release;
    ctx.user = &count;
    ctx.threads = atoi(argv[3]);

    const halo_buffer input = describe(in, MODEL_INPUT, in_dim, rank, extents);
    halo_dim sizes_dim = {0, 1 + MODEL_OUTPUT_RANK, 1};
    const halo_buffer sizes_buffer = {sizes, {halo_type_int, 64}, 1, &sizes_dim};
    if (check(MODEL_SIZES(&ctx, &input, &sizes_buffer), &ctx, "sizes")) return 1;

    const size_t out_bytes = sizeof(float) * (size_t)elements(MODEL_OUTPUT_RANK, sizes + 1);
    float *out = malloc(out_bytes);
    if (!out) return 66;
    if (atoi(argv[4])) {
        ctx.workspace_bytes = (size_t)sizes[0];
        ctx.workspace = malloc(ctx.workspace_bytes);
    }
    const halo_buffer output = describe(out, halo_type_float, out_dim, MODEL_OUTPUT_RANK, sizes + 1);
    if (check(MODEL_RUN(&ctx, &input, &output), &ctx, "run")) return 1;
    if (count.allocations != count.releases) return 67;
    printf("%ld allocations, workspace %lld\n", count.allocations, (long long)sizes[0]);

    file = fopen(argv[2], "wb");
    if (!file || fwrite(out, 1, out_bytes, file) != out_bytes || fclose(file)) return 68;
    free(ctx.workspace);
    free(out);
    free(in);
    return 0;
}
