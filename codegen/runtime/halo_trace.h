HALO_HELPER const char *halo_trace_name(int32_t event) {
    static const char *const names[] = {
        "Load", "Store", "Begin realization", "End realization", "Produce", "End produce",
        "Consume", "End consume", "Begin pipeline", "End pipeline", "Tag"};
    return event >= 0 && event <= halo_trace_tag ? names[event] : "Unknown";
}

/* The value of an event as text. */
HALO_HELPER void halo_trace_value(const halo_trace_event *e, char *text, size_t size) {
    const int bits = e->type.bits;
    const void *p = e->value;
    *text = 0;
    if (!p) return;
    if (e->type.code == halo_type_float && bits == 64)
        snprintf(text, size, " = %e", *(const double *)p);
    else if (e->type.code == halo_type_float && bits == 32)
        snprintf(text, size, " = %f", (double)*(const float *)p);
    else if (e->type.code == halo_type_float || e->type.code == halo_type_bfloat)
        snprintf(text, size, " = 0x%04x", (unsigned)*(const uint16_t *)p);
    else if (e->type.code == halo_type_uint)
        snprintf(text, size, " = %llu",
                 bits <= 8    ? (unsigned long long)*(const uint8_t *)p
                 : bits == 16 ? (unsigned long long)*(const uint16_t *)p
                 : bits == 32 ? (unsigned long long)*(const uint32_t *)p
                              : (unsigned long long)*(const uint64_t *)p);
    else
        snprintf(text, size, " = %lld",
                 bits == 8    ? (long long)*(const int8_t *)p
                 : bits == 16 ? (long long)*(const int16_t *)p
                 : bits == 32 ? (long long)*(const int32_t *)p
                              : (long long)*(const int64_t *)p);
}

/* An event as a line of text. */
HALO_HELPER void halo_trace_print(halo_context *ctx, const halo_trace_event *e) {
    char line[1024], value[64];
    halo_trace_value(e, value, sizeof value);
    int at = snprintf(line, sizeof line, "%s %.400s.%d(", halo_trace_name(e->event), e->func,
                      (int)e->value_index);
    for (int32_t i = 0; i < e->dimensions && at < 900; ++i)
        at += snprintf(line + at, sizeof line - (size_t)at, i ? ", %d" : "%d",
                       (int)e->coordinates[i]);
    snprintf(line + at, sizeof line - (size_t)at, ")%s%s%.40s\n", value, *e->tag ? " tag = " : "",
             e->tag);
    halo_print(ctx, line);
}

/* Report an event to the hook, else as text; return its number. */
HALO_HELPER __attribute__((noinline)) int32_t halo_trace(halo_context *ctx, halo_trace_event e) {
    if (ctx) {
#pragma omp atomic capture
        e.id = ++ctx->trace_events;
    }
    if (ctx && ctx->trace)
        ctx->trace(ctx->user, &e);
    else
        halo_trace_print(ctx, &e);
    return e.id;
}
