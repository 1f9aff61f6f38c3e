import type { ChecksumAlgorithm } from '../protocol/index.js';

/**
 * A length of time: a number of seconds, or a string such as `'90s'`, `'10m'`, `'24h'`, `'7d'`; more
 * than zero, and 100 years at most. A string without a unit is seconds too, as an environment
 * variable has them: `'3600'`.
 *
 * @publicApi
 */
export type Duration = number | string;

/**
 * A size: a number of bytes, or a string such as `'512KB'`, `'10MB'`, `'2GB'` (1 KB is 1,024 bytes).
 * A string without a unit is bytes too, as an environment variable has them: `'1048576'`.
 *
 * @publicApi
 */
export type Size = number | string;

/**
 * Who may do what with a file or a folder: a number such as `0o640`, or its octal digits, such as
 * `'0640'`.
 *
 * @publicApi
 */
export type FileMode = number | string;

/**
 * How whole files may be hashed: as the bodies of requests are (tus 1.0 §Checksum).
 *
 * @publicApi
 */
export type HashAlgorithm = ChecksumAlgorithm;

/**
 * How safely an upload's bytes are kept.
 *
 * - `'completion'`: a finished file is on disk before the client hears of it;
 * - `'chunk'`: every acknowledged byte is;
 * - `'none'`: the operating system writes them when it likes. A killed process still loses nothing,
 *   a lost machine may lose all that is known of uploads.
 *
 * @publicApi
 */
export type Durability = 'none' | 'completion' | 'chunk';

/**
 * Whether browsers show a file, or save it (RFC 6266 §4.2).
 *
 * @publicApi
 */
export type DownloadDisposition = 'inline' | 'attachment';
