import { Module, type DynamicModule } from '@nestjs/common';
import { checkOptions } from './check-options.js';
import { createDashboardController } from './dashboard.controller.factory.js';
import type { TusDashboardOptions } from './dashboard-options.interface.js';
import { DashboardTus, INSTANCE } from './dashboard-tus.js';
import { DeliveryRetries } from './delivery-retries.js';
import { Overviews } from './overviews.js';
import { DASHBOARD_PATH, Page } from './page.js';
import { Quarantine } from './quarantine.js';
import { UploadSearch } from './upload-search.js';

/**
 * A page for those who run the app: what the uploads of an instance do, and what has gone wrong.
 *
 * Import it once for each instance, each time with another `path`. It needs a guard: who sees the page
 * sees the names and owners of all uploads, and may release and remove quarantined ones.
 *
 * @publicApi
 */
@Module({})
export class TusDashboardModule {
  /**
   * @throws TusOptionError for an option that cannot be used, and without a guard among `decorators`
   *   unless `public` is true
   */
  static forRoot(options: TusDashboardOptions): DynamicModule {
    const checked = checkOptions(options);
    return {
      module: TusDashboardModule,
      imports: checked.imports,
      controllers: [createDashboardController(checked)],
      providers: [
        { provide: INSTANCE, useValue: checked.instance },
        { provide: DASHBOARD_PATH, useValue: checked.path },
        DashboardTus,
        DeliveryRetries,
        Overviews,
        Page,
        Quarantine,
        UploadSearch,
      ],
    };
  }
}
