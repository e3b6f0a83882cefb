/* Record that an extern stage returned `code`, with what it wrote to ctx->error, if anything. */
HALO_HELPER __attribute__((cold, noinline)) int32_t
halo_extern_failed(halo_context *ctx, const char *stage, int32_t code) {
    char said[384] = "";
    if (ctx && ctx->error_code == halo_ok) snprintf(said, sizeof said, "%.383s", ctx->error);
    return halo_fail(ctx, halo_error_extern, "%s returned %d%s%s", stage, (int)code,
                     *said ? ": " : "", said);
}
