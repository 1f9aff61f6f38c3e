import { Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DeliveryRetries } from './delivery-retries.js';
import { Overviews } from './overviews.js';
import { assertFromPage, type PageRequest } from './own-page.js';
import { Page, type PageFile } from './page.js';
import { Quarantine } from './quarantine.js';
import { choiceIn, countIn, neededTextIn, textIn, type Query as Given } from './queries.js';
import { SEARCHES, STATES, UploadSearch } from './upload-search.js';

/** Items of each list of the overview, and the most that can be asked for. */
const USUAL = 25;
const MOST = 500;

/** The page loads nothing from elsewhere, runs nothing inline, and stands in no frame. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/**
 * The page and its JSON.
 *
 * It answers through the adapter, so that interceptors of the app that wrap what routes return do not
 * wrap a style sheet.
 */
export class TusDashboardController {
  @Inject(HttpAdapterHost) private readonly adapterHost!: HttpAdapterHost;
  @Inject(Page) private readonly files!: Page;
  @Inject(Overviews) private readonly overviews!: Overviews;
  @Inject(UploadSearch) private readonly uploads!: UploadSearch;
  @Inject(DeliveryRetries) private readonly retries!: DeliveryRetries;
  @Inject(Quarantine) private readonly quarantine!: Quarantine;

  @Get()
  page(@Req() request: PageRequest & { readonly url: string }, @Res() response: unknown): void {
    this.send(response, this.files.html(request.url));
  }

  @Get('assets/:name')
  asset(@Param('name') name: string, @Res() response: unknown): void {
    this.send(response, this.files.file(name));
  }

  @Get('api/overview')
  async overview(@Query() query: Given, @Res() response: unknown): Promise<void> {
    const limit = countIn(query, 'limit', USUAL, MOST);
    this.answer(response, await this.overviews.latest(limit));
  }

  @Get('api/uploads')
  async search(@Query() query: Given, @Res() response: unknown): Promise<void> {
    const terms = {
      by: choiceIn(query, 'by', SEARCHES) ?? 'name',
      text: textIn(query, 'text'),
      state: choiceIn(query, 'state', STATES),
      cursor: textIn(query, 'cursor'),
    };
    this.answer(response, await this.uploads.search(terms));
  }

  @Get('api/uploads/:id')
  async details(@Param('id') id: string, @Res() response: unknown): Promise<void> {
    this.answer(response, await this.uploads.details(id));
  }

  @Post('api/uploads/:id/release')
  async release(
    @Param('id') id: string,
    @Req() request: PageRequest,
    @Res() response: unknown,
  ): Promise<void> {
    await this.change(request, () => this.quarantine.release(id));
    this.answer(response, { released: id });
  }

  @Post('api/uploads/:id/remove')
  async remove(
    @Param('id') id: string,
    @Req() request: PageRequest,
    @Res() response: unknown,
  ): Promise<void> {
    await this.change(request, () => this.quarantine.remove(id));
    this.answer(response, { removed: id });
  }

  @Post('api/deliveries/retry')
  async retry(
    @Query() query: Given,
    @Req() request: PageRequest,
    @Res() response: unknown,
  ): Promise<void> {
    const id = neededTextIn(query, 'upload');
    const handler = textIn(query, 'handler');
    this.answer(response, await this.change(request, () => this.retries.one(id, handler)));
  }

  @Post('api/deliveries/retry-all')
  async retryAll(
    @Query() query: Given,
    @Req() request: PageRequest,
    @Res() response: unknown,
  ): Promise<void> {
    const cursor = textIn(query, 'cursor');
    this.answer(response, await this.change(request, () => this.retries.all(cursor)));
  }

  /** @throws ForbiddenException */
  private async change<T>(request: PageRequest, work: () => Promise<T>): Promise<T> {
    assertFromPage(request);
    try {
      return await work();
    } finally {
      this.overviews.renew();
    }
  }

  private send(response: unknown, { type, text }: PageFile): void {
    this.reply(response, type, text);
  }

  private answer(response: unknown, value: unknown): void {
    this.reply(response, 'application/json; charset=utf-8', JSON.stringify(value));
  }

  private reply(response: unknown, type: string, text: string): void {
    const { httpAdapter } = this.adapterHost;
    for (const [name, value] of Object.entries(HEADERS)) {
      httpAdapter.setHeader(response, name, value);
    }
    httpAdapter.setHeader(response, 'Content-Type', type);
    httpAdapter.reply(response, text, 200);
  }
}
