import type { DynamicModule, INestApplication } from '@nestjs/common';
import type * as Library from '../../../lib/index.js';
import type { FinishedUpload, TusModuleOptions } from '../../../lib/index.js';
import type { Commands } from './commands.js';
import type { Delivered } from './settings.js';

/** Counts the uploads that its handler is called for. */
class Counter {
  private called = 0;
  private oldest = 0;
  private expected = Infinity;
  private tell: (delivered: Delivered) => void = () => undefined;

  count({ finishedAt }: FinishedUpload): void {
    this.called += 1;
    this.oldest = Math.max(this.oldest, Date.now() - finishedAt.getTime());
    if (this.called >= this.expected) this.tell({ oldest: this.oldest });
  }

  /** Resolves when the handler has been called so often since the last time. */
  delivered(expected: number): Promise<Delivered> {
    return new Promise<Delivered>((resolve) => {
      this.expected = expected;
      this.tell = resolve;
      if (this.called >= expected) resolve({ oldest: this.oldest });
    }).finally(() => this.reset());
  }

  private reset(): void {
    this.called = 0;
    this.oldest = 0;
    this.expected = Infinity;
  }
}

class HandledModule {}

/** An app whose uploads are handled, and what it says of that. */
export function handledModule(
  { OnUploadFinished, TusModule }: typeof Library,
  options: TusModuleOptions,
): { readonly module: DynamicModule; commandsOf(app: INestApplication): Commands } {
  const method = Object.getOwnPropertyDescriptor(Counter.prototype, 'count');
  if (method) OnUploadFinished()(Counter.prototype, 'count', method);
  return {
    module: {
      module: HandledModule,
      imports: [TusModule.forRoot(options)],
      providers: [Counter],
    },
    commandsOf: (app) => ({
      delivered: (expected?: number) => app.get(Counter).delivered(expected ?? 0),
    }),
  };
}
