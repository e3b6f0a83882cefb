#include <pthread.h>

/* What the branches of a fork share; `next` is the first branch that no thread has taken. */
typedef struct halo_fork {
    int32_t error, next, sleepers;
    pthread_mutex_t lock;
    pthread_cond_t changed;
} halo_fork;

#define HALO_FORK {0, 0, 0, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER}

/* Give back what a fork took; return the error of a branch. */
HALO_HELPER int32_t halo_fork_end(halo_fork *f) {
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    return f->error;
}

/* One thread waits for it; on a cache line of its own. */
typedef struct halo_semaphore {
    int32_t count;
} __attribute__((aligned(64))) halo_semaphore;

/* How long a thread waits awake: about as long as it takes to fall asleep and wake up. */
#define HALO_SPINS 200

/*
 * How many threads may run n branches at once, in which there are parallel loops if `nested`: one
 * where OpenMP would give those loops no threads, which are worth more than the branches.
 */
HALO_HELPER int halo_fork_threads(const halo_context *ctx, int n, bool nested) {
#ifdef _OPENMP
    const int most = halo_threads(ctx);
    const int levels = omp_get_max_active_levels() - omp_get_active_level();
    if (levels < (nested ? 2 : 1)) return 1;
    if (ctx && ctx->profile && (nested || omp_in_parallel())) return 1; /* it counts one team */
    return n < most ? n : most;
#else
    (void)ctx, (void)n, (void)nested;
    return 1;
#endif
}

HALO_INLINE int32_t halo_fork_error(halo_fork *f) {
    return __atomic_load_n(&f->error, __ATOMIC_ACQUIRE);
}

/* Take the next branch; n if there is none left or one failed. */
HALO_INLINE int32_t halo_next_branch(halo_fork *f, int32_t n) {
    return halo_fork_error(f) ? n : __atomic_fetch_add(&f->next, 1, __ATOMIC_RELAXED);
}

/* Wake all who sleep. A sleeper is counted before it looks for the last time. */
HALO_INLINE void halo_wake(halo_fork *f) {
    if (!__atomic_load_n(&f->sleepers, __ATOMIC_SEQ_CST)) return;
    pthread_mutex_lock(&f->lock);
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

/* Have every branch that waits, now or later, leave with an error. */
HALO_HELPER void halo_fork_fail(halo_fork *f, int32_t error) {
    int32_t none = 0;
    __atomic_compare_exchange_n(&f->error, &none, error, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    halo_wake(f);
}

HALO_INLINE bool halo_may_go(halo_fork *f, halo_semaphore *s, int32_t n) {
    return __atomic_load_n(&s->count, __ATOMIC_SEQ_CST) >= n || halo_fork_error(f);
}

HALO_HELPER __attribute__((noinline)) void halo_sleep(halo_fork *f, halo_semaphore *s, int32_t n) {
    pthread_mutex_lock(&f->lock);
    __atomic_fetch_add(&f->sleepers, 1, __ATOMIC_SEQ_CST);
    while (!halo_may_go(f, s, n)) pthread_cond_wait(&f->changed, &f->lock);
    __atomic_fetch_sub(&f->sleepers, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&f->lock);
}

/* Wait until the semaphore counts n, and take so many; return the error of another branch. */
HALO_INLINE int32_t halo_acquire(halo_fork *f, halo_semaphore *s, int32_t n) {
    for (int spins = 0; !halo_may_go(f, s, n); ++spins) {
        if (spins == HALO_SPINS) {
            halo_sleep(f, s, n);
            break;
        }
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
    }
    const int32_t error = halo_fork_error(f);
    if (!error) __atomic_fetch_sub(&s->count, n, __ATOMIC_ACQ_REL);
    return error;
}

HALO_INLINE void halo_post(halo_fork *f, halo_semaphore *s, int32_t n) {
    __atomic_fetch_add(&s->count, n, __ATOMIC_SEQ_CST);
    halo_wake(f);
}
