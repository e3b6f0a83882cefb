/* A number as printf takes it: a NaN has no sign to tell. */
HALO_INLINE double halo_printable(double x) { return x != x ? __builtin_nan("") : x; }

/* Write a line, which ends with a newline: to the hook, else to stdout. */
HALO_HELPER void halo_print(halo_context *ctx, const char *line) {
    if (ctx && ctx->print)
        ctx->print(ctx->user, line);
    else
        fputs(line, stdout);
}
