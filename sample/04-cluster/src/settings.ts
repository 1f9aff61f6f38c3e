import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `express` unless `PLATFORM` says `fastify`. */
export const platform = process.env.PLATFORM === 'fastify' ? 'fastify' : 'express';

export const port = Number(process.env.PORT ?? 3000);

/** How many workers; one for each processor, and at least two, unless told. */
export const workers = process.env.WORKERS === undefined ? undefined : Number(process.env.WORKERS);

/** One folder for all workers, and the same at every start. */
export const tmpFileDir = process.env.TMP_FILE_DIR ?? join(tmpdir(), 'nestjs-tus-cluster');
