/*
 * Memory for `count` elements of `size` bytes, or for one if there are none: `p` where it holds so
 * many, else other memory for twice as many as before at least, with what `p` held, which is given
 * back. NULL if there is none: `p` is as it was. It does not come from the workspace, which takes
 * things back in order.
 */
HALO_HELPER void *
halo_grow(halo_context *ctx, void *p, int64_t *capacity, int64_t count, size_t size) {
    if (p && count >= 0 && count <= *capacity) return p;
    const int64_t held = *capacity, twice = held > INT64_MAX / 2 ? INT64_MAX : 2 * held;
    const int64_t wanted = count == 0 ? 1 : count > 0 && count < twice ? twice : count;
    size_t bytes;
    void *more = halo_bytes(wanted, size, &bytes) ? halo_take(ctx, bytes) : NULL;
    if (!more) return NULL;
    if (p) memcpy(more, p, (size_t)held * size);
    halo_release(ctx, p);
    *capacity = wanted;
    return more;
}
