/*
 * Threads without OpenMP. Workers are started when a loop first asks for them, look for work for
 * some microseconds after they had some, and sleep then; they last as long as the process. A loop
 * that runs inside another, or in a process that was forked after workers had started, is serial.
 */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

/* A part of a function: iterations first, ..., last - 1, or thread `first` of `last`. */
typedef int32_t (*halo_part)(halo_context *ctx, void *shared, int32_t first, int32_t last);

/* A loop that threads take iterations of. It lies on the stack of the thread that runs it. */
typedef struct halo_job {
    struct halo_job *next;
    halo_context *ctx;
    halo_part part;
    void *shared;
    int64_t at, end, chunk;  /* `at` is the first iteration that nobody has taken */
    int32_t wanted, joined;  /* how many more threads may come, how many came */
    int32_t working, error;
} halo_job;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    halo_job *jobs;
    int32_t workers, idle, rounds; /* rounds: how many jobs there were */
    int32_t process;
    pthread_key_t team;
    pthread_once_t once;
} halo_pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER,
               NULL, 0, 0, 0, 0, 0, PTHREAD_ONCE_INIT};

static pthread_mutex_t halo_critical = PTHREAD_MUTEX_INITIALIZER;

/* Workers of a pool; how often an idle one looks for work before it sleeps. */
#define HALO_MOST_WORKERS 255
#define HALO_LOOKS 4000

static void halo_pool_begin(void) {
    pthread_key_create(&halo_pool.team, NULL);
    halo_pool.process = (int32_t)getpid();
}

/* The place in its team of the calling thread, plus 1; 0 outside of parallel loops. */
static int64_t halo_place(void) {
    pthread_once(&halo_pool.once, halo_pool_begin);
    return (int64_t)(intptr_t)pthread_getspecific(halo_pool.team);
}

static void halo_set_place(int64_t place) {
    pthread_setspecific(halo_pool.team, (void *)(intptr_t)place);
}

int omp_get_thread_num(void) {
    const int64_t place = halo_place();
    return place ? (int)(place - 1) : 0;
}

int omp_in_parallel(void) { return halo_place() != 0; }

int omp_get_active_level(void) { return halo_place() != 0; }

int omp_get_max_active_levels(void) { return 1; }

static int halo_wished(const char *name) {
    const char *text = getenv(name);
    const long n = text ? strtol(text, NULL, 10) : 0;
    return n > 0 && n < HALO_MOST_WORKERS ? (int)n : 0;
}

int omp_get_max_threads(void) {
    int n = halo_wished("HALO_NUM_THREADS");
    if (!n) n = halo_wished("OMP_NUM_THREADS");
    if (!n) n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? n : 1;
}

/* clang makes these calls of `omp critical`, each of which has a lock of its own: one is enough. */
int32_t __kmpc_global_thread_num(void *where) {
    (void)where;
    return 0;
}

void __kmpc_critical(void *where, int32_t thread, void *lock) {
    (void)where, (void)thread, (void)lock;
    pthread_mutex_lock(&halo_critical);
}

void __kmpc_end_critical(void *where, int32_t thread, void *lock) {
    (void)where, (void)thread, (void)lock;
    pthread_mutex_unlock(&halo_critical);
}

static void halo_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Take iterations of `j` until there are none. */
static void halo_run(halo_job *j) {
    for (;;) {
        const int64_t at = __atomic_fetch_add(&j->at, j->chunk, __ATOMIC_RELAXED);
        if (at >= j->end || __atomic_load_n(&j->error, __ATOMIC_RELAXED)) return;
        const int64_t stop = j->chunk < j->end - at ? at + j->chunk : j->end;
        const int32_t error = j->part(j->ctx, j->shared, (int32_t)at, (int32_t)stop);
        if (error) __atomic_store_n(&j->error, error, __ATOMIC_RELAXED);
    }
}

/* A job that wants another thread; the pool is locked. */
static halo_job *halo_find_job(void) {
    for (halo_job *j = halo_pool.jobs; j; j = j->next)
        if (j->wanted > 0 && __atomic_load_n(&j->at, __ATOMIC_RELAXED) < j->end) return j;
    return NULL;
}

/* Wait until there was another job than the last one seen. */
static void halo_await_work(int32_t seen) {
    pthread_mutex_unlock(&halo_pool.lock);
    for (int i = 0; i < HALO_LOOKS; ++i) {
        if (__atomic_load_n(&halo_pool.rounds, __ATOMIC_RELAXED) != seen) break;
        halo_pause();
    }
    pthread_mutex_lock(&halo_pool.lock);
    if (halo_pool.rounds != seen) return;
    ++halo_pool.idle;
    pthread_cond_wait(&halo_pool.work, &halo_pool.lock);
    --halo_pool.idle;
}

static void *halo_worker(void *unused) {
    (void)unused;
    pthread_mutex_lock(&halo_pool.lock);
    for (;;) {
        halo_job *const j = halo_find_job();
        if (!j) {
            halo_await_work(halo_pool.rounds);
            continue;
        }
        --j->wanted;
        ++j->working;
        halo_set_place(++j->joined + 1);
        pthread_mutex_unlock(&halo_pool.lock);
        halo_run(j);
        pthread_mutex_lock(&halo_pool.lock);
        __atomic_store_n(&j->working, j->working - 1, __ATOMIC_RELEASE);
        if (!j->working) pthread_cond_broadcast(&halo_pool.done);
    }
    return NULL;
}

/* Start a thread of the kind that nobody waits for, or one to be joined; whether it started. */
static bool halo_start(pthread_t *thread, void *(*run)(void *), void *given, bool alone) {
    pthread_attr_t how;
    pthread_attr_init(&how);
    pthread_attr_setstacksize(&how, (size_t)8 << 20);
    if (alone) pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
    const bool ok = pthread_create(thread, &how, run, given) == 0;
    pthread_attr_destroy(&how);
    return ok;
}

/* Have threads look at `j`; the pool is locked. */
static void halo_offer(halo_job *j) {
    pthread_t thread;
    j->next = halo_pool.jobs;
    halo_pool.jobs = j;
    __atomic_store_n(&halo_pool.rounds, halo_pool.rounds + 1, __ATOMIC_RELAXED);
    while (halo_pool.workers < j->wanted && halo_pool.workers < HALO_MOST_WORKERS) {
        if (!halo_start(&thread, halo_worker, NULL, true)) break;
        ++halo_pool.workers;
    }
    if (halo_pool.idle) pthread_cond_broadcast(&halo_pool.work);
}

/* Have no more threads come to `j`, and wait for those that did. */
static void halo_withdraw(halo_job *j) {
    pthread_mutex_lock(&halo_pool.lock);
    halo_job **at = &halo_pool.jobs;
    while (*at != j) at = &(*at)->next;
    *at = j->next;
    pthread_mutex_unlock(&halo_pool.lock);
    for (int i = 0; i < HALO_LOOKS; ++i) {
        if (!__atomic_load_n(&j->working, __ATOMIC_ACQUIRE)) break;
        halo_pause();
    }
    pthread_mutex_lock(&halo_pool.lock);
    while (j->working) pthread_cond_wait(&halo_pool.done, &halo_pool.lock);
    pthread_mutex_unlock(&halo_pool.lock);
}

/* Run iterations first, ..., end - 1 of a parallel loop; return the error of one. */
int32_t halo_rt_parallel(halo_context *ctx, int32_t first, int32_t end, halo_part part,
                         void *shared) {
    if (first >= end) return halo_ok;
    const int64_t count = (int64_t)end - first;
    int64_t threads = halo_threads(ctx);
    if (threads > count) threads = count;
    if (threads < 2 || halo_place() || halo_pool.process != (int32_t)getpid())
        return part(ctx, shared, first, end);
    halo_job j = {NULL, ctx, part, shared, first, end, halo_chunk(ctx, count),
                  (int32_t)threads - 1, 0, 0, 0};
    pthread_mutex_lock(&halo_pool.lock);
    halo_offer(&j);
    pthread_mutex_unlock(&halo_pool.lock);
    halo_set_place(1);
    halo_run(&j);
    halo_set_place(0);
    halo_withdraw(&j);
    return j.error;
}

/* One thread of a team that begins together. */
typedef struct halo_member {
    struct halo_team *team;
    int32_t number;
    pthread_t thread;
} halo_member;

typedef struct halo_team {
    halo_context *ctx;
    halo_part part;
    void *shared;
    int32_t size; /* 0 until it is known; -1: none shall run */
    pthread_mutex_t lock;
    pthread_cond_t known;
} halo_team;

static void *halo_join_team(void *given) {
    halo_member *const m = given;
    halo_team *const t = m->team;
    pthread_mutex_lock(&t->lock);
    while (!t->size) pthread_cond_wait(&t->known, &t->lock);
    const int32_t size = t->size;
    pthread_mutex_unlock(&t->lock);
    if (size < 0) return NULL;
    halo_set_place(m->number + 1);
    t->part(t->ctx, t->shared, m->number, size);
    return NULL;
}

#define HALO_LARGEST_TEAM 64

/*
 * Run part(ctx, shared, i, n) on n threads, one each, which last as long as that; n is `threads`,
 * or less if so many do not start. Return whether it ran: not if fewer started and `exact`.
 */
int32_t halo_rt_team(halo_context *ctx, int32_t threads, int32_t exact, halo_part part,
                     void *shared) {
    halo_member members[HALO_LARGEST_TEAM];
    halo_team t = {ctx, part, shared, 0, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER};
    int32_t n = 1;
    if (threads > HALO_LARGEST_TEAM && exact) return 0;
    if (threads > HALO_LARGEST_TEAM) threads = HALO_LARGEST_TEAM;
    for (; n < threads; ++n) {
        members[n].team = &t;
        members[n].number = n;
        if (!halo_start(&members[n].thread, halo_join_team, &members[n], false)) break;
    }
    const bool goes = n == threads || !exact;
    pthread_mutex_lock(&t.lock);
    t.size = goes ? n : -1;
    pthread_cond_broadcast(&t.known);
    pthread_mutex_unlock(&t.lock);
    const int64_t place = halo_place();
    if (n > 1 && goes) halo_set_place(1);
    if (goes) part(ctx, shared, 0, n);
    halo_set_place(place);
    for (int32_t i = 1; i < n; ++i) pthread_join(members[i].thread, NULL);
    return goes;
}

static pthread_mutex_t halo_updates = PTHREAD_MUTEX_INITIALIZER;

/* One lock for all updates that are no single step. */
void halo_rt_lock(void) { pthread_mutex_lock(&halo_updates); }

void halo_rt_unlock(void) { pthread_mutex_unlock(&halo_updates); }
