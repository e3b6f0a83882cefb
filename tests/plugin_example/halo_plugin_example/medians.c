/* The medians of the rows of a matrix, by counting: a median has half of its row below it. */

int32_t example_row_medians(halo_context *ctx, const halo_buffer *x, const halo_buffer *out) {
    const float *row = x->host;
    const int64_t rows = x->dim[1].extent, n = x->dim[0].extent;
    (void)ctx;
    for (int64_t i = 0; i < rows; i++, row += n) {
        for (int64_t j = 0; j < n; j++) {
            int64_t below = 0, same = 0;
            for (int64_t k = 0; k < n; k++) {
                below += row[k] < row[j];
                same += row[k] == row[j];
            }
            if (below <= (n - 1) / 2 && (n - 1) / 2 < below + same) {
                ((float *)out->host)[i] = row[j];
            }
        }
    }
    return 0;
}
