; made by codegen/llvm_runtime.py from C with the sha256 2c76c55c2e117d02a8fb0dcd117cfc225f17ffd7f83ec18fc30fe51024b959fd

%struct.anon = type { %union.pthread_mutex_t, %union.pthread_cond_t, %union.pthread_cond_t, ptr, i32, i32, i32, i32, i32, i32 }
%union.pthread_mutex_t = type { %struct.__pthread_mutex_s }
%struct.__pthread_mutex_s = type { i32, i32, i32, i32, i32, i16, i16, %struct.__pthread_internal_list }
%struct.__pthread_internal_list = type { ptr, ptr }
%union.pthread_cond_t = type { %struct.__pthread_cond_s }
%struct.__pthread_cond_s = type { %union.__atomic_wide_counter, %union.__atomic_wide_counter, [2 x i32], [2 x i32], i32, i32, [2 x i32] }
%union.__atomic_wide_counter = type { i64 }
%struct.anon.1 = type { i32, i32, i32, i32, i32, i32 }
%union.pthread_attr_t = type { i64, [48 x i8] }
%struct.halo_job = type { ptr, ptr, ptr, ptr, i64, i64, i64, i32, i32, i32, i32 }
%struct.halo_context = type { ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, i64, i64, i64, i32, i32, i32, [512 x i8] }
%struct.halo_member = type { ptr, i32, i64 }
%struct.halo_team = type { ptr, ptr, ptr, i32, %union.pthread_mutex_t, %union.pthread_cond_t }
%struct.__va_list_tag = type { i32, i32, ptr, ptr }
%struct.halo_buffer = type { ptr, %struct.halo_type, i32, ptr }
%struct.halo_type = type { i8, i8 }
%struct.halo_dim = type { i64, i64, i64 }
%struct.timespec = type { i64, i64 }
%struct.halo_profile = type { i32, ptr, ptr, %struct.halo_profile_memory_use }
%struct.halo_profile_memory_use = type { i64, i64, i64, i64 }
%struct.halo_profile_thread = type { i32, i64, ptr, ptr }
%struct.halo_trace_event = type { ptr, ptr, %struct.halo_type, i32, i32, i32, i32, i32, ptr, ptr }
%struct.halo_fork = type { i32, i32, i32, %union.pthread_mutex_t, %union.pthread_cond_t }
%struct.halo_semaphore = type { i32, [60 x i8] }

@halo_pool = internal global %struct.anon zeroinitializer, align 8
@.str = private unnamed_addr constant [17 x i8] c"HALO_NUM_THREADS\00", align 1
@.str.1 = private unnamed_addr constant [16 x i8] c"OMP_NUM_THREADS\00", align 1
@halo_critical = internal global %union.pthread_mutex_t zeroinitializer, align 8
@halo_updates = internal global %union.pthread_mutex_t zeroinitializer, align 8
@halo_cpu.known = internal global i64 0, align 8
@halo_cpu_look.rows = internal constant [27 x %struct.anon.1] [%struct.anon.1 { i32 1, i32 0, i32 2, i32 0, i32 0, i32 0 }, %struct.anon.1 { i32 1, i32 0, i32 2, i32 9, i32 0, i32 1 }, %struct.anon.1 { i32 1, i32 0, i32 2, i32 12, i32 6, i32 13 }, %struct.anon.1 { i32 1, i32 0, i32 2, i32 13, i32 0, i32 5 }, %struct.anon.1 { i32 1, i32 0, i32 2, i32 19, i32 0, i32 2 }, %struct.anon.1 { i32 1, i32 0, i32 2, i32 20, i32 0, i32 3 }, %struct.anon.1 { i32 1, i32 0, i32 2, i32 22, i32 0, i32 7 }, %struct.anon.1 { i32 1, i32 0, i32 2, i32 23, i32 0, i32 4 }, %struct.anon.1 { i32 1, i32 0, i32 2, i32 28, i32 6, i32 11 }, %struct.anon.1 { i32 1, i32 0, i32 2, i32 29, i32 6, i32 14 }, %struct.anon.1 { i32 7, i32 0, i32 1, i32 3, i32 0, i32 9 }, %struct.anon.1 { i32 7, i32 0, i32 1, i32 5, i32 6, i32 12 }, %struct.anon.1 { i32 7, i32 0, i32 1, i32 8, i32 0, i32 10 }, %struct.anon.1 { i32 7, i32 0, i32 1, i32 16, i32 230, i32 16 }, %struct.anon.1 { i32 7, i32 0, i32 1, i32 17, i32 230, i32 19 }, %struct.anon.1 { i32 7, i32 0, i32 1, i32 21, i32 230, i32 21 }, %struct.anon.1 { i32 7, i32 0, i32 1, i32 28, i32 230, i32 17 }, %struct.anon.1 { i32 7, i32 0, i32 1, i32 30, i32 230, i32 18 }, %struct.anon.1 { i32 7, i32 0, i32 1, i32 31, i32 230, i32 20 }, %struct.anon.1 { i32 7, i32 0, i32 2, i32 1, i32 230, i32 22 }, %struct.anon.1 { i32 7, i32 0, i32 2, i32 11, i32 230, i32 23 }, %struct.anon.1 { i32 7, i32 0, i32 3, i32 23, i32 230, i32 25 }, %struct.anon.1 { i32 7, i32 0, i32 3, i32 24, i32 393216, i32 26 }, %struct.anon.1 { i32 7, i32 1, i32 0, i32 4, i32 6, i32 15 }, %struct.anon.1 { i32 7, i32 1, i32 0, i32 5, i32 230, i32 24 }, %struct.anon.1 { i32 -2147483647, i32 0, i32 2, i32 0, i32 0, i32 6 }, %struct.anon.1 { i32 -2147483647, i32 0, i32 2, i32 5, i32 0, i32 8 }], align 16
@.str.2 = private unnamed_addr constant [3 x i8] c"%s\00", align 1
@.gomp_critical_user_halo_error.var = internal global [8 x i32] zeroinitializer
@.str.3 = private unnamed_addr constant [12 x i8] c"%s: is NULL\00", align 1
@.str.4 = private unnamed_addr constant [24 x i8] c"%s: expected %s, got %s\00", align 1
@.str.5 = private unnamed_addr constant [35 x i8] c"%s: expected %d dimensions, got %d\00", align 1
@.str.6 = private unnamed_addr constant [20 x i8] c"%s: its dim is NULL\00", align 1
@.str.7 = private unnamed_addr constant [21 x i8] c"%s: its host is NULL\00", align 1
@.str.8 = private unnamed_addr constant [8 x i8] c"unknown\00", align 1
@.str.9 = private unnamed_addr constant [4 x i8] c"int\00", align 1
@.str.10 = private unnamed_addr constant [5 x i8] c"bool\00", align 1
@.str.11 = private unnamed_addr constant [5 x i8] c"uint\00", align 1
@.str.12 = private unnamed_addr constant [6 x i8] c"float\00", align 1
@.str.13 = private unnamed_addr constant [7 x i8] c"bfloat\00", align 1
@.str.14 = private unnamed_addr constant [5 x i8] c"%s%d\00", align 1
@.str.15 = private unnamed_addr constant [50 x i8] c"%s: extent %lld of dimension %d is not in [0, %d]\00", align 1
@.str.16 = private unnamed_addr constant [55 x i8] c"%s: min %lld of dimension %d does not fit into 32 bits\00", align 1
@.str.17 = private unnamed_addr constant [63 x i8] c"%s: stride %lld of dimension %d reaches past the address space\00", align 1
@.str.18 = private unnamed_addr constant [66 x i8] c"%s: its address must be a multiple of %d bytes, it is %d past one\00", align 1
@stdout = external global ptr, align 8
@.str.19 = private unnamed_addr constant [7 x i8] c"%.383s\00", align 1
@.str.20 = private unnamed_addr constant [19 x i8] c"%s returned %d%s%s\00", align 1
@.str.21 = private unnamed_addr constant [3 x i8] c": \00", align 1
@.str.22 = private constant [1 x i8] zeroinitializer, align 1
@.gomp_critical_user_halo_profile.var = internal global [8 x i32] zeroinitializer
@.str.23 = private unnamed_addr constant [14 x i8] c"%s %.400s.%d(\00", align 1
@.str.24 = private unnamed_addr constant [5 x i8] c", %d\00", align 1
@.str.25 = private unnamed_addr constant [3 x i8] c"%d\00", align 1
@.str.26 = private unnamed_addr constant [12 x i8] c")%s%s%.40s\0A\00", align 1
@.str.27 = private unnamed_addr constant [8 x i8] c" tag = \00", align 1
@.str.28 = private unnamed_addr constant [6 x i8] c" = %e\00", align 1
@.str.29 = private unnamed_addr constant [6 x i8] c" = %f\00", align 1
@.str.30 = private unnamed_addr constant [10 x i8] c" = 0x%04x\00", align 1
@.str.31 = private unnamed_addr constant [8 x i8] c" = %llu\00", align 1
@.str.32 = private unnamed_addr constant [8 x i8] c" = %lld\00", align 1
@halo_trace_name.names = internal constant [11 x ptr] [ptr @.str.33, ptr @.str.34, ptr @.str.35, ptr @.str.36, ptr @.str.37, ptr @.str.38, ptr @.str.39, ptr @.str.40, ptr @.str.41, ptr @.str.42, ptr @.str.43], align 16
@.str.33 = private unnamed_addr constant [5 x i8] c"Load\00", align 1
@.str.34 = private unnamed_addr constant [6 x i8] c"Store\00", align 1
@.str.35 = private unnamed_addr constant [18 x i8] c"Begin realization\00", align 1
@.str.36 = private unnamed_addr constant [16 x i8] c"End realization\00", align 1
@.str.37 = private unnamed_addr constant [8 x i8] c"Produce\00", align 1
@.str.38 = private unnamed_addr constant [12 x i8] c"End produce\00", align 1
@.str.39 = private unnamed_addr constant [8 x i8] c"Consume\00", align 1
@.str.40 = private unnamed_addr constant [12 x i8] c"End consume\00", align 1
@.str.41 = private unnamed_addr constant [15 x i8] c"Begin pipeline\00", align 1
@.str.42 = private unnamed_addr constant [13 x i8] c"End pipeline\00", align 1
@.str.43 = private unnamed_addr constant [4 x i8] c"Tag\00", align 1
@.str.44 = private unnamed_addr constant [8 x i8] c"Unknown\00", align 1

define internal i32 @omp_get_thread_num() {
  %1 = tail call i32 @pthread_once(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 9), ptr @halo_pool_begin)
  %2 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %3 = tail call ptr @pthread_getspecific(i32 %2)
  %4 = ptrtoint ptr %3 to i64
  %5 = icmp eq ptr %3, null
  %6 = trunc i64 %4 to i32
  %7 = add i32 %6, -1
  %8 = select i1 %5, i32 0, i32 %7
  ret i32 %8
}

declare i32 @pthread_once(ptr, ptr)

define internal void @halo_pool_begin() {
  %1 = tail call i32 @pthread_key_create(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), ptr null)
  %2 = tail call i32 @getpid()
  store i32 %2, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 7), align 4
  ret void
}

declare ptr @pthread_getspecific(i32)

declare i32 @pthread_key_create(ptr, ptr)

declare i32 @getpid()

define internal i32 @omp_in_parallel() {
  %1 = tail call i32 @pthread_once(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 9), ptr @halo_pool_begin)
  %2 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %3 = tail call ptr @pthread_getspecific(i32 %2)
  %4 = icmp ne ptr %3, null
  %5 = zext i1 %4 to i32
  ret i32 %5
}

define internal i32 @omp_get_active_level() {
  %1 = tail call i32 @pthread_once(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 9), ptr @halo_pool_begin)
  %2 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %3 = tail call ptr @pthread_getspecific(i32 %2)
  %4 = icmp ne ptr %3, null
  %5 = zext i1 %4 to i32
  ret i32 %5
}

define internal i32 @omp_get_max_active_levels() {
  ret i32 1
}

define internal i32 @omp_get_max_threads() {
  %1 = tail call ptr @getenv(ptr @.str)
  %2 = icmp eq ptr %1, null
  br i1 %2, label %10, label %3

3:                                                ; preds = %0
  %4 = tail call i64 @strtol(ptr %1, ptr null, i32 10)
  %5 = add i64 %4, -255
  %6 = icmp ult i64 %5, -254
  %7 = trunc i64 %4 to i32
  %8 = icmp eq i32 %7, 0
  %9 = or i1 %6, %8
  br i1 %9, label %10, label %23

10:                                               ; preds = %0, %3
  %11 = tail call ptr @getenv(ptr @.str.1)
  %12 = icmp eq ptr %11, null
  br i1 %12, label %20, label %13

13:                                               ; preds = %10
  %14 = tail call i64 @strtol(ptr %11, ptr null, i32 10)
  %15 = add i64 %14, -255
  %16 = icmp ult i64 %15, -254
  %17 = trunc i64 %14 to i32
  %18 = icmp eq i32 %17, 0
  %19 = or i1 %16, %18
  br i1 %19, label %20, label %23

20:                                               ; preds = %10, %13
  %21 = tail call i64 @sysconf(i32 84)
  %22 = trunc i64 %21 to i32
  br label %23

23:                                               ; preds = %13, %3, %20
  %24 = phi i32 [ %22, %20 ], [ %7, %3 ], [ %17, %13 ]
  %25 = icmp sgt i32 %24, 1
  %26 = select i1 %25, i32 %24, i32 1
  ret i32 %26
}

declare i64 @sysconf(i32)

declare ptr @getenv(ptr)

declare i64 @strtol(ptr, ptr, i32)

define internal i32 @__kmpc_global_thread_num(ptr %0) {
  ret i32 0
}

define internal void @__kmpc_critical(ptr %0, i32 %1, ptr %2) {
  %4 = tail call i32 @pthread_mutex_lock(ptr @halo_critical)
  ret void
}

declare i32 @pthread_mutex_lock(ptr)

define internal void @__kmpc_end_critical(ptr %0, i32 %1, ptr %2) {
  %4 = tail call i32 @pthread_mutex_unlock(ptr @halo_critical)
  ret void
}

declare i32 @pthread_mutex_unlock(ptr)

define i32 @halo_rt_parallel(ptr %0, i32 %1, i32 %2, ptr %3, ptr %4) {
  %6 = alloca %union.pthread_attr_t, align 8
  %7 = alloca i64, align 8
  %8 = alloca %struct.halo_job, align 8
  %9 = icmp slt i32 %1, %2
  br i1 %9, label %10, label %159

10:                                               ; preds = %5
  %11 = sext i32 %2 to i64
  %12 = sext i32 %1 to i64
  %13 = sub nsw i64 %11, %12
  %14 = icmp eq ptr %0, null
  br i1 %14, label %19, label %15

15:                                               ; preds = %10
  %16 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 13
  %17 = load i32, ptr %16, align 8
  %18 = icmp sgt i32 %17, 0
  br i1 %18, label %21, label %19

19:                                               ; preds = %15, %10
  %20 = tail call i32 @omp_get_max_threads()
  br label %21

21:                                               ; preds = %15, %19
  %22 = phi i32 [ %20, %19 ], [ %17, %15 ]
  %23 = sext i32 %22 to i64
  %24 = icmp slt i64 %13, %23
  %25 = select i1 %24, i64 %13, i64 %23
  %26 = icmp slt i64 %25, 2
  br i1 %26, label %36, label %27

27:                                               ; preds = %21
  %28 = tail call i32 @pthread_once(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 9), ptr @halo_pool_begin)
  %29 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %30 = tail call ptr @pthread_getspecific(i32 %29)
  %31 = icmp eq ptr %30, null
  br i1 %31, label %32, label %36

32:                                               ; preds = %27
  %33 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 7), align 4
  %34 = tail call i32 @getpid()
  %35 = icmp eq i32 %33, %34
  br i1 %35, label %38, label %36

36:                                               ; preds = %32, %27, %21
  %37 = tail call i32 %3(ptr %0, ptr %4, i32 %1, i32 %2)
  br label %159

38:                                               ; preds = %32
  %39 = bitcast ptr %8 to ptr
  %40 = getelementptr %struct.halo_job, ptr %8, i64 0, i32 0
  %41 = getelementptr %struct.halo_job, ptr %8, i64 0, i32 1
  store ptr %0, ptr %41, align 8
  %42 = getelementptr %struct.halo_job, ptr %8, i64 0, i32 2
  store ptr %3, ptr %42, align 8
  %43 = getelementptr %struct.halo_job, ptr %8, i64 0, i32 3
  store ptr %4, ptr %43, align 8
  %44 = getelementptr %struct.halo_job, ptr %8, i64 0, i32 4
  store i64 %12, ptr %44, align 8
  %45 = getelementptr %struct.halo_job, ptr %8, i64 0, i32 5
  store i64 %11, ptr %45, align 8
  %46 = getelementptr %struct.halo_job, ptr %8, i64 0, i32 6
  br i1 %14, label %51, label %47

47:                                               ; preds = %38
  %48 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 13
  %49 = load i32, ptr %48, align 8
  %50 = icmp sgt i32 %49, 0
  br i1 %50, label %53, label %51

51:                                               ; preds = %47, %38
  %52 = tail call i32 @omp_get_max_threads()
  br label %53

53:                                               ; preds = %47, %51
  %54 = phi i32 [ %52, %51 ], [ %49, %47 ]
  %55 = sext i32 %54 to i64
  %56 = shl nsw i64 %55, 5
  %57 = sdiv i64 %13, %56
  %58 = shl i64 %57, 32
  %59 = ashr exact i64 %58, 32
  %60 = icmp slt i64 %57, 1
  %61 = select i1 %60, i64 1, i64 %59
  store i64 %61, ptr %46, align 8
  %62 = getelementptr %struct.halo_job, ptr %8, i64 0, i32 7
  %63 = trunc i64 %25 to i32
  %64 = add nsw i32 %63, -1
  store i32 %64, ptr %62, align 8
  %65 = getelementptr %struct.halo_job, ptr %8, i64 0, i32 8
  store i32 0, ptr %65, align 4
  %66 = getelementptr %struct.halo_job, ptr %8, i64 0, i32 9
  store i32 0, ptr %66, align 8
  %67 = getelementptr %struct.halo_job, ptr %8, i64 0, i32 10
  store i32 0, ptr %67, align 4
  %68 = tail call i32 @pthread_mutex_lock(ptr @halo_pool)
  %69 = bitcast ptr %7 to ptr
  %70 = load ptr, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 3), align 8
  store ptr %70, ptr %40, align 8
  store ptr %8, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 3), align 8
  %71 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 6), align 8
  %72 = add nsw i32 %71, 1
  store atomic i32 %72, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 6) monotonic, align 8
  %73 = bitcast ptr %6 to ptr
  %74 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 4), align 8
  %75 = icmp slt i32 %74, %64
  %76 = icmp slt i32 %74, 255
  %77 = and i1 %76, %75
  br i1 %77, label %78, label %92

78:                                               ; preds = %53, %85
  %79 = call i32 @pthread_attr_init(ptr %6)
  %80 = call i32 @pthread_attr_setstacksize(ptr %6, i64 8388608)
  %81 = call i32 @pthread_attr_setdetachstate(ptr %6, i32 1)
  %82 = call i32 @pthread_create(ptr %7, ptr %6, ptr @halo_worker, ptr null)
  %83 = icmp eq i32 %82, 0
  %84 = call i32 @pthread_attr_destroy(ptr %6)
  br i1 %83, label %85, label %92

85:                                               ; preds = %78
  %86 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 4), align 8
  %87 = add nsw i32 %86, 1
  store i32 %87, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 4), align 8
  %88 = load i32, ptr %62, align 8
  %89 = icmp slt i32 %87, %88
  %90 = icmp slt i32 %86, 254
  %91 = and i1 %90, %89
  br i1 %91, label %78, label %92

92:                                               ; preds = %85, %78, %53
  %93 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 5), align 4
  %94 = icmp eq i32 %93, 0
  br i1 %94, label %97, label %95

95:                                               ; preds = %92
  %96 = call i32 @pthread_cond_broadcast(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 1))
  br label %97

97:                                               ; preds = %92, %95
  %98 = call i32 @pthread_mutex_unlock(ptr @halo_pool)
  %99 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %100 = call i32 @pthread_setspecific(i32 %99, ptr inttoptr (i64 1 to ptr))
  %101 = load i64, ptr %46, align 8
  %102 = atomicrmw add ptr %44, i64 %101 monotonic, align 8
  %103 = load i64, ptr %45, align 8
  %104 = icmp sgt i64 %103, %102
  br i1 %104, label %105, label %129

105:                                              ; preds = %97, %124
  %106 = phi i64 [ %127, %124 ], [ %103, %97 ]
  %107 = phi i64 [ %126, %124 ], [ %102, %97 ]
  %108 = phi i64 [ %125, %124 ], [ %101, %97 ]
  %109 = load atomic i32, ptr %67 monotonic, align 4
  %110 = icmp eq i32 %109, 0
  br i1 %110, label %111, label %129

111:                                              ; preds = %105
  %112 = sub nsw i64 %106, %107
  %113 = icmp slt i64 %108, %112
  %114 = add nsw i64 %108, %107
  %115 = select i1 %113, i64 %114, i64 %106
  %116 = load ptr, ptr %42, align 8
  %117 = load ptr, ptr %41, align 8
  %118 = load ptr, ptr %43, align 8
  %119 = trunc i64 %107 to i32
  %120 = trunc i64 %115 to i32
  %121 = call i32 %116(ptr %117, ptr %118, i32 %119, i32 %120)
  %122 = icmp eq i32 %121, 0
  br i1 %122, label %124, label %123

123:                                              ; preds = %111
  store atomic i32 %121, ptr %67 monotonic, align 4
  br label %124

124:                                              ; preds = %123, %111
  %125 = load i64, ptr %46, align 8
  %126 = atomicrmw add ptr %44, i64 %125 monotonic, align 8
  %127 = load i64, ptr %45, align 8
  %128 = icmp sgt i64 %127, %126
  br i1 %128, label %105, label %129

129:                                              ; preds = %105, %124, %97
  %130 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %131 = call i32 @pthread_setspecific(i32 %130, ptr null)
  %132 = call i32 @pthread_mutex_lock(ptr @halo_pool)
  br label %133

133:                                              ; preds = %133, %129
  %134 = phi ptr [ getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 3), %129 ], [ %137, %133 ]
  %135 = load ptr, ptr %134, align 8
  %136 = icmp eq ptr %135, %8
  %137 = getelementptr %struct.halo_job, ptr %135, i64 0, i32 0
  br i1 %136, label %138, label %133

138:                                              ; preds = %133
  %139 = load ptr, ptr %40, align 8
  store ptr %139, ptr %134, align 8
  %140 = call i32 @pthread_mutex_unlock(ptr @halo_pool)
  br label %141

141:                                              ; preds = %145, %138
  %142 = phi i32 [ 0, %138 ], [ %146, %145 ]
  %143 = load atomic i32, ptr %66 acquire, align 8
  %144 = icmp eq i32 %143, 0
  br i1 %144, label %148, label %145

145:                                              ; preds = %141
  call void @llvm.x86.sse2.pause()
  %146 = add nuw nsw i32 %142, 1
  %147 = icmp eq i32 %146, 4000
  br i1 %147, label %148, label %141

148:                                              ; preds = %145, %141
  %149 = call i32 @pthread_mutex_lock(ptr @halo_pool)
  %150 = load i32, ptr %66, align 8
  %151 = icmp eq i32 %150, 0
  br i1 %151, label %156, label %152

152:                                              ; preds = %148, %152
  %153 = call i32 @pthread_cond_wait(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 2), ptr @halo_pool)
  %154 = load i32, ptr %66, align 8
  %155 = icmp eq i32 %154, 0
  br i1 %155, label %156, label %152

156:                                              ; preds = %152, %148
  %157 = call i32 @pthread_mutex_unlock(ptr @halo_pool)
  %158 = load i32, ptr %67, align 4
  br label %159

159:                                              ; preds = %36, %156, %5
  %160 = phi i32 [ 0, %5 ], [ %37, %36 ], [ %158, %156 ]
  ret i32 %160
}

define internal ptr @halo_worker(ptr %0) {
  %2 = tail call i32 @pthread_mutex_lock(ptr @halo_pool)
  br label %3

3:                                                ; preds = %41, %1
  %4 = load ptr, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 3), align 8
  %5 = icmp eq ptr %4, null
  br i1 %5, label %21, label %6

6:                                                ; preds = %3, %17
  %7 = phi ptr [ %19, %17 ], [ %4, %3 ]
  %8 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 7
  %9 = load i32, ptr %8, align 8
  %10 = icmp sgt i32 %9, 0
  br i1 %10, label %11, label %17

11:                                               ; preds = %6
  %12 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 4
  %13 = load atomic i64, ptr %12 monotonic, align 8
  %14 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 5
  %15 = load i64, ptr %14, align 8
  %16 = icmp slt i64 %13, %15
  br i1 %16, label %42, label %17

17:                                               ; preds = %11, %6
  %18 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 0
  %19 = load ptr, ptr %18, align 8
  %20 = icmp eq ptr %19, null
  br i1 %20, label %21, label %6

21:                                               ; preds = %17, %3
  %22 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 6), align 8
  %23 = tail call i32 @pthread_mutex_unlock(ptr @halo_pool)
  br label %24

24:                                               ; preds = %28, %21
  %25 = phi i32 [ 0, %21 ], [ %29, %28 ]
  %26 = load atomic i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 6) monotonic, align 8
  %27 = icmp eq i32 %26, %22
  br i1 %27, label %28, label %31

28:                                               ; preds = %24
  tail call void @llvm.x86.sse2.pause()
  %29 = add nuw nsw i32 %25, 1
  %30 = icmp eq i32 %29, 4000
  br i1 %30, label %31, label %24

31:                                               ; preds = %28, %24
  %32 = tail call i32 @pthread_mutex_lock(ptr @halo_pool)
  %33 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 6), align 8
  %34 = icmp eq i32 %33, %22
  br i1 %34, label %35, label %41

35:                                               ; preds = %31
  %36 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 5), align 4
  %37 = add nsw i32 %36, 1
  store i32 %37, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 5), align 4
  %38 = tail call i32 @pthread_cond_wait(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 1), ptr @halo_pool)
  %39 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 5), align 4
  %40 = add nsw i32 %39, -1
  store i32 %40, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 5), align 4
  br label %41

41:                                               ; preds = %35, %31, %93, %98
  br label %3

42:                                               ; preds = %11
  %43 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 7
  %44 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 4
  %45 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 5
  %46 = add nsw i32 %9, -1
  store i32 %46, ptr %43, align 8
  %47 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 9
  %48 = load i32, ptr %47, align 8
  %49 = add nsw i32 %48, 1
  store i32 %49, ptr %47, align 8
  %50 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 8
  %51 = load i32, ptr %50, align 4
  %52 = add nsw i32 %51, 1
  store i32 %52, ptr %50, align 4
  %53 = add nsw i32 %51, 2
  %54 = sext i32 %53 to i64
  %55 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %56 = inttoptr i64 %54 to ptr
  %57 = tail call i32 @pthread_setspecific(i32 %55, ptr %56)
  %58 = tail call i32 @pthread_mutex_unlock(ptr @halo_pool)
  %59 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 10
  %60 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 6
  %61 = load i64, ptr %60, align 8
  %62 = atomicrmw add ptr %44, i64 %61 monotonic, align 8
  %63 = load i64, ptr %45, align 8
  %64 = icmp sgt i64 %63, %62
  br i1 %64, label %65, label %93

65:                                               ; preds = %42
  %66 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 2
  %67 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 1
  %68 = getelementptr %struct.halo_job, ptr %7, i64 0, i32 3
  br label %69

69:                                               ; preds = %88, %65
  %70 = phi i64 [ %63, %65 ], [ %91, %88 ]
  %71 = phi i64 [ %62, %65 ], [ %90, %88 ]
  %72 = phi i64 [ %61, %65 ], [ %89, %88 ]
  %73 = load atomic i32, ptr %59 monotonic, align 4
  %74 = icmp eq i32 %73, 0
  br i1 %74, label %75, label %93

75:                                               ; preds = %69
  %76 = sub nsw i64 %70, %71
  %77 = icmp slt i64 %72, %76
  %78 = add nsw i64 %72, %71
  %79 = select i1 %77, i64 %78, i64 %70
  %80 = load ptr, ptr %66, align 8
  %81 = load ptr, ptr %67, align 8
  %82 = load ptr, ptr %68, align 8
  %83 = trunc i64 %71 to i32
  %84 = trunc i64 %79 to i32
  %85 = tail call i32 %80(ptr %81, ptr %82, i32 %83, i32 %84)
  %86 = icmp eq i32 %85, 0
  br i1 %86, label %88, label %87

87:                                               ; preds = %75
  store atomic i32 %85, ptr %59 monotonic, align 4
  br label %88

88:                                               ; preds = %87, %75
  %89 = load i64, ptr %60, align 8
  %90 = atomicrmw add ptr %44, i64 %89 monotonic, align 8
  %91 = load i64, ptr %45, align 8
  %92 = icmp sgt i64 %91, %90
  br i1 %92, label %69, label %93

93:                                               ; preds = %69, %88, %42
  %94 = tail call i32 @pthread_mutex_lock(ptr @halo_pool)
  %95 = load i32, ptr %47, align 8
  %96 = add nsw i32 %95, -1
  store atomic i32 %96, ptr %47 release, align 8
  %97 = icmp eq i32 %96, 0
  br i1 %97, label %98, label %41

98:                                               ; preds = %93
  %99 = tail call i32 @pthread_cond_broadcast(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 2))
  br label %41
}

declare i32 @pthread_cond_broadcast(ptr)

declare i32 @pthread_attr_init(ptr)

declare i32 @pthread_attr_setstacksize(ptr, i64)

declare i32 @pthread_attr_setdetachstate(ptr, i32)

declare i32 @pthread_create(ptr, ptr, ptr, ptr)

declare i32 @pthread_attr_destroy(ptr)

declare i32 @pthread_cond_wait(ptr, ptr)

declare void @llvm.x86.sse2.pause()

declare i32 @pthread_setspecific(i32, ptr)

define i32 @halo_rt_team(ptr %0, i32 %1, i32 %2, ptr %3, ptr %4) {
  %6 = alloca %union.pthread_attr_t, align 8
  %7 = alloca [64 x %struct.halo_member], align 16
  %8 = alloca %struct.halo_team, align 8
  %9 = bitcast ptr %7 to ptr
  %10 = bitcast ptr %8 to ptr
  %11 = getelementptr %struct.halo_team, ptr %8, i64 0, i32 3
  %12 = bitcast ptr %11 to ptr
  call void @llvm.memset.p0.i64(ptr align 8 %12, i8 0, i64 96, i1 false)
  %13 = getelementptr %struct.halo_team, ptr %8, i64 0, i32 0
  store ptr %0, ptr %13, align 8
  %14 = getelementptr %struct.halo_team, ptr %8, i64 0, i32 1
  store ptr %3, ptr %14, align 8
  %15 = getelementptr %struct.halo_team, ptr %8, i64 0, i32 2
  store ptr %4, ptr %15, align 8
  %16 = getelementptr %struct.halo_team, ptr %8, i64 0, i32 4
  %17 = getelementptr %struct.halo_team, ptr %8, i64 0, i32 5
  %18 = icmp sgt i32 %1, 64
  %19 = icmp ne i32 %2, 0
  %20 = and i1 %18, %19
  br i1 %20, label %83, label %21

21:                                               ; preds = %5
  %22 = select i1 %18, i32 64, i32 %1
  %23 = icmp sgt i32 %22, 1
  br i1 %23, label %24, label %45

24:                                               ; preds = %21
  %25 = bitcast ptr %6 to ptr
  %26 = zext i32 %22 to i64
  br label %27

27:                                               ; preds = %24, %40
  %28 = phi i64 [ 1, %24 ], [ %41, %40 ]
  %29 = getelementptr [64 x %struct.halo_member], ptr %7, i64 0, i64 %28
  %30 = getelementptr %struct.halo_member, ptr %29, i64 0, i32 0
  store ptr %8, ptr %30, align 8
  %31 = getelementptr [64 x %struct.halo_member], ptr %7, i64 0, i64 %28, i32 1
  %32 = trunc i64 %28 to i32
  store i32 %32, ptr %31, align 8
  %33 = getelementptr [64 x %struct.halo_member], ptr %7, i64 0, i64 %28, i32 2
  %34 = bitcast ptr %29 to ptr
  %35 = call i32 @pthread_attr_init(ptr %6)
  %36 = call i32 @pthread_attr_setstacksize(ptr %6, i64 8388608)
  %37 = call i32 @pthread_create(ptr %33, ptr %6, ptr @halo_join_team, ptr %34)
  %38 = icmp eq i32 %37, 0
  %39 = call i32 @pthread_attr_destroy(ptr %6)
  br i1 %38, label %40, label %43

40:                                               ; preds = %27
  %41 = add nuw nsw i64 %28, 1
  %42 = icmp eq i64 %41, %26
  br i1 %42, label %45, label %27

43:                                               ; preds = %27
  %44 = trunc i64 %28 to i32
  br label %45

45:                                               ; preds = %40, %43, %21
  %46 = phi i32 [ 1, %21 ], [ %44, %43 ], [ %22, %40 ]
  %47 = icmp eq i32 %46, %22
  %48 = xor i1 %19, true
  %49 = or i1 %47, %48
  %50 = call i32 @pthread_mutex_lock(ptr %16)
  %51 = select i1 %49, i32 %46, i32 -1
  %52 = getelementptr %struct.halo_team, ptr %8, i64 0, i32 3
  store i32 %51, ptr %52, align 8
  %53 = call i32 @pthread_cond_broadcast(ptr %17)
  %54 = call i32 @pthread_mutex_unlock(ptr %16)
  %55 = call i32 @pthread_once(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 9), ptr @halo_pool_begin)
  %56 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %57 = call ptr @pthread_getspecific(i32 %56)
  %58 = icmp ult i32 %46, 2
  %59 = xor i1 %47, true
  %60 = and i1 %19, %59
  %61 = select i1 %58, i1 true, i1 %60
  br i1 %61, label %65, label %62

62:                                               ; preds = %45
  %63 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %64 = call i32 @pthread_setspecific(i32 %63, ptr inttoptr (i64 1 to ptr))
  br label %65

65:                                               ; preds = %45, %62
  br i1 %49, label %66, label %68

66:                                               ; preds = %65
  %67 = call i32 %3(ptr %0, ptr %4, i32 0, i32 %46)
  br label %68

68:                                               ; preds = %66, %65
  %69 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %70 = call i32 @pthread_setspecific(i32 %69, ptr %57)
  %71 = icmp ugt i32 %46, 1
  br i1 %71, label %72, label %74

72:                                               ; preds = %68
  %73 = zext i32 %46 to i64
  br label %76

74:                                               ; preds = %76, %68
  %75 = zext i1 %49 to i32
  br label %83

76:                                               ; preds = %72, %76
  %77 = phi i64 [ 1, %72 ], [ %81, %76 ]
  %78 = getelementptr [64 x %struct.halo_member], ptr %7, i64 0, i64 %77, i32 2
  %79 = load i64, ptr %78, align 8
  %80 = call i32 @pthread_join(i64 %79, ptr null)
  %81 = add nuw nsw i64 %77, 1
  %82 = icmp eq i64 %81, %73
  br i1 %82, label %74, label %76

83:                                               ; preds = %5, %74
  %84 = phi i32 [ %75, %74 ], [ 0, %5 ]
  ret i32 %84
}

define internal ptr @halo_join_team(ptr %0) {
  %2 = bitcast ptr %0 to ptr
  %3 = load ptr, ptr %2, align 8
  %4 = getelementptr %struct.halo_team, ptr %3, i64 0, i32 4
  %5 = tail call i32 @pthread_mutex_lock(ptr %4)
  %6 = getelementptr %struct.halo_team, ptr %3, i64 0, i32 3
  %7 = load i32, ptr %6, align 8
  %8 = icmp eq i32 %7, 0
  br i1 %8, label %9, label %15

9:                                                ; preds = %1
  %10 = getelementptr %struct.halo_team, ptr %3, i64 0, i32 5
  br label %11

11:                                               ; preds = %9, %11
  %12 = tail call i32 @pthread_cond_wait(ptr %10, ptr %4)
  %13 = load i32, ptr %6, align 8
  %14 = icmp eq i32 %13, 0
  br i1 %14, label %11, label %15

15:                                               ; preds = %11, %1
  %16 = phi i32 [ %7, %1 ], [ %13, %11 ]
  %17 = tail call i32 @pthread_mutex_unlock(ptr %4)
  %18 = icmp slt i32 %16, 0
  br i1 %18, label %36, label %19

19:                                               ; preds = %15
  %20 = getelementptr i8, ptr %0, i64 8
  %21 = bitcast ptr %20 to ptr
  %22 = load i32, ptr %21, align 8
  %23 = add nsw i32 %22, 1
  %24 = sext i32 %23 to i64
  %25 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %26 = inttoptr i64 %24 to ptr
  %27 = tail call i32 @pthread_setspecific(i32 %25, ptr %26)
  %28 = getelementptr %struct.halo_team, ptr %3, i64 0, i32 1
  %29 = load ptr, ptr %28, align 8
  %30 = getelementptr %struct.halo_team, ptr %3, i64 0, i32 0
  %31 = load ptr, ptr %30, align 8
  %32 = getelementptr %struct.halo_team, ptr %3, i64 0, i32 2
  %33 = load ptr, ptr %32, align 8
  %34 = load i32, ptr %21, align 8
  %35 = tail call i32 %29(ptr %31, ptr %33, i32 %34, i32 %16)
  br label %36

36:                                               ; preds = %15, %19
  ret ptr null
}

declare i32 @pthread_join(i64, ptr)

define void @halo_rt_lock() {
  %1 = tail call i32 @pthread_mutex_lock(ptr @halo_updates)
  ret void
}

define void @halo_rt_unlock() {
  %1 = tail call i32 @pthread_mutex_unlock(ptr @halo_updates)
  ret void
}

define i64 @halo_rt_cpu() {
  %1 = alloca [4 x i32], align 16
  %2 = load atomic i64, ptr @halo_cpu.known monotonic, align 8
  %3 = icmp eq i64 %2, 0
  br i1 %3, label %4, label %70

4:                                                ; preds = %0
  %5 = bitcast ptr %1 to ptr
  %6 = getelementptr [4 x i32], ptr %1, i64 0, i64 0
  %7 = getelementptr [4 x i32], ptr %1, i64 0, i64 1
  %8 = getelementptr [4 x i32], ptr %1, i64 0, i64 2
  %9 = getelementptr [4 x i32], ptr %1, i64 0, i64 3
  %10 = tail call { i32, i32, i32, i32 } asm "  xchgq  %rbx,${1:q}\0A  cpuid\0A  xchgq  %rbx,${1:q}", "={ax},=r,={cx},={dx},0,~{dirflag},~{fpsr},~{flags}"(i32 0)
  %11 = extractvalue { i32, i32, i32, i32 } %10, 0
  %12 = icmp eq i32 %11, 0
  br i1 %12, label %22, label %13

13:                                               ; preds = %4
  %14 = tail call { i32, i32, i32, i32 } asm "  xchgq  %rbx,${1:q}\0A  cpuid\0A  xchgq  %rbx,${1:q}", "={ax},=r,={cx},={dx},0,~{dirflag},~{fpsr},~{flags}"(i32 1)
  %15 = extractvalue { i32, i32, i32, i32 } %14, 2
  %16 = and i32 %15, 134217728
  %17 = icmp eq i32 %16, 0
  br i1 %17, label %22, label %18

18:                                               ; preds = %13
  %19 = tail call { i32, i32 } asm sideeffect "xgetbv", "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}"(i32 0)
  %20 = extractvalue { i32, i32 } %19, 0
  %21 = zext i32 %20 to i64
  br label %22

22:                                               ; preds = %18, %13, %4
  %23 = phi i64 [ %21, %18 ], [ 0, %13 ], [ 0, %4 ]
  br label %24

24:                                               ; preds = %65, %22
  %25 = phi i64 [ 0, %22 ], [ %67, %65 ]
  %26 = phi i64 [ -9223372036854775808, %22 ], [ %66, %65 ]
  %27 = getelementptr [27 x %struct.anon.1], ptr @halo_cpu_look.rows, i64 0, i64 %25, i32 0
  %28 = load i32, ptr %27, align 8
  %29 = and i32 %28, -2147483648
  %30 = tail call { i32, i32, i32, i32 } asm "  xchgq  %rbx,${1:q}\0A  cpuid\0A  xchgq  %rbx,${1:q}", "={ax},=r,={cx},={dx},0,~{dirflag},~{fpsr},~{flags}"(i32 %29)
  %31 = extractvalue { i32, i32, i32, i32 } %30, 0
  %32 = icmp eq i32 %31, 0
  %33 = icmp ult i32 %31, %28
  %34 = or i1 %32, %33
  br i1 %34, label %65, label %35

35:                                               ; preds = %24
  %36 = getelementptr [27 x %struct.anon.1], ptr @halo_cpu_look.rows, i64 0, i64 %25, i32 1
  %37 = load i32, ptr %36, align 4
  %38 = tail call { i32, i32, i32, i32 } asm "  xchgq  %rbx,${1:q}\0A  cpuid\0A  xchgq  %rbx,${1:q}", "={ax},=r,={cx},={dx},0,2,~{dirflag},~{fpsr},~{flags}"(i32 %28, i32 %37)
  %39 = extractvalue { i32, i32, i32, i32 } %38, 0
  %40 = extractvalue { i32, i32, i32, i32 } %38, 1
  %41 = extractvalue { i32, i32, i32, i32 } %38, 2
  %42 = extractvalue { i32, i32, i32, i32 } %38, 3
  store i32 %39, ptr %6, align 16
  store i32 %40, ptr %7, align 4
  store i32 %41, ptr %8, align 8
  store i32 %42, ptr %9, align 4
  %43 = getelementptr [27 x %struct.anon.1], ptr @halo_cpu_look.rows, i64 0, i64 %25, i32 2
  %44 = load i32, ptr %43, align 8
  %45 = zext i32 %44 to i64
  %46 = getelementptr [4 x i32], ptr %1, i64 0, i64 %45
  %47 = load i32, ptr %46, align 4
  %48 = getelementptr [27 x %struct.anon.1], ptr @halo_cpu_look.rows, i64 0, i64 %25, i32 3
  %49 = load i32, ptr %48, align 4
  %50 = shl nuw i32 1, %49
  %51 = and i32 %50, %47
  %52 = icmp eq i32 %51, 0
  br i1 %52, label %65, label %53

53:                                               ; preds = %35
  %54 = getelementptr [27 x %struct.anon.1], ptr @halo_cpu_look.rows, i64 0, i64 %25, i32 4
  %55 = load i32, ptr %54, align 8
  %56 = zext i32 %55 to i64
  %57 = and i64 %23, %56
  %58 = icmp eq i64 %57, %56
  br i1 %58, label %59, label %65

59:                                               ; preds = %53
  %60 = getelementptr [27 x %struct.anon.1], ptr @halo_cpu_look.rows, i64 0, i64 %25, i32 5
  %61 = load i32, ptr %60, align 4
  %62 = zext i32 %61 to i64
  %63 = shl nuw i64 1, %62
  %64 = or i64 %63, %26
  br label %65

65:                                               ; preds = %59, %53, %35, %24
  %66 = phi i64 [ %64, %59 ], [ %26, %53 ], [ %26, %35 ], [ %26, %24 ]
  %67 = add nuw nsw i64 %25, 1
  %68 = icmp eq i64 %67, 27
  br i1 %68, label %69, label %24

69:                                               ; preds = %65
  store atomic i64 %66, ptr @halo_cpu.known monotonic, align 8
  br label %70

70:                                               ; preds = %0, %69
  %71 = phi i64 [ %2, %0 ], [ %66, %69 ]
  ret i64 %71
}

define void @halo_rt_enter(ptr %0) {
  %2 = icmp eq ptr %0, null
  br i1 %2, label %6, label %3

3:                                                ; preds = %1
  %4 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 15
  store i32 0, ptr %4, align 8
  %5 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 16, i64 0
  store i8 0, ptr %5, align 4
  br label %6

6:                                                ; preds = %1, %3
  ret void
}

define i32 @halo_rt_fail(ptr %0, i32 %1, ptr %2, ...) {
  %4 = alloca [512 x i8], align 16
  %5 = alloca [1 x %struct.__va_list_tag], align 16
  %6 = getelementptr [512 x i8], ptr %4, i64 0, i64 0
  %7 = bitcast ptr %5 to ptr
  %8 = getelementptr [1 x %struct.__va_list_tag], ptr %5, i64 0, i64 0
  call void @llvm.va_start.p0(ptr %7)
  %9 = call i32 @vsnprintf(ptr %6, i64 512, ptr %2, ptr %8)
  call void @llvm.va_end.p0(ptr %7)
  %10 = call i32 (ptr, i32, ptr, ...) @halo_fail(ptr %0, i32 %1, ptr @.str.2, ptr %6)
  ret i32 %10
}

declare i32 @vsnprintf(ptr, i64, ptr, ptr)

define internal i32 @halo_fail(ptr %0, i32 %1, ptr %2, ...) {
  %4 = alloca [1 x %struct.__va_list_tag], align 16
  %5 = icmp eq ptr %0, null
  br i1 %5, label %19, label %6

6:                                                ; preds = %3
  %7 = tail call i32 @pthread_mutex_lock(ptr @halo_critical)
  %8 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 15
  %9 = load i32, ptr %8, align 8
  %10 = icmp eq i32 %9, 0
  br i1 %10, label %11, label %16

11:                                               ; preds = %6
  %12 = bitcast ptr %4 to ptr
  %13 = getelementptr [1 x %struct.__va_list_tag], ptr %4, i64 0, i64 0
  call void @llvm.va_start.p0(ptr %12)
  %14 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 16, i64 0
  %15 = call i32 @vsnprintf(ptr %14, i64 512, ptr %2, ptr %13)
  call void @llvm.va_end.p0(ptr %12)
  store i32 %1, ptr %8, align 8
  br label %16

16:                                               ; preds = %11, %6
  %17 = phi i32 [ %1, %11 ], [ %9, %6 ]
  %18 = call i32 @pthread_mutex_unlock(ptr @halo_critical)
  br label %19

19:                                               ; preds = %3, %16
  %20 = phi i32 [ %17, %16 ], [ %1, %3 ]
  ret i32 %20
}

define i32 @halo_rt_check_buffer(ptr %0, ptr %1, ptr %2, i32 %3, i32 %4, i32 %5) {
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  %9 = alloca [24 x i8], align 16
  %10 = alloca [24 x i8], align 16
  %11 = trunc i32 %3 to i16
  %12 = trunc i32 %4 to i16
  %13 = and i16 %12, 255
  %14 = getelementptr [24 x i8], ptr %9, i64 0, i64 0
  %15 = getelementptr [24 x i8], ptr %10, i64 0, i64 0
  %16 = icmp eq ptr %1, null
  br i1 %16, label %17, label %19

17:                                               ; preds = %6
  %18 = tail call i32 (ptr, i32, ptr, ...) @halo_fail(ptr %0, i32 1, ptr @.str.3, ptr %2)
  br label %165

19:                                               ; preds = %6
  %20 = getelementptr %struct.halo_buffer, ptr %1, i64 0, i32 1
  %21 = getelementptr %struct.halo_type, ptr %20, i64 0, i32 0
  %22 = load i8, ptr %21, align 8
  %23 = trunc i32 %3 to i8
  %24 = icmp eq i8 %22, %23
  br i1 %24, label %25, label %30

25:                                               ; preds = %19
  %26 = getelementptr %struct.halo_buffer, ptr %1, i64 0, i32 1, i32 1
  %27 = load i8, ptr %26, align 1
  %28 = trunc i32 %4 to i8
  %29 = icmp eq i8 %27, %28
  br i1 %29, label %69, label %30

30:                                               ; preds = %25, %19
  %31 = and i16 %11, 255
  %32 = icmp eq i16 %31, 0
  %33 = select i1 %32, ptr @.str.9, ptr @.str.8
  %34 = icmp eq i16 %31, 1
  %35 = icmp eq i16 %13, 1
  %36 = select i1 %35, ptr @.str.10, ptr @.str.11
  %37 = select i1 %34, ptr %36, ptr %33
  %38 = icmp eq i16 %31, 2
  %39 = select i1 %38, ptr @.str.12, ptr %37
  %40 = icmp eq i16 %31, 4
  %41 = select i1 %40, ptr @.str.13, ptr %39
  %42 = and i1 %34, %35
  br i1 %42, label %46, label %43

43:                                               ; preds = %30
  %44 = zext i16 %13 to i32
  %45 = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %14, i64 24, ptr @.str.14, ptr %41, i32 %44)
  br label %46

46:                                               ; preds = %43, %30
  %47 = phi ptr [ %14, %43 ], [ %41, %30 ]
  %48 = bitcast ptr %20 to ptr
  %49 = load i16, ptr %48, align 8
  %50 = lshr i16 %49, 8
  %51 = and i16 %49, 255
  %52 = icmp eq i16 %51, 0
  %53 = select i1 %52, ptr @.str.9, ptr @.str.8
  %54 = icmp eq i16 %51, 1
  %55 = icmp eq i16 %50, 1
  %56 = select i1 %55, ptr @.str.10, ptr @.str.11
  %57 = select i1 %54, ptr %56, ptr %53
  %58 = icmp eq i16 %51, 2
  %59 = select i1 %58, ptr @.str.12, ptr %57
  %60 = icmp eq i16 %51, 4
  %61 = select i1 %60, ptr @.str.13, ptr %59
  %62 = and i1 %54, %55
  br i1 %62, label %66, label %63

63:                                               ; preds = %46
  %64 = zext i16 %50 to i32
  %65 = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %15, i64 24, ptr @.str.14, ptr %61, i32 %64)
  br label %66

66:                                               ; preds = %63, %46
  %67 = phi ptr [ %15, %63 ], [ %61, %46 ]
  %68 = call i32 (ptr, i32, ptr, ...) @halo_fail(ptr %0, i32 2, ptr @.str.4, ptr %2, ptr %47, ptr %67)
  br label %165

69:                                               ; preds = %25
  %70 = getelementptr %struct.halo_buffer, ptr %1, i64 0, i32 2
  %71 = load i32, ptr %70, align 4
  %72 = icmp eq i32 %71, %5
  br i1 %72, label %75, label %73

73:                                               ; preds = %69
  %74 = tail call i32 (ptr, i32, ptr, ...) @halo_fail(ptr %0, i32 3, ptr @.str.5, ptr %2, i32 %5, i32 %71)
  br label %165

75:                                               ; preds = %69
  %76 = icmp sgt i32 %5, 0
  br i1 %76, label %77, label %83

77:                                               ; preds = %75
  %78 = getelementptr %struct.halo_buffer, ptr %1, i64 0, i32 3
  %79 = load ptr, ptr %78, align 8
  %80 = icmp eq ptr %79, null
  br i1 %80, label %81, label %86

81:                                               ; preds = %77
  %82 = tail call i32 (ptr, i32, ptr, ...) @halo_fail(ptr %0, i32 1, ptr @.str.6, ptr %2)
  br label %165

83:                                               ; preds = %75
  %84 = bitcast ptr %7 to ptr
  %85 = bitcast ptr %8 to ptr
  br label %148

86:                                               ; preds = %77
  %87 = bitcast ptr %7 to ptr
  store i64 0, ptr %7, align 8
  %88 = bitcast ptr %8 to ptr
  store i64 0, ptr %8, align 8
  %89 = zext i32 %5 to i64
  br label %91

90:                                               ; preds = %110
  br i1 %113, label %148, label %117

91:                                               ; preds = %110, %86
  %92 = phi i8 [ 0, %86 ], [ %114, %110 ]
  %93 = phi i64 [ 0, %86 ], [ %115, %110 ]
  %94 = getelementptr %struct.halo_dim, ptr %79, i64 %93, i32 0
  %95 = load i64, ptr %94, align 8
  %96 = getelementptr %struct.halo_dim, ptr %79, i64 %93, i32 1
  %97 = load i64, ptr %96, align 8
  %98 = icmp ugt i64 %97, 2146435072
  br i1 %98, label %99, label %102

99:                                               ; preds = %91
  %100 = trunc i64 %93 to i32
  %101 = tail call i32 (ptr, i32, ptr, ...) @halo_fail(ptr %0, i32 4, ptr @.str.15, ptr %2, i64 %97, i32 %100, i32 2146435072)
  br label %152

102:                                              ; preds = %91
  %103 = icmp slt i64 %95, -2146435072
  %104 = sub nuw nsw i64 2146435072, %97
  %105 = icmp sgt i64 %95, %104
  %106 = select i1 %103, i1 true, i1 %105
  br i1 %106, label %107, label %110

107:                                              ; preds = %102
  %108 = trunc i64 %93 to i32
  %109 = tail call i32 (ptr, i32, ptr, ...) @halo_fail(ptr %0, i32 4, ptr @.str.16, ptr %2, i64 %95, i32 %108)
  br label %152

110:                                              ; preds = %102
  %111 = icmp ne i8 %92, 0
  %112 = icmp eq i64 %97, 0
  %113 = select i1 %111, i1 true, i1 %112
  %114 = zext i1 %113 to i8
  %115 = add nuw nsw i64 %93, 1
  %116 = icmp eq i64 %115, %89
  br i1 %116, label %90, label %91

117:                                              ; preds = %90, %142
  %118 = phi i64 [ %143, %142 ], [ 0, %90 ]
  %119 = getelementptr %struct.halo_dim, ptr %79, i64 %118, i32 1
  %120 = load i64, ptr %119, align 8
  %121 = getelementptr %struct.halo_dim, ptr %79, i64 %118, i32 2
  %122 = load i64, ptr %121, align 8
  %123 = icmp slt i64 %122, 0
  %124 = select i1 %123, ptr %7, ptr %8
  %125 = add nsw i64 %120, -1
  %126 = tail call { i64, i1 } @llvm.smul.with.overflow.i64(i64 %125, i64 %122)
  %127 = extractvalue { i64, i1 } %126, 1
  br i1 %127, label %145, label %128

128:                                              ; preds = %117
  %129 = extractvalue { i64, i1 } %126, 0
  %130 = load i64, ptr %124, align 8
  %131 = tail call { i64, i1 } @llvm.sadd.with.overflow.i64(i64 %130, i64 %129)
  %132 = extractvalue { i64, i1 } %131, 1
  %133 = extractvalue { i64, i1 } %131, 0
  store i64 %133, ptr %124, align 8
  %134 = icmp sgt i64 %133, 144115188075855871
  %135 = or i1 %132, %134
  br i1 %135, label %145, label %136

136:                                              ; preds = %128
  %137 = icmp slt i64 %133, -144115188075855872
  %138 = icmp sgt i64 %122, 144115188075855871
  %139 = select i1 %137, i1 true, i1 %138
  %140 = icmp slt i64 %122, -144115188075855872
  %141 = select i1 %139, i1 true, i1 %140
  br i1 %141, label %145, label %142

142:                                              ; preds = %136
  %143 = add nuw nsw i64 %118, 1
  %144 = icmp eq i64 %143, %89
  br i1 %144, label %148, label %117

145:                                              ; preds = %136, %128, %117
  %146 = trunc i64 %118 to i32
  %147 = tail call i32 (ptr, i32, ptr, ...) @halo_fail(ptr %0, i32 5, ptr @.str.17, ptr %2, i64 %122, i32 %146)
  br label %152

148:                                              ; preds = %142, %90, %83
  %149 = phi i8 [ 0, %83 ], [ 1, %90 ], [ %114, %142 ]
  %150 = bitcast ptr %8 to ptr
  %151 = bitcast ptr %7 to ptr
  br label %156

152:                                              ; preds = %145, %107, %99
  %153 = phi i8 [ %92, %99 ], [ %92, %107 ], [ %114, %145 ]
  %154 = phi i32 [ %101, %99 ], [ %109, %107 ], [ %147, %145 ]
  %155 = icmp eq i32 %154, 0
  br i1 %155, label %156, label %165

156:                                              ; preds = %152, %148
  %157 = phi i8 [ %149, %148 ], [ %153, %152 ]
  %158 = getelementptr %struct.halo_buffer, ptr %1, i64 0, i32 0
  %159 = load ptr, ptr %158, align 8
  %160 = icmp eq ptr %159, null
  %161 = icmp eq i8 %157, 0
  %162 = select i1 %160, i1 %161, i1 false
  br i1 %162, label %163, label %165

163:                                              ; preds = %156
  %164 = tail call i32 (ptr, i32, ptr, ...) @halo_fail(ptr %0, i32 1, ptr @.str.7, ptr %2)
  br label %165

165:                                              ; preds = %17, %66, %73, %81, %152, %156, %163
  %166 = phi i32 [ %68, %66 ], [ %74, %73 ], [ %82, %81 ], [ %18, %17 ], [ %164, %163 ], [ %154, %152 ], [ 0, %156 ]
  ret i32 %166
}

declare i32 @snprintf(ptr, i64, ptr, ...)

declare { i64, i1 } @llvm.smul.with.overflow.i64(i64, i64)

declare { i64, i1 } @llvm.sadd.with.overflow.i64(i64, i64)

define i32 @halo_rt_check_alignment(ptr %0, ptr %1, ptr %2, i32 %3) {
  %5 = getelementptr %struct.halo_buffer, ptr %1, i64 0, i32 0
  %6 = load ptr, ptr %5, align 8
  %7 = ptrtoint ptr %6 to i64
  %8 = sext i32 %3 to i64
  %9 = urem i64 %7, %8
  %10 = trunc i64 %9 to i32
  %11 = getelementptr %struct.halo_buffer, ptr %1, i64 0, i32 2
  %12 = load i32, ptr %11, align 4
  %13 = icmp sgt i32 %12, 0
  br i1 %13, label %14, label %17

14:                                               ; preds = %4
  %15 = getelementptr %struct.halo_buffer, ptr %1, i64 0, i32 3
  %16 = zext i32 %12 to i64
  br label %21

17:                                               ; preds = %29, %4
  %18 = phi i1 [ false, %4 ], [ %30, %29 ]
  %19 = icmp eq i32 %10, 0
  %20 = select i1 %19, i1 true, i1 %18
  br i1 %20, label %35, label %33

21:                                               ; preds = %29, %14
  %22 = phi i64 [ 0, %14 ], [ %31, %29 ]
  %23 = phi i1 [ false, %14 ], [ %30, %29 ]
  br i1 %23, label %29, label %24

24:                                               ; preds = %21
  %25 = load ptr, ptr %15, align 8
  %26 = getelementptr %struct.halo_dim, ptr %25, i64 %22, i32 1
  %27 = load i64, ptr %26, align 8
  %28 = icmp eq i64 %27, 0
  br label %29

29:                                               ; preds = %24, %21
  %30 = phi i1 [ true, %21 ], [ %28, %24 ]
  %31 = add nuw nsw i64 %22, 1
  %32 = icmp eq i64 %31, %16
  br i1 %32, label %17, label %21

33:                                               ; preds = %17
  %34 = tail call i32 (ptr, i32, ptr, ...) @halo_fail(ptr %0, i32 11, ptr @.str.18, ptr %2, i32 %3, i32 %10)
  br label %35

35:                                               ; preds = %17, %33
  %36 = phi i32 [ %34, %33 ], [ 0, %17 ]
  ret i32 %36
}

define ptr @halo_rt_allocate(ptr %0, i64 %1, i64 %2) {
  %4 = alloca ptr, align 8
  %5 = icmp slt i64 %1, 0
  br i1 %5, label %75, label %6

6:                                                ; preds = %3
  %7 = tail call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %1, i64 %2)
  %8 = extractvalue { i64, i1 } %7, 1
  %9 = extractvalue { i64, i1 } %7, 0
  %10 = icmp ugt i64 %9, 9223372036854775679
  %11 = or i1 %8, %10
  br i1 %11, label %75, label %12

12:                                               ; preds = %6
  %13 = icmp eq i64 %9, 0
  %14 = add nuw nsw i64 %9, 63
  %15 = and i64 %14, -64
  %16 = select i1 %13, i64 64, i64 %15
  %17 = tail call i32 @pthread_once(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 9), ptr @halo_pool_begin)
  %18 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %19 = tail call ptr @pthread_getspecific(i32 %18)
  %20 = icmp eq ptr %0, null
  br i1 %20, label %58, label %21

21:                                               ; preds = %12
  %22 = icmp ne ptr %19, null
  %23 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 9
  %24 = load ptr, ptr %23, align 8
  %25 = icmp eq ptr %24, null
  %26 = select i1 %25, i1 true, i1 %22
  br i1 %26, label %50, label %27

27:                                               ; preds = %21
  %28 = ptrtoint ptr %24 to i64
  %29 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 11
  %30 = load i64, ptr %29, align 8
  %31 = add i64 %28, 63
  %32 = add i64 %31, %30
  %33 = and i64 %32, -64
  %34 = sub i64 %33, %28
  %35 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 10
  %36 = load i64, ptr %35, align 8
  %37 = icmp ult i64 %36, %34
  %38 = sub i64 %36, %34
  %39 = icmp ult i64 %38, %16
  %40 = or i1 %37, %39
  br i1 %40, label %50, label %41

41:                                               ; preds = %27
  %42 = add i64 %34, %16
  store i64 %42, ptr %29, align 8
  %43 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 12
  %44 = load i64, ptr %43, align 8
  %45 = icmp ugt i64 %42, %44
  br i1 %45, label %46, label %47

46:                                               ; preds = %41
  store i64 %42, ptr %43, align 8
  br label %47

47:                                               ; preds = %46, %41
  %48 = inttoptr i64 %33 to ptr
  %49 = icmp eq i64 %33, 0
  br i1 %49, label %50, label %75

50:                                               ; preds = %47, %27, %21
  %51 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 0
  %52 = load ptr, ptr %51, align 8
  %53 = icmp eq ptr %52, null
  br i1 %53, label %58, label %54

54:                                               ; preds = %50
  %55 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 6
  %56 = load ptr, ptr %55, align 8
  %57 = tail call ptr %52(ptr %56, i64 %16)
  br label %75

58:                                               ; preds = %50, %12
  %59 = bitcast ptr %4 to ptr
  store ptr null, ptr %4, align 8
  %60 = icmp ult i64 %16, 4194304
  br i1 %60, label %61, label %66

61:                                               ; preds = %58
  %62 = call i32 @posix_memalign(ptr %4, i64 64, i64 %16)
  %63 = icmp eq i32 %62, 0
  %64 = load ptr, ptr %4, align 8
  %65 = select i1 %63, ptr %64, ptr null
  br label %73

66:                                               ; preds = %58
  %67 = call i32 @posix_memalign(ptr %4, i64 2097152, i64 %16)
  %68 = icmp eq i32 %67, 0
  br i1 %68, label %69, label %73

69:                                               ; preds = %66
  %70 = load ptr, ptr %4, align 8
  %71 = call i32 @madvise(ptr %70, i64 %16, i32 14)
  %72 = load ptr, ptr %4, align 8
  br label %73

73:                                               ; preds = %69, %66, %61
  %74 = phi ptr [ %65, %61 ], [ %72, %69 ], [ null, %66 ]
  br label %75

75:                                               ; preds = %3, %6, %47, %54, %73
  %76 = phi ptr [ %48, %47 ], [ %57, %54 ], [ %74, %73 ], [ null, %6 ], [ null, %3 ]
  ret ptr %76
}

declare { i64, i1 } @llvm.umul.with.overflow.i64(i64, i64)

declare i32 @posix_memalign(ptr, i64, i64)

declare i32 @madvise(ptr, i64, i32)

define ptr @halo_rt_grow(ptr %0, ptr %1, ptr %2, i64 %3, i64 %4) {
  %6 = alloca ptr, align 8
  %7 = icmp ne ptr %1, null
  %8 = icmp sgt i64 %3, -1
  %9 = and i1 %7, %8
  %10 = load i64, ptr %2, align 8
  %11 = xor i1 %9, true
  %12 = icmp slt i64 %10, %3
  %13 = select i1 %11, i1 true, i1 %12
  br i1 %13, label %14, label %98

14:                                               ; preds = %5
  %15 = icmp sgt i64 %10, 4611686018427387903
  %16 = shl nsw i64 %10, 1
  %17 = select i1 %15, i64 9223372036854775807, i64 %16
  %18 = icmp eq i64 %3, 0
  %19 = icmp sgt i64 %3, 0
  %20 = icmp sgt i64 %17, %3
  %21 = select i1 %19, i1 %20, i1 false
  %22 = select i1 %21, i64 %17, i64 %3
  %23 = select i1 %18, i64 1, i64 %22
  %24 = icmp slt i64 %23, 0
  br i1 %24, label %98, label %25

25:                                               ; preds = %14
  %26 = tail call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %23, i64 %4)
  %27 = extractvalue { i64, i1 } %26, 1
  %28 = extractvalue { i64, i1 } %26, 0
  %29 = icmp ugt i64 %28, 9223372036854775679
  %30 = or i1 %27, %29
  br i1 %30, label %98, label %31

31:                                               ; preds = %25
  %32 = icmp eq i64 %28, 0
  %33 = add nuw nsw i64 %28, 63
  %34 = and i64 %33, -64
  %35 = select i1 %32, i64 64, i64 %34
  %36 = icmp eq ptr %0, null
  br i1 %36, label %45, label %37

37:                                               ; preds = %31
  %38 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 0
  %39 = load ptr, ptr %38, align 8
  %40 = icmp eq ptr %39, null
  br i1 %40, label %45, label %41

41:                                               ; preds = %37
  %42 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 6
  %43 = load ptr, ptr %42, align 8
  %44 = tail call ptr %39(ptr %43, i64 %35)
  br label %62

45:                                               ; preds = %37, %31
  %46 = bitcast ptr %6 to ptr
  store ptr null, ptr %6, align 8
  %47 = icmp ult i64 %35, 4194304
  br i1 %47, label %48, label %53

48:                                               ; preds = %45
  %49 = call i32 @posix_memalign(ptr %6, i64 64, i64 %35)
  %50 = icmp eq i32 %49, 0
  %51 = load ptr, ptr %6, align 8
  %52 = select i1 %50, ptr %51, ptr null
  br label %60

53:                                               ; preds = %45
  %54 = call i32 @posix_memalign(ptr %6, i64 2097152, i64 %35)
  %55 = icmp eq i32 %54, 0
  br i1 %55, label %56, label %60

56:                                               ; preds = %53
  %57 = load ptr, ptr %6, align 8
  %58 = call i32 @madvise(ptr %57, i64 %35, i32 14)
  %59 = load ptr, ptr %6, align 8
  br label %60

60:                                               ; preds = %56, %53, %48
  %61 = phi ptr [ %52, %48 ], [ %59, %56 ], [ null, %53 ]
  br label %62

62:                                               ; preds = %60, %41
  %63 = phi ptr [ %44, %41 ], [ %61, %60 ]
  %64 = icmp eq ptr %63, null
  br i1 %64, label %98, label %65

65:                                               ; preds = %62
  br i1 %7, label %66, label %97

66:                                               ; preds = %65
  %67 = mul i64 %10, %4
  %68 = call ptr @memcpy(ptr %63, ptr %1, i64 %67)
  br i1 %36, label %96, label %69

69:                                               ; preds = %66
  %70 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 9
  %71 = load ptr, ptr %70, align 8
  %72 = icmp eq ptr %71, null
  %73 = icmp ugt ptr %71, %1
  %74 = or i1 %72, %73
  br i1 %74, label %87, label %75

75:                                               ; preds = %69
  %76 = ptrtoint ptr %71 to i64
  %77 = ptrtoint ptr %1 to i64
  %78 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 10
  %79 = load i64, ptr %78, align 8
  %80 = add i64 %79, %76
  %81 = icmp ugt i64 %80, %77
  br i1 %81, label %82, label %87

82:                                               ; preds = %75
  %83 = sub i64 %77, %76
  %84 = icmp ult i64 %83, 64
  %85 = select i1 %84, i64 0, i64 %83
  %86 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 11
  store i64 %85, ptr %86, align 8
  br label %97

87:                                               ; preds = %75, %69
  %88 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 0
  %89 = load ptr, ptr %88, align 8
  %90 = icmp eq ptr %89, null
  br i1 %90, label %96, label %91

91:                                               ; preds = %87
  %92 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 1
  %93 = load ptr, ptr %92, align 8
  %94 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 6
  %95 = load ptr, ptr %94, align 8
  call void %93(ptr %95, ptr %1)
  br label %97

96:                                               ; preds = %87, %66
  call void @free(ptr %1)
  br label %97

97:                                               ; preds = %96, %91, %82, %65
  store i64 %23, ptr %2, align 8
  br label %98

98:                                               ; preds = %5, %14, %25, %62, %97
  %99 = phi ptr [ %63, %97 ], [ null, %62 ], [ null, %14 ], [ null, %25 ], [ %1, %5 ]
  ret ptr %99
}

declare ptr @memcpy(ptr, ptr, i64)

declare void @free(ptr)

define void @halo_rt_release(ptr %0, ptr %1) {
  %3 = icmp eq ptr %1, null
  br i1 %3, label %34, label %4

4:                                                ; preds = %2
  %5 = icmp eq ptr %0, null
  br i1 %5, label %33, label %6

6:                                                ; preds = %4
  %7 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 9
  %8 = load ptr, ptr %7, align 8
  %9 = icmp eq ptr %8, null
  %10 = icmp ugt ptr %8, %1
  %11 = or i1 %9, %10
  br i1 %11, label %24, label %12

12:                                               ; preds = %6
  %13 = ptrtoint ptr %8 to i64
  %14 = ptrtoint ptr %1 to i64
  %15 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 10
  %16 = load i64, ptr %15, align 8
  %17 = add i64 %16, %13
  %18 = icmp ugt i64 %17, %14
  br i1 %18, label %19, label %24

19:                                               ; preds = %12
  %20 = sub i64 %14, %13
  %21 = icmp ult i64 %20, 64
  %22 = select i1 %21, i64 0, i64 %20
  %23 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 11
  store i64 %22, ptr %23, align 8
  br label %34

24:                                               ; preds = %12, %6
  %25 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 0
  %26 = load ptr, ptr %25, align 8
  %27 = icmp eq ptr %26, null
  br i1 %27, label %33, label %28

28:                                               ; preds = %24
  %29 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 1
  %30 = load ptr, ptr %29, align 8
  %31 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 6
  %32 = load ptr, ptr %31, align 8
  tail call void %30(ptr %32, ptr %1)
  br label %34

33:                                               ; preds = %24, %4
  tail call void @free(ptr %1)
  br label %34

34:                                               ; preds = %2, %19, %28, %33
  ret void
}

define void @halo_rt_print(ptr %0, ptr %1) {
  %3 = icmp eq ptr %0, null
  br i1 %3, label %11, label %4

4:                                                ; preds = %2
  %5 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 2
  %6 = load ptr, ptr %5, align 8
  %7 = icmp eq ptr %6, null
  br i1 %7, label %11, label %8

8:                                                ; preds = %4
  %9 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 6
  %10 = load ptr, ptr %9, align 8
  tail call void %6(ptr %10, ptr %1)
  br label %14

11:                                               ; preds = %4, %2
  %12 = load ptr, ptr @stdout, align 8
  %13 = tail call i32 @fputs(ptr %1, ptr %12)
  br label %14

14:                                               ; preds = %8, %11
  ret void
}

declare i32 @fputs(ptr, ptr)

define i32 @halo_rt_extern_failed(ptr %0, ptr %1, i32 %2) {
  %4 = tail call fastcc i32 @halo_extern_failed(ptr %0, ptr %1, i32 %2)
  ret i32 %4
}

define internal fastcc i32 @halo_extern_failed(ptr %0, ptr %1, i32 %2) {
  %4 = alloca [384 x i8], align 16
  %5 = getelementptr [384 x i8], ptr %4, i64 0, i64 0
  call void @llvm.memset.p0.i64(ptr align 16 %5, i8 0, i64 384, i1 false)
  %6 = icmp eq ptr %0, null
  br i1 %6, label %17, label %7

7:                                                ; preds = %3
  %8 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 15
  %9 = load i32, ptr %8, align 8
  %10 = icmp eq i32 %9, 0
  br i1 %10, label %11, label %17

11:                                               ; preds = %7
  %12 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 16, i64 0
  %13 = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %5, i64 384, ptr @.str.19, ptr %12)
  %14 = load i8, ptr %5, align 16
  %15 = icmp eq i8 %14, 0
  %16 = select i1 %15, ptr @.str.22, ptr @.str.21
  br label %17

17:                                               ; preds = %11, %7, %3
  %18 = phi ptr [ %16, %11 ], [ @.str.22, %7 ], [ @.str.22, %3 ]
  %19 = call i32 (ptr, i32, ptr, ...) @halo_fail(ptr %0, i32 12, ptr @.str.20, ptr %1, i32 %2, ptr %18, ptr %5)
  ret i32 %19
}

define i32 @halo_rt_memo_load(ptr %0, ptr %1) {
  %3 = icmp eq ptr %0, null
  br i1 %3, label %14, label %4

4:                                                ; preds = %2
  %5 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 4
  %6 = load ptr, ptr %5, align 8
  %7 = icmp eq ptr %6, null
  br i1 %7, label %14, label %8

8:                                                ; preds = %4
  %9 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 6
  %10 = load ptr, ptr %9, align 8
  %11 = tail call i32 %6(ptr %10, ptr %1)
  %12 = icmp ne i32 %11, 0
  %13 = zext i1 %12 to i32
  br label %14

14:                                               ; preds = %2, %4, %8
  %15 = phi i32 [ 0, %4 ], [ 0, %2 ], [ %13, %8 ]
  ret i32 %15
}

define void @halo_rt_memo_store(ptr %0, ptr %1) {
  %3 = icmp eq ptr %0, null
  br i1 %3, label %11, label %4

4:                                                ; preds = %2
  %5 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 5
  %6 = load ptr, ptr %5, align 8
  %7 = icmp eq ptr %6, null
  br i1 %7, label %11, label %8

8:                                                ; preds = %4
  %9 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 6
  %10 = load ptr, ptr %9, align 8
  tail call void %6(ptr %10, ptr %1)
  br label %11

11:                                               ; preds = %2, %4, %8
  ret void
}

define i32 @halo_rt_profile_switch(ptr %0, i32 %1, i1 zeroext %2) {
  %4 = alloca %struct.timespec, align 8
  %5 = bitcast ptr %4 to ptr
  %6 = icmp eq ptr %0, null
  br i1 %6, label %58, label %7

7:                                                ; preds = %3
  %8 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 7
  %9 = load ptr, ptr %8, align 8
  %10 = icmp eq ptr %9, null
  br i1 %10, label %58, label %11

11:                                               ; preds = %7
  %12 = tail call i32 @pthread_once(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 9), ptr @halo_pool_begin)
  %13 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %14 = tail call ptr @pthread_getspecific(i32 %13)
  %15 = ptrtoint ptr %14 to i64
  %16 = icmp eq ptr %14, null
  %17 = trunc i64 %15 to i32
  %18 = add i32 %17, -1
  %19 = select i1 %16, i32 0, i32 %18
  %20 = load ptr, ptr %8, align 8
  %21 = getelementptr %struct.halo_profile, ptr %20, i64 0, i32 0
  %22 = load i32, ptr %21, align 8
  %23 = icmp slt i32 %19, %22
  br i1 %23, label %24, label %58

24:                                               ; preds = %11
  %25 = getelementptr %struct.halo_profile, ptr %20, i64 0, i32 1
  %26 = load ptr, ptr %25, align 8
  %27 = sext i32 %19 to i64
  %28 = call i32 @clock_gettime(i32 1, ptr %4)
  %29 = getelementptr %struct.timespec, ptr %4, i64 0, i32 0
  %30 = load i64, ptr %29, align 8
  %31 = mul nsw i64 %30, 1000000000
  %32 = getelementptr %struct.timespec, ptr %4, i64 0, i32 1
  %33 = load i64, ptr %32, align 8
  %34 = add nsw i64 %31, %33
  %35 = getelementptr %struct.halo_profile_thread, ptr %26, i64 %27, i32 0
  %36 = load i32, ptr %35, align 8
  %37 = icmp sgt i32 %36, -1
  br i1 %37, label %38, label %48

38:                                               ; preds = %24
  %39 = getelementptr %struct.halo_profile_thread, ptr %26, i64 %27, i32 1
  %40 = load i64, ptr %39, align 8
  %41 = sub i64 %34, %40
  %42 = getelementptr %struct.halo_profile_thread, ptr %26, i64 %27, i32 2
  %43 = load ptr, ptr %42, align 8
  %44 = zext i32 %36 to i64
  %45 = getelementptr i64, ptr %43, i64 %44
  %46 = load i64, ptr %45, align 8
  %47 = add nsw i64 %41, %46
  store i64 %47, ptr %45, align 8
  br label %48

48:                                               ; preds = %38, %24
  br i1 %2, label %49, label %56

49:                                               ; preds = %48
  %50 = getelementptr %struct.halo_profile_thread, ptr %26, i64 %27, i32 3
  %51 = load ptr, ptr %50, align 8
  %52 = sext i32 %1 to i64
  %53 = getelementptr i64, ptr %51, i64 %52
  %54 = load i64, ptr %53, align 8
  %55 = add nsw i64 %54, 1
  store i64 %55, ptr %53, align 8
  br label %56

56:                                               ; preds = %49, %48
  store i32 %1, ptr %35, align 8
  %57 = getelementptr %struct.halo_profile_thread, ptr %26, i64 %27, i32 1
  store i64 %34, ptr %57, align 8
  br label %58

58:                                               ; preds = %3, %7, %11, %56
  %59 = phi i32 [ %36, %56 ], [ -1, %7 ], [ -1, %3 ], [ -1, %11 ]
  ret i32 %59
}

declare i32 @clock_gettime(i32, ptr)

define void @halo_rt_profile_memory(ptr %0, i32 %1, i64 %2) {
  %4 = alloca [2 x ptr], align 16
  %5 = icmp eq ptr %0, null
  br i1 %5, label %46, label %6

6:                                                ; preds = %3
  %7 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 7
  %8 = load ptr, ptr %7, align 8
  %9 = icmp eq ptr %8, null
  br i1 %9, label %46, label %10

10:                                               ; preds = %6
  %11 = tail call i32 @pthread_mutex_lock(ptr @halo_critical)
  %12 = bitcast ptr %4 to ptr
  %13 = getelementptr [2 x ptr], ptr %4, i64 0, i64 0
  %14 = getelementptr %struct.halo_profile, ptr %8, i64 0, i32 2
  %15 = load ptr, ptr %14, align 8
  %16 = sext i32 %1 to i64
  %17 = getelementptr %struct.halo_profile_memory_use, ptr %15, i64 %16
  store ptr %17, ptr %13, align 16
  %18 = getelementptr [2 x ptr], ptr %4, i64 0, i64 1
  %19 = getelementptr %struct.halo_profile, ptr %8, i64 0, i32 3
  store ptr %19, ptr %18, align 8
  %20 = icmp sgt i64 %2, 0
  br label %23

21:                                               ; preds = %42
  %22 = tail call i32 @pthread_mutex_unlock(ptr @halo_critical)
  br label %46

23:                                               ; preds = %43, %10
  %24 = phi ptr [ %17, %10 ], [ %45, %43 ]
  %25 = phi i1 [ true, %10 ], [ false, %43 ]
  %26 = phi i64 [ 1, %10 ], [ 2, %43 ]
  %27 = getelementptr %struct.halo_profile_memory_use, ptr %24, i64 0, i32 2
  %28 = load i64, ptr %27, align 8
  %29 = add nsw i64 %28, %2
  store i64 %29, ptr %27, align 8
  br i1 %20, label %30, label %37

30:                                               ; preds = %23
  %31 = getelementptr %struct.halo_profile_memory_use, ptr %24, i64 0, i32 0
  %32 = load i64, ptr %31, align 8
  %33 = add nsw i64 %32, 1
  store i64 %33, ptr %31, align 8
  %34 = getelementptr %struct.halo_profile_memory_use, ptr %24, i64 0, i32 1
  %35 = load i64, ptr %34, align 8
  %36 = add nsw i64 %35, %2
  store i64 %36, ptr %34, align 8
  br label %37

37:                                               ; preds = %30, %23
  %38 = getelementptr %struct.halo_profile_memory_use, ptr %24, i64 0, i32 3
  %39 = load i64, ptr %38, align 8
  %40 = icmp sgt i64 %29, %39
  br i1 %40, label %41, label %42

41:                                               ; preds = %37
  store i64 %29, ptr %38, align 8
  br label %42

42:                                               ; preds = %41, %37
  br i1 %25, label %43, label %21

43:                                               ; preds = %42
  %44 = getelementptr [2 x ptr], ptr %4, i64 0, i64 %26
  %45 = load ptr, ptr %44, align 8
  br label %23

46:                                               ; preds = %3, %6, %21
  ret void
}

define i32 @halo_rt_trace(ptr %0, ptr %1) {
  %3 = tail call fastcc i32 @halo_trace(ptr %0, ptr byval(%struct.halo_trace_event) align 8 %1)
  ret i32 %3
}

define internal fastcc i32 @halo_trace(ptr %0, ptr byval(%struct.halo_trace_event) align 8 %1) {
  %3 = alloca [1024 x i8], align 16
  %4 = alloca [64 x i8], align 16
  %5 = icmp eq ptr %0, null
  br i1 %5, label %17, label %6

6:                                                ; preds = %2
  %7 = getelementptr %struct.halo_trace_event, ptr %1, i64 0, i32 5
  %8 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 14
  %9 = atomicrmw add ptr %8, i32 1 monotonic, align 4
  %10 = add nsw i32 %9, 1
  store i32 %10, ptr %7, align 4
  %11 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 3
  %12 = load ptr, ptr %11, align 8
  %13 = icmp eq ptr %12, null
  br i1 %13, label %17, label %14

14:                                               ; preds = %6
  %15 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 6
  %16 = load ptr, ptr %15, align 8
  call void %12(ptr %16, ptr %1)
  br label %152

17:                                               ; preds = %2, %6
  %18 = getelementptr [1024 x i8], ptr %3, i64 0, i64 0
  %19 = getelementptr [64 x i8], ptr %4, i64 0, i64 0
  %20 = getelementptr %struct.halo_trace_event, ptr %1, i64 0, i32 2, i32 1
  %21 = load i8, ptr %20, align 1
  %22 = getelementptr %struct.halo_trace_event, ptr %1, i64 0, i32 1
  %23 = load ptr, ptr %22, align 8
  store i8 0, ptr %19, align 16
  %24 = icmp eq ptr %23, null
  br i1 %24, label %90, label %25

25:                                               ; preds = %17
  %26 = getelementptr %struct.halo_trace_event, ptr %1, i64 0, i32 2, i32 0
  %27 = load i8, ptr %26, align 8
  %28 = icmp eq i8 %27, 2
  %29 = icmp eq i8 %21, 64
  %30 = select i1 %28, i1 %29, i1 false
  br i1 %30, label %31, label %35

31:                                               ; preds = %25
  %32 = bitcast ptr %23 to ptr
  %33 = load double, ptr %32, align 8
  %34 = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %19, i64 64, ptr @.str.28, double %33)
  br label %90

35:                                               ; preds = %25
  %36 = icmp eq i8 %21, 32
  %37 = select i1 %28, i1 %36, i1 false
  br i1 %37, label %38, label %43

38:                                               ; preds = %35
  %39 = bitcast ptr %23 to ptr
  %40 = load float, ptr %39, align 4
  %41 = fpext float %40 to double
  %42 = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %19, i64 64, ptr @.str.29, double %41)
  br label %90

43:                                               ; preds = %35
  switch i8 %27, label %71 [
    i8 4, label %44
    i8 2, label %44
    i8 1, label %49
  ]

44:                                               ; preds = %43, %43
  %45 = bitcast ptr %23 to ptr
  %46 = load i16, ptr %45, align 2
  %47 = zext i16 %46 to i32
  %48 = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %19, i64 64, ptr @.str.30, i32 %47)
  br label %90

49:                                               ; preds = %43
  %50 = icmp ult i8 %21, 9
  br i1 %50, label %51, label %54

51:                                               ; preds = %49
  %52 = load i8, ptr %23, align 1
  %53 = zext i8 %52 to i64
  br label %68

54:                                               ; preds = %49
  %55 = icmp eq i8 %21, 16
  br i1 %55, label %56, label %60

56:                                               ; preds = %54
  %57 = bitcast ptr %23 to ptr
  %58 = load i16, ptr %57, align 2
  %59 = zext i16 %58 to i64
  br label %68

60:                                               ; preds = %54
  br i1 %36, label %61, label %65

61:                                               ; preds = %60
  %62 = bitcast ptr %23 to ptr
  %63 = load i32, ptr %62, align 4
  %64 = zext i32 %63 to i64
  br label %68

65:                                               ; preds = %60
  %66 = bitcast ptr %23 to ptr
  %67 = load i64, ptr %66, align 8
  br label %68

68:                                               ; preds = %65, %61, %56, %51
  %69 = phi i64 [ %53, %51 ], [ %59, %56 ], [ %64, %61 ], [ %67, %65 ]
  %70 = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %19, i64 64, ptr @.str.31, i64 %69)
  br label %90

71:                                               ; preds = %43
  switch i8 %21, label %79 [
    i8 8, label %72
    i8 16, label %75
  ]

72:                                               ; preds = %71
  %73 = load i8, ptr %23, align 1
  %74 = sext i8 %73 to i64
  br label %87

75:                                               ; preds = %71
  %76 = bitcast ptr %23 to ptr
  %77 = load i16, ptr %76, align 2
  %78 = sext i16 %77 to i64
  br label %87

79:                                               ; preds = %71
  br i1 %36, label %80, label %84

80:                                               ; preds = %79
  %81 = bitcast ptr %23 to ptr
  %82 = load i32, ptr %81, align 4
  %83 = sext i32 %82 to i64
  br label %87

84:                                               ; preds = %79
  %85 = bitcast ptr %23 to ptr
  %86 = load i64, ptr %85, align 8
  br label %87

87:                                               ; preds = %84, %80, %75, %72
  %88 = phi i64 [ %74, %72 ], [ %78, %75 ], [ %83, %80 ], [ %86, %84 ]
  %89 = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %19, i64 64, ptr @.str.32, i64 %88)
  br label %90

90:                                               ; preds = %87, %68, %44, %38, %31, %17
  %91 = getelementptr %struct.halo_trace_event, ptr %1, i64 0, i32 4
  %92 = load i32, ptr %91, align 8
  %93 = icmp ult i32 %92, 11
  br i1 %93, label %94, label %98

94:                                               ; preds = %90
  %95 = zext i32 %92 to i64
  %96 = getelementptr [11 x ptr], ptr @halo_trace_name.names, i64 0, i64 %95
  %97 = load ptr, ptr %96, align 8
  br label %98

98:                                               ; preds = %94, %90
  %99 = phi ptr [ %97, %94 ], [ @.str.44, %90 ]
  %100 = getelementptr %struct.halo_trace_event, ptr %1, i64 0, i32 0
  %101 = load ptr, ptr %100, align 8
  %102 = getelementptr %struct.halo_trace_event, ptr %1, i64 0, i32 3
  %103 = load i32, ptr %102, align 4
  %104 = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %18, i64 1024, ptr @.str.23, ptr %99, ptr %101, i32 %103)
  %105 = getelementptr %struct.halo_trace_event, ptr %1, i64 0, i32 7
  %106 = load i32, ptr %105, align 4
  %107 = icmp sgt i32 %106, 0
  %108 = icmp slt i32 %104, 900
  %109 = select i1 %107, i1 %108, i1 false
  br i1 %109, label %110, label %114

110:                                              ; preds = %98
  %111 = getelementptr %struct.halo_trace_event, ptr %1, i64 0, i32 8
  %112 = load ptr, ptr %111, align 8
  %113 = sext i32 %106 to i64
  br label %135

114:                                              ; preds = %135, %98
  %115 = phi i32 [ %104, %98 ], [ %146, %135 ]
  %116 = sext i32 %115 to i64
  %117 = getelementptr [1024 x i8], ptr %3, i64 0, i64 %116
  %118 = sub nsw i64 1024, %116
  %119 = getelementptr %struct.halo_trace_event, ptr %1, i64 0, i32 9
  %120 = load ptr, ptr %119, align 8
  %121 = load i8, ptr %120, align 1
  %122 = icmp eq i8 %121, 0
  %123 = select i1 %122, ptr @.str.22, ptr @.str.27
  %124 = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %117, i64 %118, ptr @.str.26, ptr %19, ptr %123, ptr %120)
  br i1 %5, label %132, label %125

125:                                              ; preds = %114
  %126 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 2
  %127 = load ptr, ptr %126, align 8
  %128 = icmp eq ptr %127, null
  br i1 %128, label %132, label %129

129:                                              ; preds = %125
  %130 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 6
  %131 = load ptr, ptr %130, align 8
  call void %127(ptr %131, ptr %18)
  br label %151

132:                                              ; preds = %125, %114
  %133 = load ptr, ptr @stdout, align 8
  %134 = call i32 @fputs(ptr %18, ptr %133)
  br label %151

135:                                              ; preds = %135, %110
  %136 = phi i64 [ 0, %110 ], [ %147, %135 ]
  %137 = phi i32 [ %104, %110 ], [ %146, %135 ]
  %138 = sext i32 %137 to i64
  %139 = getelementptr [1024 x i8], ptr %3, i64 0, i64 %138
  %140 = sub nsw i64 1024, %138
  %141 = icmp eq i64 %136, 0
  %142 = select i1 %141, ptr @.str.25, ptr @.str.24
  %143 = getelementptr i32, ptr %112, i64 %136
  %144 = load i32, ptr %143, align 4
  %145 = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %139, i64 %140, ptr %142, i32 %144)
  %146 = add nsw i32 %145, %137
  %147 = add nuw nsw i64 %136, 1
  %148 = icmp slt i64 %147, %113
  %149 = icmp slt i32 %146, 900
  %150 = select i1 %148, i1 %149, i1 false
  br i1 %150, label %135, label %114

151:                                              ; preds = %129, %132
  br label %152

152:                                              ; preds = %151, %14
  %153 = getelementptr %struct.halo_trace_event, ptr %1, i64 0, i32 5
  %154 = load i32, ptr %153, align 4
  ret i32 %154
}

define void @halo_rt_fork_begin(ptr %0) {
  %2 = bitcast ptr %0 to ptr
  call void @llvm.memset.p0.i64(ptr align 8 %2, i8 0, i64 104, i1 false)
  ret void
}

define i32 @halo_rt_fork_end(ptr %0) {
  %2 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 4
  %3 = tail call i32 @pthread_cond_destroy(ptr %2)
  %4 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 3
  %5 = tail call i32 @pthread_mutex_destroy(ptr %4)
  %6 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 0
  %7 = load i32, ptr %6, align 8
  ret i32 %7
}

declare i32 @pthread_cond_destroy(ptr)

declare i32 @pthread_mutex_destroy(ptr)

define i32 @halo_rt_fork_threads(ptr %0, i32 %1, i1 zeroext %2) {
  %4 = icmp eq ptr %0, null
  br i1 %4, label %9, label %5

5:                                                ; preds = %3
  %6 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 13
  %7 = load i32, ptr %6, align 8
  %8 = icmp sgt i32 %7, 0
  br i1 %8, label %11, label %9

9:                                                ; preds = %5, %3
  %10 = tail call i32 @omp_get_max_threads()
  br label %11

11:                                               ; preds = %9, %5
  %12 = phi i32 [ %10, %9 ], [ %7, %5 ]
  %13 = tail call i32 @pthread_once(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 9), ptr @halo_pool_begin)
  %14 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %15 = tail call ptr @pthread_getspecific(i32 %14)
  %16 = icmp eq ptr %15, null
  %17 = zext i1 %16 to i32
  %18 = select i1 %2, i32 2, i32 1
  %19 = icmp ugt i32 %18, %17
  br i1 %19, label %34, label %20

20:                                               ; preds = %11
  br i1 %4, label %31, label %21

21:                                               ; preds = %20
  %22 = getelementptr %struct.halo_context, ptr %0, i64 0, i32 7
  %23 = load ptr, ptr %22, align 8
  %24 = icmp eq ptr %23, null
  br i1 %24, label %31, label %25

25:                                               ; preds = %21
  br i1 %2, label %34, label %26

26:                                               ; preds = %25
  %27 = tail call i32 @pthread_once(ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 9), ptr @halo_pool_begin)
  %28 = load i32, ptr getelementptr (%struct.anon, ptr @halo_pool, i64 0, i32 8), align 8
  %29 = tail call ptr @pthread_getspecific(i32 %28)
  %30 = icmp eq ptr %29, null
  br i1 %30, label %31, label %34

31:                                               ; preds = %26, %21, %20
  %32 = icmp sgt i32 %12, %1
  %33 = select i1 %32, i32 %1, i32 %12
  br label %34

34:                                               ; preds = %11, %25, %26, %31
  %35 = phi i32 [ %33, %31 ], [ 1, %11 ], [ 1, %26 ], [ 1, %25 ]
  ret i32 %35
}

define i32 @halo_rt_next_branch(ptr %0, i32 %1) {
  %3 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 0
  %4 = load atomic i32, ptr %3 acquire, align 8
  %5 = icmp eq i32 %4, 0
  br i1 %5, label %6, label %9

6:                                                ; preds = %2
  %7 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 1
  %8 = atomicrmw add ptr %7, i32 1 monotonic, align 4
  br label %9

9:                                                ; preds = %2, %6
  %10 = phi i32 [ %8, %6 ], [ %1, %2 ]
  ret i32 %10
}

define void @halo_rt_fork_fail(ptr %0, i32 %1) {
  %3 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 0
  %4 = cmpxchg ptr %3, i32 0, i32 %1 seq_cst seq_cst, align 4
  %5 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 2
  %6 = load atomic i32, ptr %5 seq_cst, align 8
  %7 = icmp eq i32 %6, 0
  br i1 %7, label %14, label %8

8:                                                ; preds = %2
  %9 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 3
  %10 = tail call i32 @pthread_mutex_lock(ptr %9)
  %11 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 4
  %12 = tail call i32 @pthread_cond_broadcast(ptr %11)
  %13 = tail call i32 @pthread_mutex_unlock(ptr %9)
  br label %14

14:                                               ; preds = %2, %8
  ret void
}

define i32 @halo_rt_acquire(ptr %0, ptr %1, i32 %2) {
  %4 = getelementptr %struct.halo_semaphore, ptr %1, i64 0, i32 0
  %5 = load atomic i32, ptr %4 seq_cst, align 64
  %6 = icmp slt i32 %5, %2
  br i1 %6, label %7, label %20

7:                                                ; preds = %3
  %8 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 0
  br label %9

9:                                                ; preds = %16, %7
  %10 = phi i32 [ 0, %7 ], [ %17, %16 ]
  %11 = load atomic i32, ptr %8 acquire, align 8
  %12 = icmp eq i32 %11, 0
  br i1 %12, label %13, label %20

13:                                               ; preds = %9
  %14 = icmp eq i32 %10, 200
  br i1 %14, label %15, label %16

15:                                               ; preds = %13
  tail call fastcc void @halo_sleep(ptr %0, ptr %1, i32 %2)
  br label %20

16:                                               ; preds = %13
  tail call void @llvm.x86.sse2.pause()
  %17 = add nuw nsw i32 %10, 1
  %18 = load atomic i32, ptr %4 seq_cst, align 64
  %19 = icmp slt i32 %18, %2
  br i1 %19, label %9, label %20

20:                                               ; preds = %16, %9, %15, %3
  %21 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 0
  %22 = load atomic i32, ptr %21 acquire, align 8
  %23 = icmp eq i32 %22, 0
  br i1 %23, label %24, label %26

24:                                               ; preds = %20
  %25 = atomicrmw sub ptr %4, i32 %2 acq_rel, align 4
  br label %26

26:                                               ; preds = %20, %24
  ret i32 %22
}

define internal fastcc void @halo_sleep(ptr %0, ptr %1, i32 %2) {
  %4 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 3
  %5 = tail call i32 @pthread_mutex_lock(ptr %4)
  %6 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 2
  %7 = atomicrmw add ptr %6, i32 1 seq_cst, align 4
  %8 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 0
  %9 = getelementptr %struct.halo_semaphore, ptr %1, i64 0, i32 0
  %10 = load atomic i32, ptr %9 seq_cst, align 64
  %11 = icmp slt i32 %10, %2
  br i1 %11, label %12, label %21

12:                                               ; preds = %3
  %13 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 4
  br label %14

14:                                               ; preds = %12, %17
  %15 = load atomic i32, ptr %8 acquire, align 8
  %16 = icmp eq i32 %15, 0
  br i1 %16, label %17, label %21

17:                                               ; preds = %14
  %18 = tail call i32 @pthread_cond_wait(ptr %13, ptr %4)
  %19 = load atomic i32, ptr %9 seq_cst, align 64
  %20 = icmp slt i32 %19, %2
  br i1 %20, label %14, label %21

21:                                               ; preds = %14, %17, %3
  %22 = atomicrmw sub ptr %6, i32 1 seq_cst, align 4
  %23 = tail call i32 @pthread_mutex_unlock(ptr %4)
  ret void
}

define void @halo_rt_post(ptr %0, ptr %1, i32 %2) {
  %4 = getelementptr %struct.halo_semaphore, ptr %1, i64 0, i32 0
  %5 = atomicrmw add ptr %4, i32 %2 seq_cst, align 4
  %6 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 2
  %7 = load atomic i32, ptr %6 seq_cst, align 8
  %8 = icmp eq i32 %7, 0
  br i1 %8, label %15, label %9

9:                                                ; preds = %3
  %10 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 3
  %11 = tail call i32 @pthread_mutex_lock(ptr %10)
  %12 = getelementptr %struct.halo_fork, ptr %0, i64 0, i32 4
  %13 = tail call i32 @pthread_cond_broadcast(ptr %12)
  %14 = tail call i32 @pthread_mutex_unlock(ptr %10)
  br label %15

15:                                               ; preds = %3, %9
  ret void
}

declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

declare void @llvm.va_start.p0(ptr)

declare void @llvm.va_end.p0(ptr)

