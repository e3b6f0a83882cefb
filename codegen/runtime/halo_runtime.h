#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#else
#pragma GCC diagnostic ignored "-Wunknown-pragmas" /* without -fopenmp the code is serial */
#endif

#define HALO_INLINE static inline __attribute__((unused, always_inline))
#define HALO_HELPER static __attribute__((unused))
#define HALO_UNUSED __attribute__((unused))
#define HALO_HIDDEN __attribute__((visibility("hidden")))
#define HALO_PUBLIC __attribute__((visibility("default")))
/* gcc loses count of how often deep loops with branches run, and makes those small, not fast. */
#define HALO_HOT __attribute__((hot))
#define HALO_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* The number of threads a parallel loop of this call may use. */
HALO_HELPER int halo_threads(const halo_context *ctx) {
    if (ctx && ctx->threads > 0) return ctx->threads;
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

/* How many iterations a thread takes at a time: a thread waits for the last ones of another. */
HALO_INLINE int32_t halo_chunk(const halo_context *ctx, int64_t iterations) {
    const int64_t chunk = iterations / ((int64_t)halo_threads(ctx) * 32);
    return chunk > 0 ? (int32_t)chunk : 1;
}

/* Clear the error of an earlier call. */
HALO_HELPER void halo_enter(halo_context *ctx) {
    if (!ctx) return;
    ctx->error_code = halo_ok;
    ctx->error[0] = '\0';
}

/* Record an error, the first one of a call, and return its code. */
HALO_HELPER __attribute__((cold, noinline, format(printf, 3, 4))) int32_t
halo_fail(halo_context *ctx, int32_t code, const char *format, ...) {
    if (!ctx) return code;
#pragma omp critical(halo_error)
    {
        if (ctx->error_code == halo_ok) {
            va_list args;
            va_start(args, format);
            vsnprintf(ctx->error, sizeof ctx->error, format, args);
            va_end(args);
            ctx->error_code = code;
        }
        code = ctx->error_code;
    }
    return code;
}

HALO_INLINE bool halo_in_workspace(const halo_context *ctx, const void *p) {
    const uintptr_t at = (uintptr_t)p, base = (uintptr_t)ctx->workspace;
    return ctx->workspace && at >= base && at < base + ctx->workspace_bytes;
}

HALO_HELPER void *halo_take_workspace(halo_context *ctx, size_t bytes) {
    const uintptr_t base = (uintptr_t)ctx->workspace;
    const uintptr_t start = (base + ctx->workspace_used + 63) & ~(uintptr_t)63;
    if (start - base > ctx->workspace_bytes || bytes > ctx->workspace_bytes - (start - base))
        return NULL;
    ctx->workspace_used = start - base + bytes;
    if (ctx->workspace_used > ctx->workspace_peak) ctx->workspace_peak = ctx->workspace_used;
    return (void *)start;
}

/* From how many bytes on memory comes in large pages, and how large these are. */
enum { HALO_LARGE = 4 << 20, HALO_LARGE_PAGE = 2 << 20 };
#ifdef __linux__
int madvise(void *at, size_t bytes, int advice);
#endif

/* Whether there can be `count` elements of `size` bytes; `bytes` is what they take, rounded up. */
HALO_HELPER bool halo_bytes(int64_t count, size_t size, size_t *bytes) {
    if (count < 0 || __builtin_mul_overflow((uint64_t)count, size, bytes)) return false;
    if (*bytes > PTRDIFF_MAX - 128) return false;
    *bytes = *bytes ? (*bytes + 63) & ~(size_t)63 : 64;
    return true;
}

/* Memory of so many bytes, 64-byte aligned, from the hook, else from libc. NULL if there is none. */
HALO_HELPER __attribute__((malloc)) void *halo_take(halo_context *ctx, size_t bytes) {
    if (ctx && ctx->allocate) return ctx->allocate(ctx->user, bytes);
    void *p = NULL;
    if (bytes < HALO_LARGE) return posix_memalign(&p, 64, bytes) == 0 ? p : NULL;
    if (posix_memalign(&p, HALO_LARGE_PAGE, bytes) != 0) return NULL;
#ifdef __linux__
    (void)madvise(p, bytes, 14 /* MADV_HUGEPAGE */); /* a page of 4 KB costs as much to get */
#endif
    return p;
}

/*
 * Memory for `count` elements of `size` bytes, 64-byte aligned: from the workspace while it
 * lasts (outside parallel regions), else as halo_take gives it. NULL if there is none.
 */
HALO_HELPER __attribute__((malloc)) void *
halo_allocate(halo_context *ctx, int64_t count, size_t size) {
    size_t bytes;
    if (!halo_bytes(count, size, &bytes)) return NULL;
#ifdef _OPENMP
    const bool alone = !omp_in_parallel();
#else
    const bool alone = true;
#endif
    if (ctx && ctx->workspace && alone) {
        void *p = halo_take_workspace(ctx, bytes);
        if (p) return p;
    }
    return halo_take(ctx, bytes);
}

/* Give back memory; what came from the workspace is released last in, first out. */
HALO_HELPER void halo_release(halo_context *ctx, void *p) {
    if (!p) return;
    if (ctx && halo_in_workspace(ctx, p)) {
        const size_t used = (size_t)((uintptr_t)p - (uintptr_t)ctx->workspace);
        ctx->workspace_used = used < 64 ? 0 : used; /* less is the padding of the first */
        return;
    }
    if (ctx && ctx->allocate) {
        ctx->release(ctx->user, p);
        return;
    }
    free(p);
}
