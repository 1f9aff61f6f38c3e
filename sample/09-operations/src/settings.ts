import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `express` unless `PLATFORM` says `fastify`. */
export const platform = process.env.PLATFORM === 'fastify' ? 'fastify' : 'express';

export const port = Number(process.env.PORT ?? 3000);

export const host = process.env.HOST ?? '0.0.0.0';

/** The same folder at every start, so that uploads go on after a restart. */
export const tmpFileDir = process.env.TMP_FILE_DIR ?? join(tmpdir(), 'nestjs-tus-operations');

/** A new one at each start, unless one is set: no page is open by default. */
export const adminPassword = process.env.ADMIN_PASSWORD ?? randomBytes(9).toString('base64url');
