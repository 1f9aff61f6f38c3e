import { context, metrics, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { Injectable, Module } from '@nestjs/common';
import * as recipe from '../../sample/13-recipes/src/opentelemetry/app.module.js';
import { OnUploadFinished } from '../../lib/index.js';
import { waitForDelivery } from '../../lib/testing/index.js';
import { PLATFORMS, create, eventually, patch } from '../support/index.js';
import { startRecipe, type RecipeApp } from './recipe.js';
import { removeTempFolder } from '../support/index.js';

@Injectable()
class Importer {
  failures = 1;

  @OnUploadFinished({ id: 'import', backoff: { first: '10ms' } })
  import(): void {
    if (this.failures-- > 0) throw new Error('Told to fail.');
  }
}

@Module({ imports: [recipe.AppModule], providers: [Importer] })
class AppModule {}

describe.each(PLATFORMS)('The recipe for OpenTelemetry on %s', (platform) => {
  const spans = new InMemorySpanExporter();
  const told = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: told,
    exportIntervalMillis: 3_600_000,
  });
  let app: RecipeApp;

  beforeAll(async () => {
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
    );
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    app = await startRecipe({ AppModule }, platform);
  });

  afterAll(async () => {
    await app.close();
    await removeTempFolder(app.home);
    await reader.shutdown();
    for (const api of [trace, metrics, context]) api.disable();
  });

  async function uploadInTwo(): Promise<string> {
    const upload = await create(app, { length: 10 });
    await patch(app, upload, { body: 'hello' });
    await patch(app, upload, { offset: 5, body: 'world' });
    await waitForDelivery(app.tus, upload.id);
    return upload.id;
  }

  it('has a span for each request that brought bytes, to which those of deliveries link', async () => {
    const id = await uploadInTwo();
    const own = () =>
      spans.getFinishedSpans().filter(({ attributes }) => attributes['tus.upload.id'] === id);
    await eventually(() => expect(own()).toHaveLength(4));
    const appends = own().filter(({ name }) => name === 'tus append');
    const deliveries = own().filter(({ name }) => name === 'tus deliver import');

    expect(appends.map(({ attributes }) => attributes['tus.bytes'])).toEqual([5, 5]);
    expect(deliveries.map(({ attributes }) => attributes['tus.outcome'])).toEqual([
      'retry',
      'done',
    ]);
    const spanIds = appends.map((span) => span.spanContext().spanId);
    for (const { links, parentSpanContext } of deliveries) {
      expect(links.map((link) => link.context.spanId)).toEqual(spanIds);
      expect(parentSpanContext).toBeUndefined();
    }
  });

  it('tells meters what was counted', async () => {
    await uploadInTwo();
    await reader.forceFlush();
    const [last] = told.getMetrics().slice(-1);
    const all = last!.scopeMetrics.flatMap((scope) => scope.metrics);
    const valueOf = (name: string, attributes: object) =>
      all
        .find(({ descriptor }) => descriptor.name === name)
        ?.dataPoints.find((point) =>
          expect.objectContaining(attributes).asymmetricMatch(point.attributes),
        )?.value;

    const { uploads, appends } = app.tus.stats();
    expect(valueOf('tus.uploads', { state: 'finished' })).toBe(uploads.finished);
    expect(valueOf('tus.received', {})).toBe(appends.bytes);
    expect(valueOf('tus.deliveries', { outcome: 'retried' })).toBe(1);
    expect(valueOf('tus.appends.running', {})).toBe(0);
  });
});
