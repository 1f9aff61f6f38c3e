// The server that the benchmarks of uploads measure, in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SELF = fileURLToPath(import.meta.url);

/** Folder of the compiled library: `TUS_LIB`, or `dist`. */
export const BUILT = process.env.TUS_LIB ?? new URL('../../dist/', import.meta.url).href;

/** Starts a server on a folder; `kill()` ends it. */
export async function startServer(tmpFileDir, tus = {}) {
  const child = fork(SELF, ['serve', JSON.stringify({ tmpFileDir, ...tus })]);
  const [{ port }] = await once(child, 'message');
  return { port, kill: () => child.kill('SIGKILL') };
}

if (process.argv[2] === 'serve') await serve(JSON.parse(process.argv[3]));

async function serve(options) {
  const { NestFactory } = await import('@nestjs/core');
  const { ExpressAdapter } = await import('@nestjs/platform-express');
  const { TusModule } = await import(new URL('index.js', BUILT).href);
  const app = await NestFactory.create(TusModule.forRoot(options), new ExpressAdapter(), {
    logger: ['error', 'fatal'],
  });
  await app.listen(0, '127.0.0.1');
  process.send({ port: app.getHttpServer().address().port });
}
