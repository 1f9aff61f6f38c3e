import { createReadStream } from 'node:fs';
import { Controller, Get, Header, NotFoundException, Param, StreamableFile } from '@nestjs/common';

const PUBLIC = new URL('../public/', import.meta.url);
const TUS_CLIENT = new URL(import.meta.resolve('tus-js-client/dist/tus.min.js'));

const TYPES = new Map([
  ['page.js', 'text/javascript; charset=utf-8'],
  ['session.js', 'text/javascript; charset=utf-8'],
  ['style.css', 'text/css; charset=utf-8'],
  ['icon.svg', 'image/svg+xml'],
]);

/** Serves the page and its parts, in the same way on Express and Fastify. */
@Controller()
export class PageController {
  @Get()
  @Header('Content-Security-Policy', "default-src 'self'")
  @Header('Cache-Control', 'no-cache')
  page(): StreamableFile {
    return stream(new URL('index.html', PUBLIC), 'text/html; charset=utf-8');
  }

  @Get('public/tus.min.js')
  client(): StreamableFile {
    return stream(TUS_CLIENT, 'text/javascript; charset=utf-8');
  }

  @Get('public/:name')
  @Header('Cache-Control', 'no-cache')
  part(@Param('name') name: string): StreamableFile {
    const type = TYPES.get(name);
    if (!type) {
      throw new NotFoundException();
    }
    return stream(new URL(name, PUBLIC), type);
  }
}

function stream(file: URL, type: string): StreamableFile {
  return new StreamableFile(createReadStream(file), { type });
}
