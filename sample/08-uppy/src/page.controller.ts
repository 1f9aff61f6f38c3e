import { createReadStream } from 'node:fs';
import { Controller, Get, Header, NotFoundException, Param, StreamableFile } from '@nestjs/common';

const PUBLIC = new URL('../public/', import.meta.url);

/** What esbuild makes of the page's scripts, its styles, and Uppy. */
const BUNDLES = new URL('dist/', PUBLIC);

const SCRIPT = 'text/javascript; charset=utf-8';

const PARTS = new Map([
  ['page.js', { file: new URL('page.js', BUNDLES), type: SCRIPT }],
  ['page.css', { file: new URL('page.css', BUNDLES), type: 'text/css; charset=utf-8' }],
  ['icon.svg', { file: new URL('icon.svg', PUBLIC), type: 'image/svg+xml' }],
]);

/** Serves the page and its parts, in the same way on Express and Fastify. */
@Controller()
export class PageController {
  /** Uppy shows files that it has not sent yet as `blob:`, and has icons as `data:`. */
  @Get()
  @Header('Content-Security-Policy', "default-src 'self'; img-src 'self' blob: data:")
  @Header('Cache-Control', 'no-cache')
  page(): StreamableFile {
    return stream(new URL('index.html', PUBLIC), 'text/html; charset=utf-8');
  }

  /** At the root, for a service worker has a say in what is below its own path only. */
  @Get('service-worker.js')
  @Header('Cache-Control', 'no-cache')
  serviceWorker(): StreamableFile {
    return stream(new URL('service-worker.js', BUNDLES), SCRIPT);
  }

  @Get('public/:name')
  @Header('Cache-Control', 'no-cache')
  part(@Param('name') name: string): StreamableFile {
    const part = PARTS.get(name);
    if (!part) {
      throw new NotFoundException();
    }
    return stream(part.file, part.type);
  }
}

function stream(file: URL, type: string): StreamableFile {
  return new StreamableFile(createReadStream(file), { type });
}
