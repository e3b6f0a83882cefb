/*
 * Runs the kernels of cases.h one after the other, each alone and on several threads, and compares
 * what they compute. Built with ThreadSanitizer, whose reports follow the name of the kernel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

enum { dimensions_most = 4, funcs_most = 64, threads_most = 7 };

typedef struct race_case {
    const char *name;
    int32_t (*run)(halo_context *ctx, const halo_buffer *out);
    halo_type type;
    int32_t dimensions;
    int64_t extent[dimensions_most];
} race_case;

static char *inputs; /* the memory of all inputs, one after the other */

#include "cases.h"

/* Two counts without a common divisor: iterations that meet are on different threads in one. */
static const int32_t threads[] = {1, 2, threads_most};

static char *read_file(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END)) exit(3);
    const long size = ftell(f);
    char *data = malloc((size_t)size + 64);
    rewind(f);
    if (!data || fread(data, 1, (size_t)size, f) != (size_t)size) exit(3);
    fclose(f);
    return data;
}

static void ignore_line(void *user, const char *line) {
    (void)user;
    (void)line;
}

static void ignore_event(void *user, const halo_trace_event *event) {
    (void)user;
    (void)event;
}

/* Run one kernel into `out`, watched in every way that a context offers; return its error code. */
static int32_t run(const race_case *c, int32_t count, void *out) {
    static int64_t numbers[threads_most][2][funcs_most];
    static halo_profile_memory_use memory[funcs_most];
    halo_profile_thread own[threads_most];
    halo_profile profile = {threads_most, own, memory, {0, 0, 0, 0}};
    halo_context ctx;
    halo_dim dim[dimensions_most];
    halo_buffer buffer = {out, c->type, c->dimensions, dim};
    int64_t stride = 1;
    for (int32_t i = 0; i < threads_most; ++i)
        own[i] = (halo_profile_thread){-1, 0, numbers[i][0], numbers[i][1]};
    for (int32_t i = 0; i < c->dimensions; stride *= c->extent[i++])
        dim[i] = (halo_dim){0, c->extent[i], stride};
    memset(&ctx, 0, sizeof ctx);
    ctx.threads = count;
    ctx.print = ignore_line;
    ctx.trace = ignore_event;
    ctx.profile = &profile;
    const int32_t code = c->run(&ctx, &buffer);
    if (code) printf("%s: error %d, %s\n", c->name, (int)code, ctx.error);
    return code;
}

/* Run one kernel on all counts of threads; return whether the bits are those of one thread. */
static int agrees(const race_case *c) {
    size_t bytes = ((size_t)c->type.bits + 7) / 8;
    int good = 1;
    for (int32_t i = 0; i < c->dimensions; ++i) bytes *= (size_t)c->extent[i];
    void *expected = calloc(bytes, 1), *found = calloc(bytes, 1);
    if (!expected || !found) exit(3);
    const int32_t code = run(c, threads[0], expected);
    for (size_t i = 1; i < sizeof threads / sizeof *threads && good; ++i) {
        memset(found, 0, bytes);
        good = run(c, threads[i], found) == code && memcmp(expected, found, bytes) == 0;
    }
    free(expected);
    free(found);
    return good && (code == halo_ok || may_refuse);
}

int main(int count, char **words) {
    if (count != 2) return 3;
    inputs = read_file(words[1]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        fprintf(stderr, "KERNEL %s\n", cases[i].name);
        if (!agrees(&cases[i])) fprintf(stderr, "it fails, or its bits depend on the threads\n");
    }
    free(inputs);
    return 0;
}
