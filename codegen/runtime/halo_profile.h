#include <time.h>

/* Have the calling thread's time go to Func `func` from now on (-1: to none); return the last. */
HALO_HELPER int32_t halo_profile_switch(halo_context *ctx, int32_t func, bool called) {
    int thread = 0;
    struct timespec t;
    if (!ctx || !ctx->profile) return -1;
#ifdef _OPENMP
    thread = omp_get_thread_num();
#endif
    if (thread >= ctx->profile->threads) return -1;
    halo_profile_thread *own = &ctx->profile->thread[thread];
    clock_gettime(CLOCK_MONOTONIC, &t);
    const int64_t now = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    const int32_t last = own->current;
    if (last >= 0) own->nanoseconds[last] += now - own->since;
    if (called) ++own->calls[func];
    own->current = func;
    own->since = now;
    return last;
}

/* Note that Func `func` has `bytes` more (or less) memory. */
HALO_HELPER void halo_profile_memory(halo_context *ctx, int32_t func, int64_t bytes) {
    if (!ctx || !ctx->profile) return;
    halo_profile *const p = ctx->profile;
#pragma omp critical(halo_profile)
    {
        halo_profile_memory_use *const both[2] = {&p->memory[func], &p->all};
        for (int i = 0; i < 2; ++i) {
            both[i]->live += bytes;
            if (bytes > 0) ++both[i]->allocations;
            if (bytes > 0) both[i]->total += bytes;
            if (both[i]->live > both[i]->peak) both[i]->peak = both[i]->live;
        }
    }
}
