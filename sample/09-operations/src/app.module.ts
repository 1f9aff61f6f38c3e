import { Module, UseGuards } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TusModule } from 'nestjs-tus';
import { TusDashboardModule } from 'nestjs-tus/dashboard';
import { AdminGuard } from './admin.guard.js';
import { Importer } from './importer.js';
import { PageController } from './page.controller.js';
import { tmpFileDir } from './settings.js';
import { UploadCheck } from './upload-check.js';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    TusModule.forRoot({
      uploadPath: '/files',
      tmpFileDir,
      uploadValidDuration: '10m',
      owner: (request: { headers: Record<string, string | undefined> }) =>
        request.headers['x-user'],
      quota: { bytes: '1GB', concurrent: 20 },
      cleanup: { every: '1m', finishedAfter: '1h' },
    }),
    TusDashboardModule.forRoot({ path: '/operations', decorators: [UseGuards(AdminGuard)] }),
  ],
  controllers: [PageController],
  providers: [Importer, UploadCheck],
})
export class AppModule {}
