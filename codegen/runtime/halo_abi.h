#ifndef HALO_ABI_H
#define HALO_ABI_H
#include <stddef.h>
#include <stdint.h>

/* What the bits of an element mean. */
enum { halo_type_int = 0, halo_type_uint = 1, halo_type_float = 2, halo_type_bfloat = 4 };

/* What a function returns: 0 on success. */
enum {
    halo_ok = 0,
    halo_error_null_buffer = 1,
    halo_error_bad_type = 2,
    halo_error_bad_dimensions = 3,
    halo_error_bad_extent = 4,
    halo_error_bad_stride = 5,
    halo_error_out_of_bounds = 6,
    halo_error_out_of_memory = 7,
    halo_error_bad_parameter = 8,
    halo_error_bad_shape = 9,
    halo_error_requirement = 10,
    halo_error_bad_alignment = 11,
    halo_error_extern = 12,
    halo_error_broken_promise = 13,
    halo_error_bad_processor = 14,
    halo_error_overflow = 15
};

/* One dimension of a buffer: coordinates min, ..., min + extent - 1; stride in elements. */
typedef struct halo_dim {
    int64_t min, extent, stride;
} halo_dim;

/* An element type; a bool is {halo_type_uint, 1} and takes one byte. */
typedef struct halo_type {
    uint8_t code, bits;
} halo_type;

/* An array. host is the address of the element at the mins; dim[0] is innermost by default. */
typedef struct halo_buffer {
    void *host;
    halo_type type;
    int32_t dimensions;
    halo_dim *dim;
} halo_buffer;

/* What is reported of a traced pipeline. */
enum {
    halo_trace_load = 0,
    halo_trace_store = 1,
    halo_trace_begin_realization = 2,
    halo_trace_end_realization = 3,
    halo_trace_produce = 4,
    halo_trace_end_produce = 5,
    halo_trace_consume = 6,
    halo_trace_end_consume = 7,
    halo_trace_begin_pipeline = 8,
    halo_trace_end_pipeline = 9,
    halo_trace_tag = 10
};

/* One event; coordinates are those of a cell, or (min, extent) of each dimension of a box. */
typedef struct halo_trace_event {
    const char *func;
    const void *value; /* of a load or store, as it lies in memory; NULL of others */
    halo_type type;    /* of the value */
    int32_t value_index;
    int32_t event;
    int32_t id, parent; /* this event, and what it happens in; 0: nothing that is traced */
    int32_t dimensions; /* the number of coordinates */
    const int32_t *coordinates;
    const char *tag;
} halo_trace_event;

/*
 * Cells of a memoized Func: count arrays of so many bytes. They depend on the text identity and
 * the numbers key, and on nothing else that may change; eviction_key names them to be dropped.
 */
typedef struct halo_memo {
    const char *identity;
    uint64_t eviction_key;
    const int64_t *key;
    int32_t keys, count;
    void *const *arrays;
    const size_t *bytes;
} halo_memo;

/* The memory of a profiled Func in bytes. */
typedef struct halo_profile_memory_use {
    int64_t allocations, total, live, peak;
} halo_profile_memory_use;

/* The time of one thread: by Func, and the Func that it is in (-1: none), since when. */
typedef struct halo_profile_thread {
    int32_t current;
    int64_t since;
    int64_t *nanoseconds, *calls;
} halo_profile_thread;

/* What a profiled function fills: current is -1 and all else 0 before the first call. */
typedef struct halo_profile {
    int32_t threads;
    halo_profile_thread *thread;
    halo_profile_memory_use *memory; /* by Func */
    halo_profile_memory_use all;
} halo_profile;

/*
 * What a call needs from its caller; zero it, then set what should not have its default.
 * A context serves one call at a time. NULL in place of a context means all defaults.
 */
typedef struct halo_context {
    void *(*allocate)(void *user, size_t bytes); /* 64-byte aligned, thread-safe; NULL: libc */
    void (*release)(void *user, void *p);        /* required when allocate is set */
    void (*print)(void *user, const char *line); /* thread-safe; NULL: to stdout */
    void (*trace)(void *user, const halo_trace_event *event); /* NULL: as text, to print */
    /* A cache: load fills the arrays and returns 1, or returns 0; NULL: nothing is kept. */
    int32_t (*cache_load)(void *user, const halo_memo *memo);
    void (*cache_store)(void *user, const halo_memo *memo);
    void *user;                                  /* handed to all of these */
    halo_profile *profile; /* filled by code for a target with the feature profile */
    void *const *externs;                        /* extern stages when run from Python */
    void *workspace;                             /* memory to use first, but for what grows */
    size_t workspace_bytes;
    size_t workspace_used; /* 0 before and after a call */
    size_t workspace_peak; /* the most that was used at a time since it was zeroed */
    int32_t threads;       /* 0: as many as OpenMP has */
    int32_t trace_events;  /* how many were reported */
    int32_t error_code;    /* what the last call returned, */
    char error[512];       /* and why; empty on success */
} halo_context;
#endif
