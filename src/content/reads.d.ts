/** How much is read at a time. It stays in the processor's cache until it is hashed: 1 MiB is slower. */
export declare const READ_BYTES: 131_072
/** How often progress is told: each some milliseconds. A multiple of a read. */
export declare const PROGRESS_BYTES: 4_194_304
