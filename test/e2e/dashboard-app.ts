import {
  Injectable,
  Module,
  UnauthorizedException,
  UnprocessableEntityException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { TusDashboardModule, type TusDashboardOptions } from '../../lib/dashboard/index.js';
import { BeforeUploadFinish, OnUploadFinished } from '../../lib/index.js';
import type { CompleteUpload, FinishedUpload } from '../../lib/index.js';
import { create, patch } from '../support/index.js';
import type { CreatedUpload, HttpResponse, PlatformName, TestApp } from '../support/index.js';
import type { StartAppOptions } from '../support/test-app.js';

/** What the guard asks for; of a module of the app, as a guard's dependencies are. */
@Injectable()
export class Keys {
  readonly key = 'right';
}

@Module({ providers: [Keys], exports: [Keys] })
export class KeysModule {}

@Injectable()
export class KeyGuard implements CanActivate {
  constructor(private readonly keys: Keys) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (headers['x-key'] === this.keys.key) return true;
    throw new UnauthorizedException();
  }
}

/** Fails until it is mended. */
@Injectable()
export class Importer {
  isMended = false;
  readonly imported: string[] = [];

  @OnUploadFinished({ id: 'import', attempts: 1 })
  import({ id, filename }: FinishedUpload): void {
    if (!this.isMended) throw new Error(`No importer for <b>${filename}</b>`);
    this.imported.push(id);
  }
}

@Injectable()
export class Check {
  @BeforeUploadFinish({ quarantine: true })
  check({ filename }: CompleteUpload): void {
    if (filename?.startsWith('bad')) throw new UnprocessableEntityException('Bad.');
  }
}

/** The page behind a key. */
export function guarded(options: TusDashboardOptions = {}) {
  return TusDashboardModule.forRoot({
    decorators: [UseGuards(KeyGuard)],
    imports: [KeysModule],
    ...options,
  });
}

/** An app with the page, a handler that fails and a check that quarantines. */
export function withDashboard(
  platform: PlatformName,
  options: Partial<StartAppOptions> = {},
): StartAppOptions {
  return { platform, imports: [guarded()], providers: [Importer, Check], ...options };
}

/** Asks for something of the page, with the key. */
export function ask(
  app: TestApp,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<HttpResponse> {
  return app.request({ method, path, headers: { 'X-Key': 'right', ...headers } });
}

/** Does something as the page does. */
export function act(app: TestApp, path: string): Promise<HttpResponse> {
  return ask(app, path, { method: 'POST', headers: { 'X-Tus-Dashboard': '1' } });
}

/** What the JSON says; fails unless the answer is 200. */
export async function json<T = Record<string, never>>(asked: Promise<HttpResponse>): Promise<T> {
  const response = await asked;
  if (response.status !== 200) throw new Error(`${response.status}: ${response.text}`);
  return JSON.parse(response.text) as T;
}

/** Sends a whole file of a name, whatever becomes of it. */
export async function send(
  app: TestApp,
  filename: string,
  { body = 'hello', headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): Promise<CreatedUpload> {
  const upload = await create(app, { length: body.length, metadata: { filename }, headers });
  await patch(app, upload, { body, headers });
  return upload;
}
