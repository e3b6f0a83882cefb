/* float16 and bfloat16 are carried in a float that holds a representable number. */
HALO_INLINE uint32_t halo_float_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

HALO_INLINE float halo_bits_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* x in float32, rounded to odd: rounding the result to fewer bits again is rounding once. */
HALO_HELPER float halo_odd_f32(double x) {
    const float y = (float)x;
    uint32_t bits = halo_float_bits(y);
    if (x != x || (double)y == x) return y;
    if (__builtin_fabs((double)y) > __builtin_fabs(x)) --bits;
    return halo_bits_float(bits | 1u);
}

/* x in double, likewise rounded to odd. */
HALO_HELPER double halo_odd_f64_i64(int64_t x) {
    if (x > INT64_C(-9007199254740992) && x < INT64_C(9007199254740992)) return (double)x;
    return (double)((x & ~INT64_C(0x7ff)) | ((int64_t)((x & 0x7ff) != 0) << 11));
}

HALO_HELPER double halo_odd_f64_u64(uint64_t x) {
    if (x < UINT64_C(9007199254740992)) return (double)x;
    return (double)((x & ~UINT64_C(0x7ff)) | ((uint64_t)((x & 0x7ff) != 0) << 11));
}

#if defined(__FLT16_MAX__) && (defined(__F16C__) || defined(__aarch64__))
HALO_INLINE float halo_load_f16(uint16_t bits) {
    _Float16 x;
    memcpy(&x, &bits, sizeof x);
    return (float)x;
}

HALO_INLINE uint16_t halo_store_f16(float x) {
    const _Float16 y = (_Float16)x;
    uint16_t bits;
    memcpy(&bits, &y, sizeof bits);
    return bits;
}
#else
HALO_INLINE float halo_load_f16(uint16_t bits) {
    const uint32_t sign = (uint32_t)(bits & 0x8000u) << 16, magnitude = bits & 0x7fffu;
    if (magnitude >= 0x7c00u) return halo_bits_float(sign | 0x7f800000u | (magnitude << 13));
    const float value = halo_bits_float(magnitude << 13) * 0x1p112f;
    return halo_bits_float(sign | halo_float_bits(value));
}

HALO_INLINE uint16_t halo_store_f16(float x) {
    const uint32_t bits = halo_float_bits(x), sign = (bits >> 16) & 0x8000u;
    uint32_t rest = bits & 0x7fffffffu;
    if (rest > 0x7f800000u) return (uint16_t)(sign | 0x7e00u | ((rest >> 13) & 0x3ffu));
    if (rest >= 0x47800000u) return (uint16_t)(sign | 0x7c00u);
    if (rest < 0x38800000u) {
        const float shifted = halo_bits_float(rest) + 0.5f;
        return (uint16_t)(sign | (halo_float_bits(shifted) - 0x3f000000u));
    }
    rest += 0xc8000fffu + ((rest >> 13) & 1u);
    return (uint16_t)(sign | (rest >> 13));
}
#endif

HALO_INLINE float halo_load_bf16(uint16_t bits) { return halo_bits_float((uint32_t)bits << 16); }

HALO_INLINE uint16_t halo_store_bf16(float x) {
    const uint32_t bits = halo_float_bits(x);
    if (x != x) return (uint16_t)((bits >> 16) | 0x40u);
    return (uint16_t)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/* x rounded to float16, on its bits: gcc 12 takes (float)(_Float16)x for x once it is vectorised.
   Below 2**-14 float16 numbers are 2**-24 apart, as floats are between 0.5 and 1. */
HALO_INLINE float halo_nearest_f16(float x) {
    const uint32_t bits = halo_float_bits(x), size = bits & 0x7fffffffu;
    const float small = (halo_bits_float(size) + 0.5f) - 0.5f;
    const uint32_t near = (size + 0xfffu + ((size >> 13) & 1u)) & ~UINT32_C(0x1fff);
    const uint32_t large = near < 0x47800000u ? near : 0x7f800000u;
    const uint32_t finite = size < 0x38800000u ? halo_float_bits(small) : large;
    return halo_bits_float((size > 0x7f800000u ? size : finite) | (bits & 0x80000000u));
}

HALO_INLINE float halo_nearest_bf16(float x) { return halo_load_bf16(halo_store_bf16(x)); }
