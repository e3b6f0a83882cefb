/* Whether the cache had the cells, and they are there now. */
HALO_HELPER bool halo_memo_load(halo_context *ctx, const halo_memo *memo) {
    return ctx && ctx->cache_load && ctx->cache_load(ctx->user, memo) != 0;
}

/* Have the cells kept. */
HALO_HELPER void halo_memo_store(halo_context *ctx, const halo_memo *memo) {
    if (ctx && ctx->cache_store) ctx->cache_store(ctx->user, memo);
}
