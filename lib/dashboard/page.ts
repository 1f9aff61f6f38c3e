import { Inject, Injectable, NotFoundException } from '@nestjs/common';
import { ASSETS } from './assets.js';

/** Injection token of the path of a page. */
export const DASHBOARD_PATH = Symbol('TUS_DASHBOARD_PATH');

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

/** The page, whose URLs are relative, so that it works below any prefix. */
@Injectable()
export class Page {
  /** The last segment of the path, which URLs begin with unless the page's own ends with a slash. */
  private readonly segment: string;

  constructor(@Inject(DASHBOARD_PATH) path: string) {
    this.segment = path.split('/').filter(Boolean).at(-1) ?? '';
  }

  /** @param url that it is asked for by */
  html(url: string): PageFile {
    const [path = ''] = url.split('?', 1);
    const base = path.endsWith('/') ? '' : `${this.segment}/`;
    const { type, text } = this.file('index.html');
    return { type, text: text.replaceAll('{{base}}', base) };
  }

  /** @throws NotFoundException */
  file(name: string): PageFile {
    const text = ASSETS.get(name);
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
    if (text === undefined || type === undefined) throw new NotFoundException();
    return { type, text };
  }
}
