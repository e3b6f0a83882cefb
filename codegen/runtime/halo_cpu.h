#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* The instruction sets that halo tells apart: each is a bit of what halo_cpu returns. */
enum {
    halo_cpu_sse3 = 0,
    halo_cpu_ssse3 = 1,
    halo_cpu_sse4_1 = 2,
    halo_cpu_sse4_2 = 3,
    halo_cpu_popcnt = 4,
    halo_cpu_cx16 = 5,
    halo_cpu_lahf_lm = 6,
    halo_cpu_movbe = 7,
    halo_cpu_abm = 8,
    halo_cpu_bmi1 = 9,
    halo_cpu_bmi2 = 10,
    halo_cpu_avx = 11,
    halo_cpu_avx2 = 12,
    halo_cpu_fma = 13,
    halo_cpu_f16c = 14,
    halo_cpu_avx_vnni = 15,
    halo_cpu_avx512f = 16,
    halo_cpu_avx512cd = 17,
    halo_cpu_avx512bw = 18,
    halo_cpu_avx512dq = 19,
    halo_cpu_avx512vl = 20,
    halo_cpu_avx512ifma = 21,
    halo_cpu_avx512vbmi = 22,
    halo_cpu_avx512_vnni = 23,
    halo_cpu_avx512_bf16 = 24,
    halo_cpu_avx512_fp16 = 25,
    halo_cpu_amx_tile = 26,
    halo_cpu_known = 63 /* set in each answer */
};

#if defined(__x86_64__)
/* The registers that the system saves: 0x6 and 0xe6 are those of AVX and of AVX-512. */
HALO_HELPER uint64_t halo_cpu_saved(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

HALO_HELPER uint64_t halo_cpu_look(void) {
    /* Leaf and subleaf of cpuid, register (0: eax), bit; what the system has to save. */
    static const struct {
        uint32_t leaf, subleaf, word, bit, saved;
        int set;
    } rows[] = {
        {1, 0, 2, 0, 0, halo_cpu_sse3},
        {1, 0, 2, 9, 0, halo_cpu_ssse3},
        {1, 0, 2, 12, 6, halo_cpu_fma},
        {1, 0, 2, 13, 0, halo_cpu_cx16},
        {1, 0, 2, 19, 0, halo_cpu_sse4_1},
        {1, 0, 2, 20, 0, halo_cpu_sse4_2},
        {1, 0, 2, 22, 0, halo_cpu_movbe},
        {1, 0, 2, 23, 0, halo_cpu_popcnt},
        {1, 0, 2, 28, 6, halo_cpu_avx},
        {1, 0, 2, 29, 6, halo_cpu_f16c},
        {7, 0, 1, 3, 0, halo_cpu_bmi1},
        {7, 0, 1, 5, 6, halo_cpu_avx2},
        {7, 0, 1, 8, 0, halo_cpu_bmi2},
        {7, 0, 1, 16, 0xe6, halo_cpu_avx512f},
        {7, 0, 1, 17, 0xe6, halo_cpu_avx512dq},
        {7, 0, 1, 21, 0xe6, halo_cpu_avx512ifma},
        {7, 0, 1, 28, 0xe6, halo_cpu_avx512cd},
        {7, 0, 1, 30, 0xe6, halo_cpu_avx512bw},
        {7, 0, 1, 31, 0xe6, halo_cpu_avx512vl},
        {7, 0, 2, 1, 0xe6, halo_cpu_avx512vbmi},
        {7, 0, 2, 11, 0xe6, halo_cpu_avx512_vnni},
        {7, 0, 3, 23, 0xe6, halo_cpu_avx512_fp16},
        {7, 0, 3, 24, 0x60000, halo_cpu_amx_tile},
        {7, 1, 0, 4, 6, halo_cpu_avx_vnni},
        {7, 1, 0, 5, 0xe6, halo_cpu_avx512_bf16},
        {0x80000001u, 0, 2, 0, 0, halo_cpu_lahf_lm},
        {0x80000001u, 0, 2, 5, 0, halo_cpu_abm},
    };
    const uint32_t has_xgetbv = 1u << 27;
    uint32_t words[4] = {0, 0, 0, 0};
    uint64_t saved = 0, found = UINT64_C(1) << halo_cpu_known;
    if (__get_cpuid(1, &words[0], &words[1], &words[2], &words[3]) && words[2] & has_xgetbv)
        saved = halo_cpu_saved();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!__get_cpuid_count(rows[i].leaf, rows[i].subleaf, &words[0], &words[1], &words[2],
                               &words[3]))
            continue;
        if (words[rows[i].word] >> rows[i].bit & 1 && (saved & rows[i].saved) == rows[i].saved)
            found |= UINT64_C(1) << rows[i].set;
    }
    return found;
}
#else
HALO_HELPER uint64_t halo_cpu_look(void) { return UINT64_C(1) << halo_cpu_known; }
#endif

/* The instruction sets of this processor. It is asked once: a virtual machine takes its time. */
HALO_HELPER uint64_t halo_cpu(void) {
    static uint64_t known = 0;
    uint64_t found = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (!found) {
        found = halo_cpu_look();
        __atomic_store_n(&known, found, __ATOMIC_RELAXED);
    }
    return found;
}
