import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `express` unless `PLATFORM` says `fastify`. */
export const platform = process.env.PLATFORM === 'fastify' ? 'fastify' : 'express';

export const port = Number(process.env.PORT ?? 3000);

export const host = process.env.HOST ?? '0.0.0.0';

const dataDir = process.env.DATA_DIR ?? join(tmpdir(), 'nestjs-tus-endpoint');

/** Where pictures lie while they are uploaded. */
export const tmpFileDir = join(dataDir, 'uploads');

/** Where they end up: a folder for each user. */
export const avatarDir = join(dataDir, 'avatars');
