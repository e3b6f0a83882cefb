/* The limits of a machine: `limits THREADS` prints three numbers.

   Float32 operations in 1e9 per second, two for each fused multiply-add; then 1e9 bytes per second,
   read and written together, of a copy by ordinary stores and of one by stores around the caches.
   One thread is measured in processor time. Built with -O3 -march=native -fopenmp. */

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif

typedef float vec __attribute__((vector_size(BYTES)));

enum { LANES = BYTES / 4, CHAINS = 12, STEPS = 1 << 20, TRIES = 12 };

static const size_t size = (size_t)96 << 20;

static double now(void)
{
    return omp_get_max_threads() == 1 ? (double)clock() / CLOCKS_PER_SEC : omp_get_wtime();
}

static double multiply_adds(void)
{
    double best = 1e30, threads = 1;
    for (int t = 0; t < TRIES; t++) {
        double start = now();
        volatile float sink;
#pragma omp parallel
        {
            vec sum[CHAINS], a = {0}, b = {0};
            for (int i = 0; i < LANES; i++)
                a[i] = 0.999f, b[i] = 0.001f;
            for (int c = 0; c < CHAINS; c++)
                sum[c] = b * (float)c;
            __asm__ volatile("" : "+x"(a), "+x"(b));
            for (int s = 0; s < STEPS; s++)
#pragma GCC unroll 12
                for (int c = 0; c < CHAINS; c++)
                    sum[c] = sum[c] * a + b;
            vec all = sum[0];
            for (int c = 1; c < CHAINS; c++)
                all += sum[c];
#pragma omp critical
            {
                sink = all[0];
                threads = omp_get_num_threads();
            }
        }
        (void)sink;
        double taken = now() - start;
        best = taken < best ? taken : best;
    }
    return 2.0 * LANES * CHAINS * STEPS * threads / best / 1e9;
}

static void copy_part(char *to, const char *from, size_t bytes, int around)
{
    for (size_t i = 0; i < bytes; i += BYTES) {
        vec v = *(const vec *)(from + i);
#if defined(__AVX512F__)
        if (around) {
            _mm512_stream_ps((float *)(to + i), (__m512)v);
            continue;
        }
#elif defined(__AVX__)
        if (around) {
            _mm256_stream_ps((float *)(to + i), (__m256)v);
            continue;
        }
#elif defined(__SSE2__)
        if (around) {
            _mm_stream_ps((float *)(to + i), (__m128)v);
            continue;
        }
#endif
        *(vec *)(to + i) = v;
        /* keeps the compiler from calling memcpy, which may choose its own stores */
        __asm__ volatile("" ::: "memory");
    }
#if defined(__SSE2__)
    if (around)
        _mm_sfence();
#endif
}

static double copied(char *to, const char *from, int around)
{
    double best = 1e30;
    for (int t = 0; t < TRIES; t++) {
        double start = now();
#pragma omp parallel
        {
            size_t n = (size_t)omp_get_num_threads(), i = (size_t)omp_get_thread_num();
            size_t part = size / n / BYTES * BYTES;
            copy_part(to + i * part, from + i * part, part, around);
        }
        double taken = now() - start;
        best = taken < best ? taken : best;
    }
    return 2.0 * (double)size / best / 1e9;
}

int main(int argc, char **argv)
{
    omp_set_num_threads(argc > 1 ? atoi(argv[1]) : 1);
    char *from = aligned_alloc(64, size), *to = aligned_alloc(64, size);
    if (!from || !to)
        return 1;
    memset(from, 1, size);
    memset(to, 2, size);
    printf("%.6g %.6g %.6g\n", multiply_adds(), copied(to, from, 0), copied(to, from, 1));
    free(from);
    free(to);
    return 0;
}
