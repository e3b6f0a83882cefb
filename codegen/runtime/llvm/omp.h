/* What halo's runtime asks of OpenMP, answered by the threads of llvm_threads.h. */
#ifndef HALO_OMP_H
#define HALO_OMP_H
int omp_get_max_threads(void);
int omp_get_thread_num(void);
int omp_in_parallel(void);
int omp_get_active_level(void);
int omp_get_max_active_levels(void);
#endif
