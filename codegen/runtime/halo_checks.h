HALO_HELPER const char *halo_type_name(halo_type type, char *text, size_t size) {
    const char *family = "unknown";
    if (type.code == halo_type_int) family = "int";
    if (type.code == halo_type_uint) family = type.bits == 1 ? "bool" : "uint";
    if (type.code == halo_type_float) family = "float";
    if (type.code == halo_type_bfloat) family = "bfloat";
    if (type.code == halo_type_uint && type.bits == 1) return family;
    snprintf(text, size, "%s%d", family, type.bits);
    return text;
}

/* What coordinates may be: sums of them with small numbers fit into 32 bits. */
#define HALO_REACH (INT32_MAX - (1 << 20) + 1)

/* Whether the extents of a buffer are legal and its bytes can be addressed. */
HALO_HELPER int32_t halo_check_dims(halo_context *ctx, const halo_buffer *b, const char *what,
                                    bool *empty) {
    int64_t low = 0, high = 0, reach;
    *empty = false;
    for (int32_t i = 0; i < b->dimensions; ++i) {
        const halo_dim d = b->dim[i];
        if (d.extent < 0 || d.extent > HALO_REACH)
            return halo_fail(ctx, halo_error_bad_extent,
                             "%s: extent %lld of dimension %d is not in [0, %d]", what,
                             (long long)d.extent, (int)i, (int)HALO_REACH);
        if (d.min < -HALO_REACH || d.min > HALO_REACH - d.extent)
            return halo_fail(ctx, halo_error_bad_extent,
                             "%s: min %lld of dimension %d does not fit into 32 bits", what,
                             (long long)d.min, (int)i);
        *empty = *empty || d.extent == 0;
    }
    for (int32_t i = 0; i < b->dimensions && !*empty; ++i) {
        const halo_dim d = b->dim[i];
        int64_t *side = d.stride < 0 ? &low : &high;
        if (__builtin_mul_overflow(d.extent - 1, d.stride, &reach) ||
            __builtin_add_overflow(*side, reach, side) || *side > INT64_MAX / 64 ||
            *side < INT64_MIN / 64 || d.stride > INT64_MAX / 64 || d.stride < INT64_MIN / 64)
            return halo_fail(ctx, halo_error_bad_stride,
                             "%s: stride %lld of dimension %d reaches past the address space",
                             what, (long long)d.stride, (int)i);
    }
    return halo_ok;
}

/* Whether the elements of `b`, if there are any, begin at a multiple of `bytes`. */
HALO_HELPER int32_t halo_check_alignment(halo_context *ctx, const halo_buffer *b, const char *what,
                                         int32_t bytes) {
    const int32_t off = (int32_t)((uintptr_t)b->host % (uintptr_t)bytes);
    bool empty = false;
    for (int32_t i = 0; i < b->dimensions; ++i) empty = empty || b->dim[i].extent == 0;
    if (off && !empty)
        return halo_fail(ctx, halo_error_bad_alignment,
                         "%s: its address must be a multiple of %d bytes, it is %d past one", what,
                         (int)bytes, (int)off);
    return halo_ok;
}

/* Whether `b` is a buffer of the expected type and number of dimensions. */
HALO_HELPER int32_t halo_check_buffer(halo_context *ctx, const halo_buffer *b, const char *what,
                                      halo_type type, int32_t dimensions) {
    char want[24], got[24];
    bool empty;
    if (!b) return halo_fail(ctx, halo_error_null_buffer, "%s: is NULL", what);
    if (b->type.code != type.code || b->type.bits != type.bits)
        return halo_fail(ctx, halo_error_bad_type, "%s: expected %s, got %s", what,
                         halo_type_name(type, want, sizeof want),
                         halo_type_name(b->type, got, sizeof got));
    if (b->dimensions != dimensions)
        return halo_fail(ctx, halo_error_bad_dimensions,
                         "%s: expected %d dimensions, got %d", what, (int)dimensions,
                         (int)b->dimensions);
    if (dimensions > 0 && !b->dim)
        return halo_fail(ctx, halo_error_null_buffer, "%s: its dim is NULL", what);
    const int32_t err = halo_check_dims(ctx, b, what, &empty);
    if (err) return err;
    if (!b->host && !empty)
        return halo_fail(ctx, halo_error_null_buffer, "%s: its host is NULL", what);
    return halo_ok;
}
