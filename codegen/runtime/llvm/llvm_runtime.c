/* The runtime that LLVM IR calls: the helpers of the C back end, and threads without OpenMP. */
#define _GNU_SOURCE
#include "../halo_abi.h"
#include "../halo_runtime.h"
#include "../halo_grow.h"
#include "../halo_checks.h"
#include "../halo_print.h"
#include "../halo_extern.h"
#include "../halo_memo.h"
#include "../halo_profile.h"
#include "../halo_trace.h"
#include "../halo_fork.h"
#include "../halo_cpu.h"
#include "llvm_threads.h"

/* The instruction sets of this processor. */
uint64_t halo_rt_cpu(void) { return halo_cpu(); }

void halo_rt_enter(halo_context *ctx) { halo_enter(ctx); }

/* Record an error; what it is is only put together for the first. */
int32_t halo_rt_fail(halo_context *ctx, int32_t code, const char *format, ...) {
    char text[sizeof ctx->error];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return halo_fail(ctx, code, "%s", text);
}

int32_t halo_rt_check_buffer(halo_context *ctx, const halo_buffer *b, const char *what,
                             int32_t code, int32_t bits, int32_t dimensions) {
    const halo_type type = {(uint8_t)code, (uint8_t)bits};
    return halo_check_buffer(ctx, b, what, type, dimensions);
}

int32_t halo_rt_check_alignment(halo_context *ctx, const halo_buffer *b, const char *what,
                                int32_t bytes) {
    return halo_check_alignment(ctx, b, what, bytes);
}

void *halo_rt_allocate(halo_context *ctx, int64_t count, int64_t size) {
    return halo_allocate(ctx, count, (size_t)size);
}

void *halo_rt_grow(halo_context *ctx, void *p, int64_t *capacity, int64_t count, int64_t size) {
    return halo_grow(ctx, p, capacity, count, (size_t)size);
}

void halo_rt_release(halo_context *ctx, void *p) { halo_release(ctx, p); }

void halo_rt_print(halo_context *ctx, const char *line) { halo_print(ctx, line); }

int32_t halo_rt_extern_failed(halo_context *ctx, const char *stage, int32_t code) {
    return halo_extern_failed(ctx, stage, code);
}

int32_t halo_rt_memo_load(halo_context *ctx, const halo_memo *memo) {
    return halo_memo_load(ctx, memo);
}

void halo_rt_memo_store(halo_context *ctx, const halo_memo *memo) { halo_memo_store(ctx, memo); }

int32_t halo_rt_profile_switch(halo_context *ctx, int32_t func, bool called) {
    return halo_profile_switch(ctx, func, called);
}

void halo_rt_profile_memory(halo_context *ctx, int32_t func, int64_t bytes) {
    halo_profile_memory(ctx, func, bytes);
}

int32_t halo_rt_trace(halo_context *ctx, const halo_trace_event *e) { return halo_trace(ctx, *e); }

void halo_rt_fork_begin(halo_fork *f) {
    const halo_fork fresh = HALO_FORK;
    _Static_assert(sizeof fresh <= 256 && sizeof(halo_semaphore) <= 64, "room in emitted code");
    *f = fresh;
}

int32_t halo_rt_fork_end(halo_fork *f) { return halo_fork_end(f); }

int32_t halo_rt_fork_threads(halo_context *ctx, int32_t n, bool nested) {
    return halo_fork_threads(ctx, n, nested);
}

int32_t halo_rt_next_branch(halo_fork *f, int32_t n) { return halo_next_branch(f, n); }

void halo_rt_fork_fail(halo_fork *f, int32_t error) { halo_fork_fail(f, error); }

int32_t halo_rt_acquire(halo_fork *f, halo_semaphore *s, int32_t n) {
    return halo_acquire(f, s, n);
}

void halo_rt_post(halo_fork *f, halo_semaphore *s, int32_t n) { halo_post(f, s, n); }
